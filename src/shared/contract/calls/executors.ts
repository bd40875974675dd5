/** The calls about where stages run: what there is, how it is set, what would be sent, whether it works. */
import { z } from 'zod'
import type { ExecutorCheck, ExecutorDescription } from '../../domain'
import { call, config, nothing, record } from '../parts'

const ofExecutor = z.strictObject({ executor: z.string().min(1).max(100) })
/** By the declared name; checked against the executor's declaration, with a refusal that names the first wrong one. */
const values = z.record(z.string(), z.unknown())
const settings = z.object({ settings: values })

export const executorCalls = {
  'executors.list': call({ args: nothing, result: z.array(record<ExecutorDescription>()) }),
  'executors.settings': call({ args: ofExecutor, result: settings }),
  'executors.setSettings': call({ args: ofExecutor.extend({ change: values }), result: settings, changes: true }),
  /** The batch script as it would be sent for a few tasks, with a change that is not kept; null where none is sent. */
  'executors.script': call({
    args: ofExecutor.extend({ change: values.optional() }),
    result: z.object({ script: z.string().nullable() }),
  }),
  /**
   * Whether tasks would run there. `config`: its data set must be there too. `probe` (default true): sends a job of a
   * minute that says what a node computes on, and waits for it at most `seconds` (default 120).
   */
  'executors.check': call({
    args: ofExecutor.extend({
      config: config.optional(),
      probe: z.boolean().optional(),
      seconds: z.number().int().min(1).max(3600).optional(),
    }),
    result: record<ExecutorCheck>(),
    paths: { within: ['config'] },
  }),
}
