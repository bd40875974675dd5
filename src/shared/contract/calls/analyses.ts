/** The calls about analyses that somebody asks for: begin, cancel, look at and delete them. */
import { z } from 'zod'
import type { AskedAnalysis } from '../../domain'
import { call, count, ofRun, record, stageId } from '../parts'

const id = z.string().min(1).max(100)
const ofAsked = z.strictObject({ id })
const asked = record<AskedAnalysis>()

export const analysisCalls = {
  /**
   * Asks for an analysis of the family `analysis` that is measured when asked for; answers at once. It runs beside what
   * trains, one at a time, and is told by `analysis.changed`.
   */
  'analyses.start': call({
    args: ofRun.extend({
      analysis: z.string().min(1).max(100),
      params: z.record(z.string(), z.unknown()).optional(),
      /** The stages to look at; left out: as many as it takes, the last ones that have what it needs. */
      stageIds: z.array(stageId).max(100).optional(),
      /** Students as they were after so many steps, where a checkpoint is kept; left out: as they are. */
      step: count.optional(),
      /** auto (default): the GPU where there is one and nothing trains, otherwise the processor. */
      device: z.enum(['auto', 'cpu', 'gpu']).optional(),
    }),
    result: asked,
    changes: true,
    paths: { within: ['params'] },
  }),
  /** Ends one that waits or runs. */
  'analyses.cancel': call({ args: ofAsked, result: asked, changes: true }),
  /** Those of a run, the newest first. */
  'analyses.list': call({
    args: ofRun.extend({ analysis: z.string().min(1).max(100).optional() }),
    result: z.object({ asked: z.array(asked) }),
  }),
  /** One with what it has found; `fault` says why that cannot be read. */
  'analyses.get': call({
    args: ofAsked,
    result: z.object({ asked, artifact: z.unknown(), fault: z.string().nullable() }),
  }),
  /** Deletes one with what it has found; one that runs is ended first. */
  'analyses.remove': call({ args: ofAsked, result: z.object({ removed: z.boolean() }), changes: true }),
}
