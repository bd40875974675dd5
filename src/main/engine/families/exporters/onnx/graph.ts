/** An ONNX graph in the making, and the tensors of the traced program as they lie in it. */
import { permutationTo, plainOrder, sameOrder, type Axes } from '../../../graph/axes'
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './messages'

/**
 * A tensor of the program: ONNX wants images as [N, C, H, W], the program has them as [N, H, W, C], so what is stored
 * is a permutation of the program's axes. Extents are those of the batch that it was traced with.
 */
export interface Value extends Axes {
  /** Of the stored tensor. */
  readonly name: string
  /** Where a bias may still join. */
  readonly layer?: OnnxNode
  /** An image flattened by channel, as PyTorch's layers read it; the program has it by pixel. */
  readonly byChannel?: true
}

export type Attributes = Readonly<Record<string, OnnxAttribute>>

export const int = (value: number): OnnxAttribute => ({ kind: 'int', value })
export const ints = (value: readonly number[]): OnnxAttribute => ({ kind: 'ints', value })
export const float = (value: number): OnnxAttribute => ({ kind: 'float', value })

/** Channels first: what convolutions and pools of ONNX read. */
export const imageOrder: readonly number[] = [0, 3, 1, 2]

export class OnnxGraph {
  readonly nodes: OnnxNode[] = []
  readonly initializers = new Map<string, OnnxTensor>()
  private readonly names = new Set<string>()
  private readonly arrangements = new Map<string, string>()

  /** @param batchSize that the program was traced with */
  constructor(readonly batchSize: number) {}

  /** Writes an operation down; gives the names of its outputs. */
  add(
    operator: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    { name = operator.toLowerCase(), outputs = 1 } = {},
  ): OnnxNode {
    const own = this.freeName(name)
    const node: OnnxNode = {
      name: own,
      operator,
      inputs: [...inputs],
      outputs: Array.from({ length: outputs }, (_, index) => (index === 0 ? `${own}.out` : `${own}.out${index}`)),
      attributes,
    }
    this.nodes.push(node)
    return node
  }

  /** The first output of an operation that is written down. */
  tensor(operator: string, inputs: readonly string[], attributes: Attributes = {}, name?: string): string {
    const [output = ''] = this.add(operator, inputs, attributes, name === undefined ? {} : { name }).outputs
    return output
  }

  private freeName(wanted: string): string {
    let name = wanted
    for (let count = 1; this.names.has(name); count++) name = `${wanted}_${count}`
    this.names.add(name)
    return name
  }

  /** A constant; the first content under a name is kept. */
  initializer(name: string, tensor: () => OnnxTensor): string {
    if (!this.initializers.has(name)) this.initializers.set(name, tensor())
    return name
  }

  integers(values: readonly number[]): string {
    return this.initializer(`integers.${values.join('_')}`, () => ({
      type: 'int64',
      shape: [values.length],
      bytes: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
    }))
  }

  floats(values: readonly number[], shape: readonly number[] = []): string {
    return this.initializer(`floats.${shape.join('x')}.${values.join('_')}`, () => ({
      type: 'float32',
      shape,
      bytes: new Uint8Array(Float32Array.from(values).buffer),
    }))
  }

  /** The same tensor stored in another order of axes. */
  arranged(value: Value, order: readonly number[]): Value {
    if (sameOrder(value.order, order)) return value
    const { shape, batch } = value
    const permutation = permutationTo(value.order, order)
    // Several values may be views of one stored tensor.
    const key = `${value.name} ${permutation.join()}`
    const name = this.arrangements.get(key) ?? this.tensor('Transpose', [value.name], { perm: ints(permutation) })
    this.arrangements.set(key, name)
    return { name, shape, order, batch }
  }

  /** The stored tensor with the axes as the program has them. */
  plain(value: Value): Value {
    return this.arranged(value, plainOrder(value.shape.length))
  }
}
