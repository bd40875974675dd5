/** The calls that take a run out of the program. */
import { z } from 'zod'
import { call, file, ofRun } from '../parts'

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
  }),
}
