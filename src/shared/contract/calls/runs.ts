/** The calls about runs: begin, steer, edit and delete them, and read what they recorded. */
import { z } from 'zod'
import {
  imageSources,
  type ExperimentConfig,
  type GridPixels,
  type KeptGrids,
  type PoolSummary,
  type RunDetail,
  type RunSummary,
  type StageArtifact,
  type SyntheticImages,
} from '../../domain'
import {
  call,
  config,
  count,
  file,
  imageBatch,
  lines,
  logLine,
  metricSeries,
  nothing,
  ofRun,
  ofStage,
  record,
  runId,
  stageId,
} from '../parts'

const summary = record<RunSummary>()
const note = z.string().max(20_000)
const tag = z.string().trim().min(1).max(60)
const manyRuns = z.strictObject({ runIds: z.array(runId).max(10_000) })
/** Of a run as it is then. */
const changing = { result: summary, changes: true }

const resumePoint = z.object({
  /** Nothing was trained that could be gone on with: neither a finished stage nor a checkpoint. */
  fresh: z.boolean(),
  /** The stage that comes next, with the step of its newest checkpoint; null where every stage is done. */
  next: z.object({ stageId, title: z.string(), step: count }).nullable(),
})
export type ResumePoint = z.infer<typeof resumePoint>

const ofImages = ofStage.extend({ source: z.enum(imageSources) })
/** Images of one answer: 3 MB of 32×32×3. */
const mostPicked = 1024
const sumOf = (picks: readonly { readonly indexes: readonly number[] }[]): number =>
  picks.reduce((sum, { indexes }) => sum + indexes.length, 0)

