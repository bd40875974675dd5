/**
 * The messages of an ONNX file, written from plain objects.
 * Field numbers: onnx/onnx.proto of ONNX 1.12 (IR version 8). Initializers lie in the file (raw_data, little-endian).
 */
import { ExhaustiveError } from '../../../../../shared/errors'
import { MessageWriter } from '../../../graph/protobuf'

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }

export interface OnnxNode {
  readonly name: string
  readonly operator: string
  /** Names of tensors; a bias joins its convolution after that was written down. */
  readonly inputs: string[]
  readonly outputs: string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

export type OnnxElementType = 'float32' | 'int64'

export interface OnnxTensor {
  readonly type: OnnxElementType
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/** An input or output of the model: a text is an extent that is open. */
export interface OnnxInterface {
  readonly name: string
  readonly extents: readonly (number | string)[]
}

export interface OnnxModel {
  readonly name: string
  readonly description: string
  readonly producerVersion: string
  readonly nodes: readonly OnnxNode[]
  readonly initializers: ReadonlyMap<string, OnnxTensor>
  readonly input: OnnxInterface
  readonly output: OnnxInterface
  readonly metadata: Readonly<Record<string, string>>
}

/** What ONNX Runtime since 1.13 and PyTorch's exporter speak. */
export const operatorSet = 17
const irVersion = 8
export const producer = 'ABD Workbench'

const typeNumbers: Record<OnnxElementType, number> = { float32: 1, int64: 7 }

export function encodeModel(model: OnnxModel): Uint8Array {
  const graph = new MessageWriter()
  for (const node of model.nodes) graph.message(1, nodeMessage(node))
  graph.string(2, model.name)
  for (const [name, tensor] of model.initializers) graph.message(5, tensorMessage(name, tensor))
  graph.message(11, interfaceMessage(model.input)).message(12, interfaceMessage(model.output))
  const message = new MessageWriter()
    .int(1, irVersion)
    .string(2, producer)
    .string(3, model.producerVersion)
    .string(6, model.description)
    .message(7, graph)
    .message(8, new MessageWriter().string(1, '').int(2, operatorSet))
  for (const [key, value] of Object.entries(model.metadata))
    message.message(14, new MessageWriter().string(1, key).string(2, value))
  return message.finish()
}

function nodeMessage({ name, operator, inputs, outputs, attributes }: OnnxNode): MessageWriter {
  const message = new MessageWriter()
  for (const input of inputs) message.string(1, input)
  for (const output of outputs) message.string(2, output)
  message.string(3, name).string(4, operator)
  for (const [key, attribute] of Object.entries(attributes)) message.message(5, attributeMessage(key, attribute))
  return message
}

function attributeMessage(name: string, attribute: OnnxAttribute): MessageWriter {
  const message = new MessageWriter().string(1, name)
  const type = (number: number): MessageWriter => message.int(20, number)
  switch (attribute.kind) {
    case 'float':
      message.float(2, attribute.value)
      return type(1)
    case 'int':
      message.int(3, attribute.value)
      return type(2)
    case 'ints':
      for (const value of attribute.value) message.int(8, value)
      return type(7)
    default:
      throw new ExhaustiveError(attribute)
  }
}

function tensorMessage(name: string, { type, shape, bytes }: OnnxTensor): MessageWriter {
  const message = new MessageWriter()
  for (const extent of shape) message.int(1, extent)
  return message.int(2, typeNumbers[type]).string(8, name).bytes(9, bytes)
}

function interfaceMessage({ name, extents }: OnnxInterface): MessageWriter {
  const shape = new MessageWriter()
  for (const extent of extents) {
    const dimension = new MessageWriter()
    shape.message(1, typeof extent === 'number' ? dimension.int(1, extent) : dimension.string(2, extent))
  }
  const type = new MessageWriter().message(1, new MessageWriter().int(1, typeNumbers.float32).message(2, shape))
  return new MessageWriter().string(1, name).message(2, type)
}
