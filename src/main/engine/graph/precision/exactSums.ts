/**
 * Whether this device's bfloat16 kernels add up in float32. TensorFlow's own on processors without AVX-512 do not: from
 * 256 on a sum of ones stands still, and gradients of weights come out wrong by per cents.
 */
import type { Binding, OpAttribute } from '../backend'
import { bfloat16 } from './elementTypes'

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
  const { TF_FLOAT, TF_INT32, TF_ATTR_TYPE, TF_ATTR_BOOL, TF_ATTR_INT, TF_ATTR_STRING } = binding
  const made: number[] = []
  const keep = (id: number): number => (made.push(id), id)
  const run = (op: string, inputs: number[], attributes: OpAttribute[]): number =>
    keep(binding.executeOp(op, attributes, inputs, 1)[0]?.id ?? -1)
  const cast = (input: number, from: number, to: number): number =>
    run(
      'Cast',
      [input],
      [
        { name: 'SrcT', type: TF_ATTR_TYPE, value: from },
        { name: 'DstT', type: TF_ATTR_TYPE, value: to },
        { name: 'Truncate', type: TF_ATTR_BOOL, value: false },
      ],
    )
  const count = images.reduce((product, extent) => product * extent, 1)
  try {
    const ones = keep(binding.createTensor([...images], TF_FLOAT, new Float32Array(count).fill(1)))
    const sizes = keep(binding.createTensor([filter.length], TF_INT32, Int32Array.from(filter)))
    const rounded = cast(ones, TF_FLOAT, bfloat16)
    const gradient = run(
      'Conv2DBackpropFilter',
      [rounded, sizes, rounded],
      [
        { name: 'T', type: TF_ATTR_TYPE, value: bfloat16 },
        { name: 'strides', type: TF_ATTR_INT, value: [1, 1, 1, 1] },
        { name: 'padding', type: TF_ATTR_STRING, value: 'VALID' },
        { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
        { name: 'use_cudnn_on_gpu', type: TF_ATTR_BOOL, value: true },
      ],
    )
    return Number(binding.tensorDataSync(cast(gradient, bfloat16, TF_FLOAT))[0])
  } catch {
    return undefined
  } finally {
    for (const id of made) binding.deleteTensor(id)
  }
}