export const runCalls = {
  /** The newest first; `atWork`: those alone that run or wait. */
  'runs.list': call({
    args: z.strictObject({ includeDeleted: z.boolean().optional(), atWork: z.boolean().optional() }),
    result: z.array(summary),
  }),
  /** What lies in the bin, the last deleted first. */
  'runs.binned': call({ args: nothing, result: z.array(summary) }),
  'runs.get': call({ args: ofRun, result: record<RunDetail>() }),
  'runs.start': call({
    args: z.strictObject({
      config,
      preset: z.string().max(100).optional(),
      note: note.optional(),
      /** Where its stages run; this machine where it is left out. */
      executor: z.string().min(1).max(100).optional(),
      /** Take the teacher that another kind of device has trained (`experiment.estimate` offers it). */
      takeTeacher: z.boolean().optional(),
    }),
    ...changing,
    paths: { within: ['config'] },
  }),
  /**
   * Pause and stop act after the current step and write a checkpoint; a step of many inner ones that does not end
   * within two seconds is given up for the last checkpoint.
   */
  'runs.pause': call({ args: ofRun, ...changing }),
  'runs.stop': call({ args: ofRun, ...changing }),
  /**
   * From pause, stop, failure or interruption: goes on where `runs.resumePoint` says, which is the beginning where
   * nothing of the run is there yet.
   */
  'runs.resume': call({ args: ofRun, ...changing }),
  /** Where a run would go on that is not at work. */
  'runs.resumePoint': call({ args: ofRun, result: resumePoint }),
  /** A stage anew, although it is there: it gets a place of its own, and so do the stages that build on it. */
  'runs.trainAgain': call({ args: ofStage, ...changing }),
  'runs.rename': call({ args: ofRun.extend({ name: z.string().trim().min(1).max(200) }), ...changing }),
  'runs.note': call({ args: ofRun.extend({ note }), ...changing }),
  'runs.tag': call({ args: ofRun.extend({ tags: z.array(tag).max(50) }), ...changing }),
  /** Tags of many runs at once, and whether they are archived; answers with those that changed, as they were before. */
  'runs.edit': call({
    args: manyRuns.extend({
      addTags: z.array(tag).max(50).optional(),
      removeTags: z.array(tag).max(50).optional(),
      archived: z.boolean().optional(),
    }),
    result: z.object({
      before: z.array(z.object({ runId, tags: z.array(z.string()), archived: z.boolean() })),
    }),
    changes: true,
  }),
  /** What `runs.edit` answered with, brought back. */
  'runs.restore': call({
    args: z.strictObject({
      before: z.array(z.strictObject({ runId, tags: z.array(tag).max(50), archived: z.boolean() })).max(10_000),
    }),
    result: z.object({ restored: z.array(runId) }),
    changes: true,
  }),
  /** The steps at which a student of this run left a checkpoint that another run can go on from. */
  'runs.forkSteps': call({ args: ofStage, result: z.object({ steps: z.array(count) }) }),
  /** A run whose student goes on from that checkpoint with an edited configuration. */
  'runs.fork': call({
    args: ofStage.extend({
      step: count,
      config,
      note: note.optional(),
      executor: z.string().min(1).max(100).optional(),
    }),
    ...changing,
    paths: { within: ['config'] },
  }),
  /**
   * The same experiment with one thing taken away: a student without its defense, or everything with a teacher that is
   * not poisoned. Twins that are there already are named, not made again.
   */
  'runs.twins': call({
    args: manyRuns.extend({ without: z.array(z.enum(['defense', 'poison'])).min(1) }),
    result: z.object({ made: z.array(summary), present: z.array(z.object({ of: runId, runId })) }),
    changes: true,
  }),
  /**
   * A copy of each, waiting to run. `seed`: that of the lowest one among them, the others as far above it as they are;
   * left out: as they are.
   */
  'runs.cloneMany': call({
    args: manyRuns.extend({ seed: z.number().int().min(0).optional() }),
    result: z.object({ made: z.array(summary) }),
    changes: true,
  }),
  /** The order of the runs that wait: these come first, in this order. */
  'runs.reorder': call({ args: manyRuns, result: z.object({ order: z.array(runId) }), changes: true }),
  /** The configuration to start again from, name marked as a copy. */
  'runs.clone': call({ args: ofRun, result: z.object({ config: record<ExperimentConfig>() }) }),
  'runs.delete': call({ args: manyRuns, result: z.object({ deleted: z.array(runId) }), changes: true }),
  'runs.undelete': call({ args: manyRuns, result: z.object({ restored: z.array(runId) }), changes: true }),
  /** The runs of another workspace, the oldest first: which are here already, and why one cannot be brought here. */
  'runs.elsewhere': call({
    args: z.strictObject({ folder: file }),
    result: z.object({
      runs: z.array(
        z.object({
          runId,
          name: z.string(),
          createdAt: z.number(),
          bytes: count,
          isHere: z.boolean(),
          refused: z.string().nullable(),
        }),
      ),
    }),
    paths: { read: ['folder'] },
  }),
  /** Copies one of them here with the stages that it names; those that are here already are taken as they are. */
  'runs.gather': call({ args: ofRun.extend({ folder: file }), ...changing, paths: { read: ['folder'] } }),
  /** Checkpoints of finished stages that nobody needs: neither the recording of a run nor a stage to come. */
  'runs.spareCheckpoints': call({ args: nothing, result: z.object({ checkpoints: count, bytes: count }) }),
  /** Removes them. */
  'runs.freeSpace': call({
    args: nothing,
    result: z.object({ checkpoints: count, freedBytes: count }),
    changes: true,
  }),
  'runs.emptyBin': call({ args: nothing, result: z.object({ freedBytes: count }), changes: true }),
  'runs.metrics': call({
    args: ofStage.extend({
      names: z.array(z.string().max(100)).max(200).optional(),
      maximumPoints: z.number().int().min(2).max(1_000_000).optional(),
      afterStep: z.number().int().min(-1).optional(),
    }),
    result: z.object({ series: metricSeries }),
  }),
  'runs.imageSteps': call({ args: ofStage, result: z.object({ steps: z.array(count) }) }),
  'runs.images': call({ args: ofStage.extend({ step: count }), result: record<SyntheticImages>() }),
  /**
   * The newest artifact of each stage and analysis, or of those that are named; with `notAfter` the newest of those
   * that were measured at that step or before it and are still kept.
   */
  'runs.artifacts': call({
    args: ofRun.extend({
      stageId: stageId.optional(),
      analysis: z.string().min(1).max(100).optional(),
      notAfter: count.optional(),
    }),
    result: z.object({ artifacts: z.array(record<StageArtifact>()) }),
  }),
  /** The calls that have given images to a student's pool; none for methods without one. */
  'runs.pool': call({ args: ofStage, result: record<PoolSummary>() }),
  /** All images of one call, those displaced since then included. */
  'runs.poolImages': call({ args: ofStage.extend({ call: z.number().int().min(1) }), result: imageBatch }),
  /** What is known of every kept image, kept step by kept step or call by call, from one on. */
  'runs.keptImages': call({ args: ofImages.extend({ from: count.optional() }), result: record<KeptGrids>() }),
  /**
   * Pixels of kept images from any steps or calls. The answer ends where it would take too long, after one grid at the
   * earliest: what it lacks is asked for again. Images with a longer side than `longestSide` are averaged over blocks
   * of whole pixels, until they fit in.
   */
  'runs.keptPixels': call({
    args: ofImages
      .extend({
        picks: z.array(z.strictObject({ at: count, indexes: z.array(count).min(1).max(mostPicked) })).min(1),
        longestSide: z.number().int().min(8).max(4096),
      })
      .refine(({ picks }) => sumOf(picks) <= mostPicked, `wanted at most ${mostPicked} images`),
    result: z.object({ grids: z.array(record<GridPixels>()) }),
  }),
  'runs.log': call({ args: ofRun.extend({ lines }), result: z.array(logLine) }),
}
