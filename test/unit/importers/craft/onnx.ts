/** ONNX files by hand: whatever a test wants in them, right or wrong. Field numbers are those of onnx.proto. */
import { MessageWriter } from '../../../../src/main/engine/graph/protobuf'

/** A number with a point is a float where it is boxed: `{ float: 1 }`. */
export type CraftAttribute =
  number | string | readonly number[] | { float: number } | { tensor: MessageWriter } | { graph: true }

export interface CraftNode {
  op: string
  inputs: readonly string[]
  outputs?: readonly string[]
  attributes?: Record<string, CraftAttribute>
  domain?: string
  name?: string
}
export interface CraftTensor {
  name: string
  shape: readonly number[]
  /** Whole numbers where `integers` is true. */
  values: readonly number[]
  integers?: boolean
}
export interface CraftModel {
  nodes: readonly CraftNode[]
  tensors?: readonly CraftTensor[]
  /** Extents of the input `x`; a text is open. */
  input?: readonly (number | string)[]
  outputs?: readonly string[]
  operatorSet?: number
  /** Further fields of the graph and of the model. */
  graph?: (message: MessageWriter) => void
  model?: (message: MessageWriter) => void
}

export function tensorMessage({ name, shape, values, integers = false }: CraftTensor): MessageWriter {
  const message = new MessageWriter()
  for (const extent of shape) message.int(1, extent)
  const data = integers ? BigInt64Array.from(values, BigInt) : Float32Array.from(values)
  return message
    .int(2, integers ? 7 : 1)
    .string(8, name)
    .bytes(9, new Uint8Array(data.buffer))
}

function attributeMessage(name: string, value: CraftAttribute): MessageWriter {
  const message = new MessageWriter().string(1, name)
  if (typeof value === 'number') return message.int(3, value).int(20, 2)
  if (typeof value === 'string') return message.string(4, value).int(20, 3)
  if ('float' in value) return message.float(2, value.float).int(20, 1)
  if ('tensor' in value) return message.message(5, value.tensor).int(20, 4)
  if ('graph' in value) return message.message(6, new MessageWriter().string(2, 'inner')).int(20, 5)
  for (const entry of value) message.int(8, entry)
  return message.int(20, 7)
}

/** Without extents its shape is left open. */
function interfaceMessage(name: string, extents?: readonly (number | string)[]): MessageWriter {
  const tensor = new MessageWriter().int(1, 1)
  if (extents) {
    const shape = new MessageWriter()
    for (const extent of extents) {
      const dimension = new MessageWriter()
      shape.message(1, typeof extent === 'number' ? dimension.int(1, extent) : dimension.string(2, extent))
    }
    tensor.message(2, shape)
  }
  return new MessageWriter().string(1, name).message(2, new MessageWriter().message(1, tensor))
}

export function onnxFile({
  nodes,
  tensors = [],
  input = ['N', 3, 8, 8],
  outputs = ['y'],
  operatorSet = 17,
  ...more
}: CraftModel): Buffer {
  const graph = new MessageWriter()
  for (const [index, node] of nodes.entries()) {
    const message = new MessageWriter()
    for (const name of node.inputs) message.string(1, name)
    for (const name of node.outputs ?? ['y']) message.string(2, name)
    message.string(3, node.name ?? `node${index}`).string(4, node.op)
    for (const [name, value] of Object.entries(node.attributes ?? {})) message.message(5, attributeMessage(name, value))
    if (node.domain !== undefined) message.string(7, node.domain)
    graph.message(1, message)
  }
  graph.string(2, 'crafted')
  for (const tensor of tensors) graph.message(5, tensorMessage(tensor))
  graph.message(11, interfaceMessage('x', input))
  for (const name of outputs) graph.message(12, interfaceMessage(name))
  more.graph?.(graph)
  const model = new MessageWriter().int(1, 8).string(2, 'test').message(7, graph)
  model.message(8, new MessageWriter().string(1, '').int(2, operatorSet))
  more.model?.(model)
  return Buffer.from(model.finish())
}

/** Numbers that look random and are the same everywhere. */
export const waves = (count: number, scale = 1, phase = 0): number[] =>
  Array.from({ length: count }, (_, index) => scale * Math.sin(12.9898 * (index + 1) + phase))
