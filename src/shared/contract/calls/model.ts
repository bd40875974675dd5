/** The calls about files of weights. */
import { z } from 'zod'
import type { DeviceReport, Evaluation, PixelTrial } from '../../domain'
import { call, count, file, member, ofStage, record, severity } from '../parts'

const evaluated = z.object({
  evaluation: record<Evaluation>(),
  /** The importer's, and of a GPU that is not used. */
  warnings: z.array(z.string()),
  device: record<DeviceReport>().nullable(),
})
export type EvaluatedModel = z.infer<typeof evaluated>

const report = z.object({
  accepted: z.boolean(),
  reason: z.string().nullable(),
  architecture: z.object({ id: z.string(), params: z.record(z.string(), z.unknown()), title: z.string() }).nullable(),
  /** Other networks fit the names and shapes as well. */
  ambiguous: z.boolean(),
  /** Key of the dictionary that the weights lie in; '' for a bare one. */
  key: z.string(),
  /** The networks of the file that are known here, to choose from; empty where there is no choice. */
  candidates: z.array(z.object({ key: z.string(), title: z.string(), tensors: count })),
  format: z.string().nullable(),
  tensors: count,
  sha256: z.string(),
  findings: z.array(z.object({ severity, message: z.string() })),
})
export type ModelReport = z.infer<typeof report>

/** A known name, or mean / deviation of each channel. */
const pixels = z.string().min(1).max(200)
/** Of the dictionary of weights that is meant; default: the only one that is a known network. */
const weights = z.string().max(1000).optional()

export const modelCalls = {
  /** Evaluates a weights file on a data set with an attack. */
  'model.evaluate': call({
    args: z.strictObject({
      file,
      data: member,
      attack: member,
      target: z.number().int().min(0).max(100_000),
      device: z.enum(['auto', 'cpu', 'gpu']).optional(),
      /** Taken where the file does not tell its network for certain. */
      architecture: member.optional(),
      /** Default: as the data set is. */
      normalization: pixels.optional(),
      weights,
    }),
    result: evaluated,
    paths: { read: ['file'], within: ['data', 'attack', 'architecture'] },
  }),
  /** What a weights file scores in each of the known pixel values, the best first. */
  'model.findPixels': call({
    args: z.strictObject({
      file,
      data: member,
      device: z.enum(['auto', 'cpu', 'gpu']).optional(),
      architecture: member.optional(),
      weights,
    }),
    result: z.object({ trials: z.array(record<PixelTrial>()) }),
    paths: { read: ['file'], within: ['data', 'architecture'] },
  }),
  /** What a weights file holds, nothing built or executed. */
  'model.inspect': call({ args: z.strictObject({ file, weights }), result: report, paths: { read: ['file'] } }),
  /**
   * Writes a stage's model to `path`, an absolute path on the engine's machine where nothing lies yet. `format`: a
   * member of the exporter family, `params` its parameters.
   */
  'model.export': call({
    args: ofStage.extend({
      format: z.string().min(1).max(100),
      params: z.record(z.string(), z.unknown()).optional(),
      path: file,
      /** Write a page beside it that says in its name what the model is. */
      card: z.boolean().optional(),
    }),
    result: z.object({ path: z.string(), bytes: count, card: z.string().optional() }),
    paths: { write: ['path'] },
  }),
}
