/**
 * What each precision brings on this device: one 3×3 convolution of the size that these networks have most, forward
 * and backward, in turn in float32 and with what is multiplied in bfloat16.
 */
import type { DeviceReport, Execution, Precision, PrecisionSpeed } from '../../../shared/domain'
import { bfloat16Instructions, readCpu } from './hardware'
import { RawOps, bfloat16 } from './rawOps'
import type { TensorFlowRuntime } from './startTensorFlow'

/** Images of 16 × 16 with 64 channels: the second block of a WRN-16-2 on images of 32 × 32. */
const imagesShape = [32, 16, 16, 64]
const weightsShape = [3, 3, 64, 64]

/** Of so many the shortest counts: what else runs on the machine makes times longer, never shorter. */
const rounds = 20
/** No further round begins after so many milliseconds. */
const budget = 500

/**
 * The runtime's report with what precisions bring on its device.
 * @param execution what the process was started with: on a GPU its float32 is TF32 where that was asked for
 */
export function withPrecisionSpeed(
  { binding, device }: Pick<TensorFlowRuntime, 'binding' | 'device'>,
  { precision }: Pick<Execution, 'precision'>,
): DeviceReport {
  const ops = new RawOps(binding)
  const ordinary = device.kind === 'gpu' && precision === 'tf32' ? 'tf32' : 'float32'
  try {
    const milliseconds = shortestTimes(convolutions(ops, binding.TF_FLOAT, ordinary))
    const instructions = device.kind === 'cpu' ? { instructions: bfloat16Instructions(readCpu()) } : {}
    return { ...device, precisionSpeed: { milliseconds, ...instructions } }
  } finally {
    ops.release()
  }
}

type Trials = Partial<Record<Precision, () => void>>

/** One convolution with its two gradients. Activations are in bfloat16 already, weights and their gradient are not. */
function convolutions(ops: RawOps, float: number, ordinary: Precision): Trials {
  const images = ops.floats(imagesShape, (index) => Math.sin(index))
  const weights = ops.floats(weightsShape, (index) => Math.cos(index) / 24)
  const imagesSizes = ops.sizes(imagesShape)
  const weightsSizes = ops.sizes(weightsShape)
  const images16 = ops.cast(images, float, bfloat16)
  const pass = (input: number, kernel: number, type: number): number => {
    const output = ops.convolution('Conv2D', [input, kernel], type)
    ops.convolution('Conv2DBackpropInput', [imagesSizes, kernel, output], type)
    return ops.convolution('Conv2DBackpropFilter', [input, weightsSizes, output], type)
  }
  const held = ops.count
  const timed = (work: () => number) => (): void => {
    ops.wait(work())
    ops.release(held)
  }
  return {
    [ordinary]: timed(() => pass(images, weights, float)),
    mixed: timed(() => ops.cast(pass(images16, ops.cast(weights, float, bfloat16), bfloat16), bfloat16, float)),
  }
}

/**
 * In turn, each once before it counts: kernels are chosen and memory is taken at the first. Without those that the
 * device has no kernel for.
 */
function shortestTimes(trials: Trials): PrecisionSpeed['milliseconds'] {
  const shortest: Partial<Record<Precision, number>> = {}
  const refused = new Set<string>()
  const begun = performance.now()
  for (let round = 0; round <= rounds && performance.now() - begun < budget; round++)
    for (const [precision, work] of Object.entries(trials) as [Precision, () => void][]) {
      if (refused.has(precision)) continue
      const before = performance.now()
      try {
        work()
      } catch {
        refused.add(precision)
        continue
      }
      const passed = performance.now() - before
      if (round > 0) shortest[precision] = Math.min(passed, shortest[precision] ?? Infinity)
    }
  return shortest
}
