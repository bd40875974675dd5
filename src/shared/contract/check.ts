/** What comes over a wire is checked here before the engine looks at it. */
import type { z } from 'zod'
import { RefusedInputError } from '../errors'
import { calls, type CallArgs, type EngineCallName } from './calls'
import { eventFilter, events, type EngineEventFilter, type EngineEventName } from './events'

const isCallName = (name: string): name is EngineCallName => Object.hasOwn(calls, name)
const isEventName = (name: string): name is EngineEventName => Object.hasOwn(events, name)

const refuse = (name: string, error: z.ZodError): RefusedInputError => {
  const [issue] = error.issues
  return new RefusedInputError(`The arguments of ${name} are not accepted.`, {
    got: issue?.message ?? 'something else',
    where: issue?.path.join('.') || name,
  })
}

/**
 * The arguments of a call, checked.
 * @throws RefusedInputError for an unknown call or arguments that do not fit
 */
export function parseCall<K extends EngineCallName>(name: K, args: unknown): CallArgs<K> {
  if (!isCallName(name))
    throw new RefusedInputError(`The engine knows no call "${String(name)}".`, {
      got: String(name),
      where: 'call',
    })
  const result = calls[name].args.safeParse(args ?? {})
  if (!result.success) throw refuse(name, result.error)
  return result.data as CallArgs<K>
}

/** @throws RefusedInputError for an unknown event or a filter that does not fit */
export function parseSubscription(name: string, filter: unknown): { name: EngineEventName; filter: EngineEventFilter } {
  if (!isEventName(name))
    throw new RefusedInputError(`The engine knows no event "${name}".`, {
      got: name,
      wanted: Object.keys(events).join(', '),
      where: 'event',
    })
  const result = eventFilter.safeParse(filter ?? {})
  if (!result.success) throw refuse(name, result.error)
  return { name, filter: result.data }
}
