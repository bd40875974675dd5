/** What the declarations of calls and events are made of. */
import { z } from 'zod'
import type { ImageBatch, MetricSeries, PartialExperimentConfig } from '../domain'
import type { ErrorCause } from '../errors'
import { storageFaultKinds } from '../storageFaults'

export interface CallDeclaration<Args extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType> {
  /** Checked by the engine at every call, whoever makes it. */
  readonly args: Args
  /**
   * Not checked at run time: the engine is ours, and some answers are large. A test holds the answers of the fake
   * engine against it.
   */
  readonly result: Result
  /** Writes to the workspace, so it is refused where that is open read-only. */
  readonly changes: boolean
  /** null: it names none. */
  readonly paths: PathArguments | null
}

/**
 * The arguments in which a call names files and folders of the engine's machine: what a page may name is looked at
 * before the call is answered.
 */
export interface PathArguments {
  /** To be read. */
  readonly read?: readonly string[]
  /** To be made. */
  readonly write?: readonly string[]
  /** Configurations, members and whatever else their parameters stand in. */
  readonly within?: readonly string[]
  /** Those of them that may be an address of a web server instead, which names no place on this machine. */
  readonly addresses?: readonly string[]
  /** It answers with an issue instead of a refusal, by itself. */
  readonly answered?: true
}

/** One call of the engine: its arguments, its result, whether it writes to the workspace, where it names paths. */
export const call = <Args extends z.ZodType, Result extends z.ZodType>({
  changes = false,
  paths,
  ...declaration
}: {
  args: Args
  result: Result
  changes?: boolean
  paths?: PathArguments
}): CallDeclaration<Args, Result> => ({ ...declaration, changes, paths: paths ?? null })

/** A record whose type stands in src/shared/domain or src/shared/schema; only that it is an object is checked. */
export const record = <T extends object>() =>
  z.custom<T>((value) => typeof value === 'object' && value !== null, 'wanted a record')

const typedArray = <T extends object>(Kind: new (length: number) => T) =>
  z.custom<T>((value) => value instanceof Kind, `wanted a ${Kind.name}`)

export const nothing = z.strictObject({})
/** Anything may be left out or wrong: resolving the configuration answers with issues, not with a refusal. */
export const config: z.ZodType<PartialExperimentConfig> = z.record(z.string(), z.unknown())
export const runId = z.string().min(1).max(100)
export const stageId = z.string().min(1).max(100)
export const ofRun = z.strictObject({ runId })
export const ofStage = z.strictObject({ runId, stageId })
export const member = z.strictObject({ id: z.string().max(100), params: z.record(z.string(), z.unknown()) })
/** A path on the engine's machine. */
export const file = z.string().min(1).max(4096)
/** The last so many lines of a log. */
export const lines = z.number().int().min(1).max(10_000).optional()

export const count = z.number().int().min(0)
/** 0 … 1. */
export const fraction = z.number().min(0).max(1)
export const severity = z.enum(['info', 'warning', 'error'])

export const imageBatch = z.object({
  count,
  height: count,
  width: count,
  channels: z.literal([1, 3]),
  pixels: typedArray<Uint8Array>(Uint8Array),
}) satisfies z.ZodType<ImageBatch>

/** The curves of a stage, by the metric's name. */
export const metricSeries = z.record(
  z.string(),
  z.object({ steps: typedArray<Float64Array>(Float64Array), values: typedArray<Float64Array>(Float64Array) }),
) satisfies z.ZodType<Record<string, MetricSeries>>

export const errorCause = z.object({
  name: z.string(),
  message: z.string(),
  forUser: z.boolean(),
  storage: z.enum(storageFaultKinds).optional(),
  wanted: z.string().optional(),
  got: z.string().optional(),
  where: z.string().optional(),
  action: z.string().optional(),
}) satisfies z.ZodType<ErrorCause>

export const logLine = z.object({
  /** Milliseconds since 1970. */
  time: z.number(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
})
export type LogLine = z.infer<typeof logLine>
