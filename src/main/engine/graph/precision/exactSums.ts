/**
 * Whether this device's bfloat16 kernels add up in float32. TensorFlow's own on processors without AVX-512 do not: from
 * 256 on a sum of ones stands still, and gradients of weights come out wrong by per cents.
 */
import type { Binding } from '../backend'
import { bfloat16, float32 } from './elementTypes'
import { RawOps } from './rawOps'

const images = [4, 32, 32, 16] as const
const filter = [1, 1, 16, 16] as const
/** What each weight's gradient is of images and upstream gradients of ones. */
const trueSum = 4 * 32 * 32

const known = new WeakMap<object, boolean>()

/** Asked of each TensorFlow once. */
export function sumsInFloat32(binding: Binding): boolean {
  const answer = known.get(binding.executeOp) ?? gradientOfOnes(binding) === trueSum
  known.set(binding.executeOp, answer)
  return answer
}

/** undefined: there is no such kernel. */
function gradientOfOnes(binding: Binding): number | undefined {
  const ops = new RawOps(binding)
  try {
    const ones = ops.cast(
      ops.floats(images, () => 1),
      float32,
      bfloat16,
    )
    const gradient = ops.convolution('Conv2DBackpropFilter', [ones, ops.sizes(filter), ones], bfloat16)
    return Number(binding.tensorDataSync(ops.cast(gradient, bfloat16, float32))[0])
  } catch {
    return undefined
  } finally {
    ops.release()
  }
}
