/** The calls that take a run out of the program. */
import { z } from 'zod'
import type { ReproductionVerdict, RunFileSummary, RunSummary } from '../../domain'
import { call, file, ofRun, record } from '../parts'

export const exportCalls = {
  /**
   * Writes the run in a form of the family `runExporter` to a new file, a new or empty folder (absolute paths on the
   * engine's machine) or a server, as the form wants it. Told by `run.exporting`; cancelling removes what was begun.
   */
  'export.run': call({
    args: ofRun.extend({
      format: z.string().min(1).max(100),
      params: z.record(z.string(), z.unknown()).optional(),
      target: file,
    }),
    result: z.object({
      target: z.string(),
      /** Where it can be looked at. */
      where: z.string(),
      /** What is to be known about it, in sentences. */
      remarks: z.array(z.string()),
    }),
    paths: { write: ['target'], addresses: ['target'] },
  }),
  /** What a run's file says of itself; nothing is read beside it. */
  'reproduce.read': call({
    args: z.strictObject({ file }),
    result: record<RunFileSummary>(),
    paths: { read: ['file'] },
  }),
  /**
   * Does the run of a file again, every stage anew. Refused where data set or files are others than the run's, unless
   * `accept` names them ('data', the parameter of a file, or 'all'). Told by `reproduce.progress`.
   */
  'reproduce.start': call({
    args: z.strictObject({
      file,
      /** Values that are others here, by path: where data set and files lie. */
      changes: z.record(z.string().max(200), z.unknown()).optional(),
      accept: z.array(z.string().max(200)).max(1000).optional(),
      executor: z.string().min(1).max(100).optional(),
    }),
    result: record<RunSummary>(),
    changes: true,
    paths: { read: ['file'], within: ['changes'] },
  }),
  /** How far a run agrees with the one that it does again. */
  'reproduce.verdict': call({ args: ofRun, result: z.object({ verdict: record<ReproductionVerdict>() }) }),
}
