/**
 * What a run's file holds: everything that decides its result, and what it came to. The file is a zip archive:
 *   abdrun.json               this description
 *   series/<stage>.f64        of each recorded quantity its steps, then its values: float64, little-endian
 *   weights/<stage>.safetensors, files/<number>   only on request
 */
import { z } from 'zod'
import { precisions, type Evaluation, type ExperimentConfig } from '../../../../../shared/domain'

export const descriptionName = 'abdrun.json'
export const formatVersion = 1

const text = z.string().max(2000)
const count = z.number().int().min(0).max(1e12)
const stageId = z.string().regex(/^(data|teacher|student-[1-9]\d{0,4})$/)
const hash = z.string().regex(/^[0-9a-f]{64}$/)

/** Zip entries have names of our own making alone: no name in an archive is ever a path. */
export const seriesEntry = (stage: string): string => `series/${stage}.f64`
export const weightsEntry = (stage: string): string => `weights/${stage}.safetensors`
export const fileEntry = (index: number): string => `files/${index}`

const device = z.object({
  kind: z.enum(['cpu', 'gpu']),
  title: text,
  threads: z.number().int().min(0).max(4096),
  tensorflow: text,
  cuda: text.nullable(),
  driver: text.nullable(),
})

const evaluation = z.custom<Evaluation>((value) => typeof value === 'object' && value !== null)

const stage = z.object({
  id: stageId,
  title: text,
  /** What the model was called: "SV c = 2". */
  name: text,
  key: z.string().max(64).nullable(),
  steps: count,
  seconds: z.number(),
  device: device.nullable(),
  /** Absent: float32. */
  precision: z.enum(precisions).optional(),
  evaluation: evaluation.nullable(),
  /** In the order in which they lie in the stage's entry. */
  series: z
    .array(z.object({ metric: z.string().min(1).max(200), points: z.number().int().min(0).max(50_000_000) }))
    .max(1000),
  weights: z.boolean(),
})

const namedFile = z.object({
  /** Of the parameter that names it, e.g. "teacher.file". */
  parameter: z.string().min(1).max(200),
  /** As it was called, without its folder. */
  name: text,
  sha256: hash,
  bytes: count,
  /** Whether it is in the archive. */
  included: z.boolean(),
})

export const runFileSchema = z.object({
  format: z.literal(formatVersion),
  product: z.object({ name: text, version: text, numerics: count, node: text, platform: text }),
  written: z.number(),
  run: z.object({
    id: text,
    name: text,
    note: z.string().max(20_000),
    createdAt: z.number(),
    state: text,
    executor: text,
  }),
  config: z.custom<ExperimentConfig>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  stages: z.array(stage).max(10_000),
  /** SHA-256 of the data set as it is loaded; null where it could not be read any more. */
  data: z.object({ sha256: hash, images: count, classes: count }).nullable(),
  files: z.array(namedFile).max(1000),
})

export type RunFile = z.infer<typeof runFileSchema>
export type RunFileStage = RunFile['stages'][number]
export type RunFileDevice = z.infer<typeof device>
