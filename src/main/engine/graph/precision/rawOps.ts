/** Single ops by the binding's tensor ids, for types that tfjs does not know. */
import type { Binding, OpAttribute } from '../backend'

const elements = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1)

export class RawOps {
  private readonly made: number[] = []
  constructor(private readonly binding: Binding) {}

  /** How many tensors are held. */
  get count(): number {
    return this.made.length
  }

  /** Lets go of the tensors beyond the first so many. */
  release(kept = 0): void {
    for (const id of this.made.splice(kept)) this.binding.deleteTensor(id)
  }

  /** A float32 tensor. */
  floats(sizes: readonly number[], value: (index: number) => number): number {
    const values = Float32Array.from({ length: elements(sizes) }, (_, index) => value(index))
    return this.keep(this.binding.createTensor([...sizes], this.binding.TF_FLOAT, values))
  }

  /** A shape as a tensor, as gradients of convolutions take it. */
  sizes(sizes: readonly number[]): number {
    return this.keep(this.binding.createTensor([sizes.length], this.binding.TF_INT32, Int32Array.from(sizes)))
  }

  cast(id: number, from: number, to: number): number {
    const { TF_ATTR_TYPE, TF_ATTR_BOOL } = this.binding
    return this.run(
      'Cast',
      [id],
      [
        { name: 'SrcT', type: TF_ATTR_TYPE, value: from },
        { name: 'DstT', type: TF_ATTR_TYPE, value: to },
        { name: 'Truncate', type: TF_ATTR_BOOL, value: false },
      ],
    )
  }

  /** Conv2D or one of its gradients, stride 1, same padding, NHWC. */
  convolution(name: string, ids: number[], type: number): number {
    const { TF_ATTR_TYPE, TF_ATTR_STRING, TF_ATTR_INT, TF_ATTR_BOOL } = this.binding
    return this.run(name, ids, [
      { name: 'T', type: TF_ATTR_TYPE, value: type },
      { name: 'strides', type: TF_ATTR_INT, value: [1, 1, 1, 1] },
      { name: 'padding', type: TF_ATTR_STRING, value: 'SAME' },
      { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
      { name: 'use_cudnn_on_gpu', type: TF_ATTR_BOOL, value: true },
      { name: 'dilations', type: TF_ATTR_INT, value: [1, 1, 1, 1] },
    ])
  }

  /** Waits for the device. */
  wait(id: number): void {
    this.binding.tensorDataSync(id)
  }

  private run(name: string, ids: number[], attributes: OpAttribute[]): number {
    const [output] = this.binding.executeOp(name, attributes, ids, 1)
    if (!output) throw new Error(`The op ${name} gave nothing.`)
    return this.keep(output.id)
  }

  private keep(id: number): number {
    this.made.push(id)
    return id
  }
}
