/** The calls about TensorFlow on the engine's machine: they work without it, and write to the cache alone. */
import { z } from 'zod'
import type { RuntimeState } from '../../domain'
import { call, file, nothing, record } from '../parts'

const state = record<RuntimeState>()

export const runtimeCalls = {
  'runtime.state': call({ args: nothing, result: state }),
  /** Begins, or goes on where an earlier one stopped; answers at once, `runtime.changed` tells the rest. */
  'runtime.install': call({ args: z.strictObject({ variant: z.enum(['cpu', 'gpu']) }), result: state }),
  /** Takes it from a file of `abd runtime pack`; answers at once. */
  'runtime.unpack': call({ args: z.strictObject({ file }), result: state, paths: { read: ['file'] } }),
  /** Ends what is on its way; what came is kept. */
  'runtime.pause': call({ args: nothing, result: state }),
}
