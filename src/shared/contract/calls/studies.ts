/** The calls about studies: read, plan, start, steer and extend them. */
import { z } from 'zod'
import type {
  CellAnalysis,
  RunSummary,
  StudyDefinition,
  StudyDetail,
  StudyPlan,
  StudyPreset,
  StudyRemark,
  StudySummary,
} from '../../domain'
import { call, count, nothing, record } from '../parts'

const studyId = z.string().min(1).max(100)
const ofStudy = z.strictObject({ studyId })
const summary = record<StudySummary>()
/** Checked whole by the engine (control/studies), which answers with issues or one refusal. */
const definition = record<StudyDefinition>()
const changing = { result: summary, changes: true }
const cells = z.array(count).max(100_000).optional()

export const studyCalls = {
  'studies.presets': call({ args: nothing, result: z.array(record<StudyPreset>()) }),
  /** A study file (YAML) or another tool's sweep file as a definition, with what was not understood. */
  'studies.read': call({
    args: z.strictObject({ text: z.string().max(1_000_000), fileName: z.string().max(4096).optional() }),
    result: z.object({ definition, remarks: z.array(record<StudyRemark>()) }),
  }),
  /** The definition as a study file. */
  'studies.write': call({ args: z.strictObject({ definition }), result: z.object({ text: z.string() }) }),
  /** What starting it would mean; starts nothing. */
  'studies.plan': call({
    args: z.strictObject({ definition }),
    result: record<StudyPlan>(),
    paths: { within: ['definition'] },
  }),
  /** All cells in one transaction, or none. */
  'studies.start': call({ args: z.strictObject({ definition }), ...changing, paths: { within: ['definition'] } }),
  'studies.list': call({ args: nothing, result: z.array(summary) }),
  'studies.get': call({ args: ofStudy, result: record<StudyDetail>() }),
  /** The runs of its cells. */
  'studies.runs': call({ args: ofStudy, result: z.array(record<RunSummary>()) }),
  /** What has become of the definition's analyses, of every cell. */
  'studies.analyses': call({ args: ofStudy, result: z.array(record<CellAnalysis>()) }),
  /** Of the whole study or of some of its cells; running ones write a checkpoint. */
  'studies.pause': call({ args: ofStudy.extend({ cells }), ...changing }),
  'studies.resume': call({ args: ofStudy.extend({ cells }), ...changing }),
  'studies.cancel': call({ args: ofStudy.extend({ cells }), ...changing }),
  /** Failed, interrupted and cancelled cells alone, and analyses of finished ones that failed or were cancelled. */
  'studies.retry': call({ args: ofStudy.extend({ cells }), ...changing }),
  /** More values of an axis; what is there already stays. */
  'studies.extend': call({
    args: ofStudy.extend({
      path: z.string().min(1).max(200),
      values: z.array(z.object({ label: z.string().min(1).max(200), value: z.unknown() })).max(1000),
    }),
    ...changing,
    paths: { within: ['values'] },
  }),
  'studies.rename': call({
    args: ofStudy.extend({ name: z.string().trim().min(1).max(200), note: z.string().max(20_000).optional() }),
    ...changing,
  }),
  'studies.prioritize': call({
    args: ofStudy.extend({ priority: z.number().int().min(-1000).max(1000) }),
    ...changing,
  }),
  /** Which cells come next: those named go in front of the others, in this order. */
  'studies.reorder': call({ args: ofStudy.extend({ cells: z.array(count).max(100_000) }), ...changing }),
  /** Forgets the study; its runs stay. */
  'studies.delete': call({ args: ofStudy, result: z.object({ deleted: studyId }), changes: true }),
}
