/** The calls about a configuration that is not a run yet. */
import { z } from 'zod'
import type { ExperimentConfig, LintFinding } from '../../domain'
import type { Issue } from '../../schema'
import { call, config, count, imageBatch, record } from '../parts'

/** A stage that is there, and the run that it was trained for. */
const foundStage = z.object({ runId: z.string(), runName: z.string(), seconds: z.number() })

const estimate = z.object({
  /** Seconds per stage id. */
  stages: z.record(z.string(), z.number()),
  totalSeconds: z.number(),
  /** 'measured': from earlier runs on this machine; 'calculated': from operation counts and a calibration. */
  basis: z.enum(['measured', 'calculated']),
  note: z.string(),
  /** What it would add to the workspace, about; stages that are there already add nothing. */
  bytes: count,
  /** What its largest stage holds at once, about. */
  memory: z.object({ bytes: count, of: z.enum(['machine', 'card']) }),
  /** Stages that are there already, by id: they take no time. Absent where none is. */
  reused: z.record(z.string(), foundStage).optional(),
  /** A teacher of it that another kind of device has trained; its numbers differ a little: taken when asked. */
  offered: foundStage.extend({ device: z.enum(['cpu', 'gpu']) }).optional(),
})
export type TimeEstimate = z.infer<typeof estimate>

const triggerPreview = z.object({
  clean: imageBatch,
  poisoned: imageBatch,
  /** 128 + (poisoned − clean) · `gain`, clipped: grey where nothing changes, lighter and darker where it does. */
  difference: imageBatch,
  /** Whole, at least 1; such that the largest change of these images uses the range. */
  gain: count,
  /** Place of the first one in the training set. */
  firstImage: count,
  labels: z.array(z.string()),
  /** The trigger lint, in reading order; an error would stop the run. */
  findings: z.array(record<LintFinding>()),
})
export type TriggerPreview = z.infer<typeof triggerPreview>

const patchPreview = z.object({
  /** The picture, reduced. */
  picture: imageBatch,
  /** The first patches of the run's set of `total`, as they are before they are mixed and varied in training. */
  patches: imageBatch,
  total: count,
})
export type PatchPreview = z.infer<typeof patchPreview>

export const experimentCalls = {
  'experiment.validate': call({
    args: z.strictObject({ config }),
    result: z.object({ config: record<ExperimentConfig>(), issues: z.array(record<Issue>()) }),
    paths: { within: ['config'], answered: true },
  }),
  'experiment.estimate': call({ args: z.strictObject({ config }), result: estimate, paths: { within: ['config'] } }),
  'experiment.triggerPreview': call({
    args: z.strictObject({
      config,
      count: z.number().int().min(1).max(64).optional(),
      firstImage: z.number().int().min(0).max(100_000_000).optional(),
      /** Begins at the first image, from `firstImage` on, that the attack may poison. */
      poisonable: z.boolean().optional(),
    }),
    result: triggerPreview,
    paths: { within: ['config'] },
  }),
  /** What a method that is made from one picture (its fact `patchPreview`) would cut out of it. */
  'experiment.patchPreview': call({
    args: z.strictObject({ config, count: z.number().int().min(1).max(256).optional() }),
    result: patchPreview,
    paths: { within: ['config'] },
  }),
}
