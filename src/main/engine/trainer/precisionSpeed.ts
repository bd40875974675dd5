/**
 * What each precision brings on this device: one 3×3 convolution of the size that these networks have most, forward
 * and backward, in turn in float32 and as `mixed` computes it here.
 */
import type { DeviceReport, Execution, Precision, PrecisionSpeed } from '../../../shared/domain'
import { bfloat16, RawOps, sumsInFloat32 } from '../graph'
import { bfloat16Instructions, readCpu, type TensorFlowRuntime } from '../runtime'

/** Images of 16 × 16 with 64 channels: the second block of a WRN-16-2 on images of 32 × 32. */
const imagesShape = [32, 16, 16, 64]
const weightsShape = [3, 3, 64, 64]

/** Of so many the shortest counts: what else runs on the machine makes times longer, never shorter. */
const rounds = 20
/** Beyond the first that counts no round begins after so many milliseconds. */
const budget = 500

/**
 * The runtime's report with what precisions bring on its device; as it is where that cannot be measured, on a card
 * without free memory.
 * @param execution what the process was started with: on a GPU its float32 is TF32 where that was asked for
 */
export function withPrecisionSpeed(
  { binding, device }: Pick<TensorFlowRuntime, 'binding' | 'device'>,
  { precision }: Pick<Execution, 'precision'>,
): DeviceReport {
  const ops = new RawOps(binding)
  const ordinary = device.kind === 'gpu' && precision === 'tf32' ? 'tf32' : 'float32'
  try {
    const inFloat32 = binding.TF_FLOAT
    const milliseconds = shortestTimes(trialsOf(ops, { ordinary, inFloat32, roundOnly: !sumsInFloat32(binding) }))
    const instructions = device.kind === 'cpu' ? { instructions: bfloat16Instructions(readCpu()) } : {}
    return { ...device, precisionSpeed: { milliseconds, ...instructions } }
  } catch {
    return device
  } finally {
    ops.release()
  }
}

type Trials = Partial<Record<Precision, () => void>>

interface TrialOptions {
  readonly ordinary: Precision
  /** The binding's number of the type. */
  readonly inFloat32: number
  /** As in MixedOptions: `mixed` computes in float32 on rounded values. */
  readonly roundOnly: boolean
}

type Convolve = (op: string, ids: number[]) => number

/** One convolution with its two gradients. Activations are rounded already, weights and their gradient are not. */
function trialsOf(ops: RawOps, { ordinary, inFloat32, roundOnly }: TrialOptions): Trials {
  const images = ops.floats(imagesShape, (index) => Math.sin(index))
  const weights = ops.floats(weightsShape, (index) => Math.cos(index) / 24)
  const imagesSizes = ops.sizes(imagesShape)
  const weightsSizes = ops.sizes(weightsShape)
  const low = (id: number): number => ops.cast(id, inFloat32, bfloat16)
  const wide = (id: number): number => ops.cast(id, bfloat16, inFloat32)
  const images16 = low(images)
  const exactly: Convolve = (op, ids) => ops.convolution(op, ids, inFloat32)
  const rounded: Convolve = (op, ids) => wide(low(exactly(op, ids)))
  const inBfloat16: Convolve = (op, ids) => ops.convolution(op, ids, bfloat16)
  const pass = (convolve: Convolve, input: number, kernel: number): number => {
    const output = convolve('Conv2D', [input, kernel])
    convolve('Conv2DBackpropInput', [imagesSizes, kernel, output])
    return convolve('Conv2DBackpropFilter', [input, weightsSizes, output])
  }
  const held = ops.count
  const timed = (work: () => number) => (): void => {
    ops.wait(work())
    ops.release(held)
  }
  return {
    [ordinary]: timed(() => pass(exactly, images, weights)),
    mixed: timed(() =>
      roundOnly ? pass(rounded, images, wide(low(weights))) : wide(pass(inBfloat16, images16, low(weights))),
    ),
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
  for (let round = 0; round <= 1 || (round <= rounds && performance.now() - begun < budget); round++)
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
