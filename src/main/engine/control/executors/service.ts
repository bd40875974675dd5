/** The executors of a workspace, with their settings. */
import type { ExecutorCheck, ExecutorDescription, ExecutorFinding, DeviceReport } from '../../../../shared/domain'
import { RefusedInputError, type UserError } from '../../../../shared/errors'
import { checkParameters, type ParameterSchema, type ValuesOf } from '../../../../shared/schema'
import type { Executor } from './executor'
import type { CheckRequest, ExecutorContext, ExecutorMember, OpenedExecutor } from './members'

type Values = ValuesOf<ParameterSchema>
type Given = Record<string, unknown>

export interface Executors {
  /** By id. */
  readonly all: ReadonlyMap<string, Executor>
  list(): Promise<ExecutorDescription[]>
  params(id: string): ParameterSchema
  settings(id: string): Values
  /** @throws RefusedInputError that names the first value that is not accepted */
  setSettings(id: string, change: Given): Values
  script(id: string, change: Given): string | null
  check(id: string, request: CheckRequest, signal?: AbortSignal): Promise<ExecutorCheck>
}

export interface ExecutorsOptions extends Pick<ExecutorContext<unknown>, 'workspace' | 'cacheFolder' | 'trainer'> {
  readonly members: readonly ExecutorMember[]
  readonly kept: {
    executorSettings(id: string): Given
    setExecutorSettings(id: string, values: Given): void
  }
  notice(error: UserError): void
}

export function createExecutors(options: ExecutorsOptions): Executors {
  const { members, kept, workspace, cacheFolder, trainer, notice } = options
  const opened = new Map<string, OpenedExecutor<Values>>()
  const memberOf = (id: string): ExecutorMember => {
    const member = members.find((each) => each.id === id)
    if (!member)
      throw new RefusedInputError('There is no such executor.', {
        wanted: `one of ${members.map((each) => each.id).join(', ')}`,
        got: id,
      })
    return member
  }
  /** A value of an earlier version that is not accepted any more counts as not set. */
  const settings = (id: string): Values => checkParameters(memberOf(id).params, kept.executorSettings(id)).values
  const open = (id: string): OpenedExecutor<Values> => {
    const known = opened.get(id)
    if (known) return known
    const made = memberOf(id).open({ workspace, cacheFolder, trainer, notice, settings: () => settings(id) })
    opened.set(id, made)
    return made
  }
  const changed = (id: string, change: Given): Values => accepted(memberOf(id), { ...settings(id), ...change })
  return {
    all: new Map(members.map(({ id }) => [id, open(id).executor])),
    list: () =>
      Promise.all(
        members.map(async ({ id, title, summary, params }) => ({
          id,
          title,
          summary,
          params,
          missing: await open(id).missing(),
        })),
      ),
    params: (id) => memberOf(id).params,
    settings,
    setSettings(id, change) {
      const values = changed(id, change)
      kept.setExecutorSettings(id, values)
      return values
    },
    script: (id, change) => open(id).script(changed(id, change)),
    async check(id, request, signal) {
      const findings: ExecutorFinding[] = []
      let device: DeviceReport | null = null
      const teller = {
        find: (finding: ExecutorFinding) => void findings.push(finding),
        device: (found: DeviceReport) => {
          device = found
        },
      }
      await open(id).check(request, teller, signal)
      return { findings, device }
    },
  }
}

function accepted(member: { id: string; params: ParameterSchema }, given: Given): Values {
  const { values, refusals } = checkParameters(member.params, given)
  const [refusal] = refusals
  if (refusal)
    throw new RefusedInputError('The executor’s settings are not accepted.', {
      wanted: refusal.wanted,
      got: refusal.got,
      where: `${member.id}.${refusal.name ?? ''}`,
    })
  return values
}
