/** The arguments of every call as schemas: what comes over a wire is checked here before the engine looks at it. */
import { z } from 'zod'
import { teacherNormalizations } from '../domain/config'
import { exportFormatIds } from '../domain/exportFormats'
import { RefusedInputError } from '../errors'
import type { CallArgs, EngineCallName, EngineEventFilter, EngineEventName } from './api'

const nothing = z.strictObject({})
const config = z.record(z.string(), z.unknown())
const runId = z.string().min(1).max(100)
const run = z.strictObject({ runId })
const stageId = z.string().min(1).max(100)
const runIds = z.array(runId).max(10_000)
const member = z.strictObject({ id: z.string().max(100), params: z.record(z.string(), z.unknown()) })
const split = z.enum(['train', 'test'])
/** Of one answer. */
const imageLimit = 512
const lines = z.number().int().min(1).max(10_000).optional()
const file = z.string().min(1).max(4096)

export const callSchemas: { [K in EngineCallName]: z.ZodType<CallArgs<K>> } = {
  'engine.info': nothing,
  'engine.catalogue': nothing,
  'engine.settings': nothing,
  'engine.setSettings': z.strictObject({
    threads: z.number().int().min(0).max(256).optional(),
    keptSteps: z.number().int().min(1).max(5000).optional(),
    imagesPerStep: z.number().int().min(1).max(256).optional(),
    theme: z.enum(['system', 'light', 'dark']).optional(),
  }),
  'engine.diskUse': nothing,
  'engine.diagnostics': nothing,
  'engine.device': z.strictObject({ fresh: z.boolean().optional() }),
  'engine.log': z.strictObject({ lines }),
  'experiment.validate': z.strictObject({ config }),
  'experiment.estimate': z.strictObject({ config }),
  'experiment.triggerPreview': z.strictObject({
    config,
    count: z.number().int().min(1).max(64).optional(),
    firstImage: z.number().int().min(0).max(100_000_000).optional(),
  }),
  'experiment.patchPreview': z.strictObject({ config, count: z.number().int().min(1).max(256).optional() }),
  'dataset.info': z.strictObject({ config }),
  'dataset.images': z.union([
    z.strictObject({
      config,
      split,
      first: z.number().int().min(0).max(100_000_000),
      count: z.number().int().min(1).max(imageLimit),
    }),
    z
      .strictObject({
        config,
        split,
        classes: z.array(z.number().int().min(0).max(100_000)).min(1).max(imageLimit),
        perClass: z.number().int().min(1).max(imageLimit),
      })
      .refine(
        ({ classes, perClass }) => classes.length * perClass <= imageLimit,
        `wanted at most ${imageLimit} images`,
      ),
  ]),
  'dataset.download': z.strictObject({
    dataset: z.string().min(1).max(100),
    folder: z.string().max(4096).optional(),
    mirror: z.string().max(4096).optional(),
  }),
  'runs.list': z.strictObject({ includeDeleted: z.boolean().optional() }),
  'runs.get': run,
  'runs.start': z.strictObject({
    config,
    preset: z.string().max(100).optional(),
    note: z.string().max(20_000).optional(),
  }),
  'runs.pause': run,
  'runs.stop': run,
  'runs.resume': run,
  'runs.rename': z.strictObject({ runId, name: z.string().trim().min(1).max(200) }),
  'runs.note': z.strictObject({ runId, note: z.string().max(20_000) }),
  'runs.tag': z.strictObject({ runId, tags: z.array(z.string().trim().min(1).max(60)).max(50) }),
  'runs.clone': run,
  'runs.delete': z.strictObject({ runIds }),
  'runs.undelete': z.strictObject({ runIds }),
  'runs.emptyBin': nothing,
  'runs.metrics': z.strictObject({
    runId,
    stageId,
    names: z.array(z.string().max(100)).max(200).optional(),
    maximumPoints: z.number().int().min(2).max(1_000_000).optional(),
    afterStep: z.number().int().min(-1).optional(),
  }),
  'runs.imageSteps': z.strictObject({ runId, stageId }),
  'runs.images': z.strictObject({ runId, stageId, step: z.number().int().min(0) }),
  'runs.pool': z.strictObject({ runId, stageId }),
  'runs.poolImages': z.strictObject({ runId, stageId, call: z.number().int().min(1) }),
  'runs.log': z.strictObject({ runId, lines }),
  'model.evaluate': z.strictObject({
    file,
    data: member,
    attack: member,
    target: z.number().int().min(0).max(100_000),
    device: z.enum(['auto', 'cpu', 'gpu']).optional(),
    architecture: member.optional(),
    normalization: z.enum(teacherNormalizations).optional(),
  }),
  'model.inspect': z.strictObject({ file }),
  'model.export': z.strictObject({ runId, stageId, format: z.enum(exportFormatIds), path: file }),
}

const eventNames: Record<EngineEventName, true> = {
  'run.changed': true,
  'run.removed': true,
  'run.metrics': true,
  'run.images': true,
  'run.log': true,
  'dataset.progress': true,
  'dataset.loading': true,
  'model.progress': true,
  'engine.notice': true,
}
const filterSchema = z.strictObject({ runId: runId.optional() })

export const isCallName = (name: string): name is EngineCallName => Object.hasOwn(callSchemas, name)
export const isEventName = (name: string): name is EngineEventName => Object.hasOwn(eventNames, name)

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
    throw new RefusedInputError(`The engine knows no call "${String(name)}".`, { got: String(name) })
  const result = callSchemas[name].safeParse(args ?? {})
  if (!result.success) throw refuse(name, result.error)
  return result.data
}

/** @throws RefusedInputError for an unknown event or a filter that does not fit */
export function parseSubscription(name: string, filter: unknown): { name: EngineEventName; filter: EngineEventFilter } {
  if (!isEventName(name))
    throw new RefusedInputError(`The engine knows no event "${name}".`, {
      got: name,
      wanted: Object.keys(eventNames).join(', '),
    })
  const result = filterSchema.safeParse(filter ?? {})
  if (!result.success) throw refuse(name, result.error)
  return { name, filter: result.data }
}
