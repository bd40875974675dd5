/**
 * GraphDef and SavedModel messages of TensorFlow, written from plain objects.
 * Field numbers: tensorflow/core/framework/{graph,node_def,attr_value,tensor,tensor_shape}.proto and
 * tensorflow/core/protobuf/{meta_graph,saved_model}.proto.
 */
import { ExhaustiveError } from '../../../shared/errors'
import { MessageWriter } from './protobuf'

/** The value of a node's attribute. */
export type AttributeValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'bools'; readonly value: readonly boolean[] }
  | { readonly kind: 'type'; readonly value: number }
  | { readonly kind: 'shape'; readonly value: readonly number[] }
  | { readonly kind: 'tensor'; readonly value: ConstantTensor }

/** A dense tensor as raw little-endian bytes; `type` is TensorFlow's DataType number. */
export interface ConstantTensor {
  readonly type: number
  readonly shape: readonly number[]
  readonly content: Uint8Array
}

export interface GraphNode {
  readonly name: string
  readonly op: string
  /** `node`, `node:1` for another output, `^node` for a control edge (last). */
  readonly inputs: readonly string[]
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

/** Producer version stamped on graphs: new enough for every op used, and readable by each TensorFlow 2 release. */
const producerVersion = 1286

function shapeMessage(shape: readonly number[]): MessageWriter {
  const message = new MessageWriter()
  for (const size of shape) message.message(2, new MessageWriter().int(1, size))
  return message
}

function tensorMessage({ type, shape, content }: ConstantTensor): MessageWriter {
  return new MessageWriter().int(1, type).message(2, shapeMessage(shape)).bytes(4, content)
}

function attributeMessage(attribute: AttributeValue): MessageWriter {
  const message = new MessageWriter()
  const list = new MessageWriter()
  switch (attribute.kind) {
    case 'string':
      return message.string(2, attribute.value)
    case 'int':
      return message.int(3, attribute.value)
    case 'float':
      return message.float(4, attribute.value)
    case 'bool':
      return message.bool(5, attribute.value)
    case 'type':
      return message.int(6, attribute.value)
    case 'shape':
      return message.message(7, shapeMessage(attribute.value))
    case 'tensor':
      return message.message(8, tensorMessage(attribute.value))
    case 'strings':
      for (const value of attribute.value) list.string(2, value)
      return message.message(1, list)
    case 'ints':
      for (const value of attribute.value) list.int(3, value)
      return message.message(1, list)
    case 'floats':
      for (const value of attribute.value) list.float(4, value)
      return message.message(1, list)
    case 'bools':
      for (const value of attribute.value) list.bool(5, value)
      return message.message(1, list)
    default:
      throw new ExhaustiveError(attribute)
  }
}

function nodeMessage(node: GraphNode): MessageWriter {
  const message = new MessageWriter().string(1, node.name).string(2, node.op)
  for (const input of node.inputs) message.string(3, input)
  for (const [name, value] of Object.entries(node.attributes)) message.entry(5, name, attributeMessage(value))
  return message
}

/** The bytes of a `saved_model.pb` that holds `nodes` under the tag `serve`, without checkpoint or signatures. */
export function encodeSavedModel(nodes: readonly GraphNode[]): Uint8Array {
  const graph = new MessageWriter()
  for (const node of nodes) graph.message(1, nodeMessage(node))
  graph.message(4, new MessageWriter().int(1, producerVersion))
  const metaInformation = new MessageWriter().string(4, 'serve')
  const metaGraph = new MessageWriter().message(1, metaInformation).message(2, graph)
  return new MessageWriter().int(1, 1).message(2, metaGraph).finish()
}
