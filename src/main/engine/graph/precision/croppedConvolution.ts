/**
 * Gradients by a convolution's input where its padding is given pixel by pixel. oneDNN has no kernel for that, and
 * TensorFlow's own takes 20 times as long in bfloat16: instead the gradient by the padded input, then cut out.
 */
import { int32 } from './elementTypes'
import type { RecordedConstant, RecordedNode } from '../recording'

/** What stands for the node: a kernel without padding, its shape input, and where its result is cut. */
export interface CroppedConvolution {
  readonly whole: Pick<RecordedNode, 'attributes' | 'outputs'>
  readonly sizes: Pick<RecordedConstant, 'shape' | 'type' | 'content' | 'uniform'>
  readonly begin: CroppedConvolution['sizes']
  readonly extent: CroppedConvolution['sizes']
}

function integers(values: readonly number[]): CroppedConvolution['sizes'] {
  const content = new Uint8Array(Int32Array.from(values).buffer)
  return { shape: [values.length], type: int32, content, uniform: false }
}

/** undefined: the node is another one. */
export function croppedConvolution({ op, attributes, outputs }: RecordedNode): CroppedConvolution | undefined {
  const { padding, explicit_paddings: around } = attributes
  const [result] = outputs
  if (!op.endsWith('BackpropInput') || !result || padding?.kind !== 'string' || padding.value !== 'EXPLICIT')
    return undefined
  if (around?.kind !== 'ints') throw new Error(`${op} has explicit padding without its extents.`)
  const before = result.shape.map((_, axis) => around.value[axis * 2] ?? 0)
  const shape = result.shape.map((extent, axis) => extent + (before[axis] ?? 0) + (around.value[axis * 2 + 1] ?? 0))
  return {
    whole: {
      attributes: {
        ...attributes,
        padding: { kind: 'string', value: 'VALID' },
        explicit_paddings: { kind: 'ints', value: [] },
      },
      outputs: [{ ...result, shape }],
    },
    sizes: integers(shape),
    begin: integers(before),
    extent: integers(result.shape),
  }
}
