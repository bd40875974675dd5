/** Nodes of an ONNX file with their attributes. What is no plain operation is refused and named. */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { graphLimits, type OnnxAttribute, type OnnxConstant, type OnnxNode } from '../../../weights/onnxGraph'
import { readTensorMessage, type ReadTensor } from './tensors'
import { floatsIn, integersIn, textOf, type WireField, type WireFile } from './wire'

/** onnx.proto, NodeProto and AttributeProto. */
const nodeFields = { input: 1, output: 2, name: 3, operator: 4, attribute: 5, domain: 7 } as const
const attributeFields = {
  name: 1,
  float: 2,
  int: 3,
  text: 4,
  tensor: 5,
  graph: 6,
  floats: 7,
  ints: 8,
  texts: 9,
  graphs: 11,
  type: 20,
  reference: 21,
} as const

/** An operation, or a constant that is written as one. */
export type ReadNode = { readonly node: OnnxNode } | { readonly tensor: ReadTensor }

export async function readNode(file: WireFile, message: WireField): Promise<ReadNode> {
  const list = await file.message(message)
  const texts = (number: number): string[] =>
    list.filter((field) => field.number === number).map((field) => nameOf(file, field))
  const [operator = ''] = texts(nodeFields.operator)
  const [name = ''] = texts(nodeFields.name)
  const inputs = texts(nodeFields.input)
  const outputs = texts(nodeFields.output)
  const where = `node ${quoteFromFile(name === '' ? (outputs[0] ?? '') : name)}, operator ${quoteFromFile(operator)}`
  const [domain = ''] = texts(nodeFields.domain)
  if (domain !== '' && domain !== 'ai.onnx')
    throw new RefusedInputError('This ONNX file has an operator that is not one of ONNX.', {
      wanted: 'operators of ONNX itself',
      got: `the domain ${quoteFromFile(domain)}`,
      where,
      action: 'Export with plain operators (no custom ones, not quantised, not optimised for one runtime).',
    })
  const messages = list.filter((field) => field.number === nodeFields.attribute)
  if (Math.max(inputs.length, outputs.length, messages.length) > graphLimits.perNode)
    throw new RefusedInputError('A node of this ONNX file is larger than any of a classifier.', {
      wanted: `at most ${graphLimits.perNode} inputs, outputs and attributes`,
      got: `${inputs.length}, ${outputs.length} and ${messages.length}`,
      where,
    })
  // One after the other: of two faulty ones the first is told of, always.
  const attributes: Awaited<ReturnType<typeof readAttribute>>[] = []
  for (const field of messages) attributes.push(await readAttribute(file, field, where))
  if (operator === 'Constant') return { tensor: constantOf(attributes, outputs[0] ?? '', where) }
  const plain = attributes.map((attribute): [string, OnnxAttribute] => [
    attribute.name,
    plainAttribute(attribute, operator, where),
  ])
  return { node: { name, operator, inputs, outputs, attributes: plain } }
}

export function nameOf(file: WireFile, field: WireField): string {
  const bytes = file.small(field, 'a name')
  if (bytes.length <= graphLimits.nameLength) return textOf(bytes)
  throw new RefusedInputError('A name in this ONNX file is longer than any.', {
    wanted: `at most ${graphLimits.nameLength} bytes`,
    got: `${bytes.length} bytes`,
    where: `byte ${field.at}`,
  })
}

interface ReadAttribute {
  readonly name: string
  readonly value: OnnxAttribute | ReadTensor
}

const isTensor = (value: OnnxAttribute | ReadTensor): value is ReadTensor => !('kind' in value)

async function readAttribute(file: WireFile, message: WireField, node: string): Promise<ReadAttribute> {
  const list = await file.message(message)
  const all = (number: number): WireField[] => list.filter((field) => field.number === number)
  const [nameField] = all(attributeFields.name)
  const name = nameField ? nameOf(file, nameField) : ''
  const where = `${node}, attribute ${quoteFromFile(name)}`
  const refuse = (got: string): never => {
    throw new RefusedInputError('A node of this ONNX file has an attribute that is not read.', {
      wanted: 'numbers, lists of numbers or a text',
      got,
      where,
      action: 'Export without control flow: no If, Loop or Scan, no functions.',
    })
  }
  const { graph, graphs, reference, tensor, float, int, text, floats, ints, texts, type } = attributeFields
  if ([...all(graph), ...all(graphs)].length > 0) return refuse('a graph in a graph')
  if (all(reference).length > 0) return refuse('a parameter of a function')
  const [tensorField] = all(tensor)
  if (tensorField) return { name, value: await readTensorMessage(file, tensorField, where) }
  const [f] = all(float)
  const [i] = all(int)
  const [s] = all(text)
  const kind = all(type).at(-1)?.value ?? 0
  if (kind === 1 || (kind === 0 && f))
    return { name, value: { kind: 'float', value: f ? (floatsIn([f], 1, 'number')[0] ?? 0) : 0 } }
  if (kind === 2 || (kind === 0 && i)) return { name, value: { kind: 'int', value: i?.value ?? 0 } }
  if (kind === 3 || (kind === 0 && s)) return { name, value: { kind: 'text', value: s ? nameOf(file, s) : '' } }
  const most = graphLimits.attributeValues
  if (kind === 6 || (kind === 0 && all(floats).length > 0))
    return { name, value: { kind: 'floats', value: floatsIn(all(floats), most, 'numbers') } }
  if (kind === 7 || (kind === 0 && all(ints).length > 0))
    return { name, value: { kind: 'ints', value: integersIn(all(ints), most, 'numbers') } }
  if (kind === 8) return { name, value: { kind: 'texts', value: all(texts).map((field) => nameOf(file, field)) } }
  return refuse(`ONNX's attribute type ${kind}`)
}

/** What ConstantOfShape repeats is one number. */
function plainAttribute({ name, value }: ReadAttribute, operator: string, node: string): OnnxAttribute {
  if (!isTensor(value)) return value
  const [number] = value.constant?.values ?? []
  if (operator === 'ConstantOfShape' && number !== undefined && value.constant?.values.length === 1)
    return { kind: 'float', value: number }
  throw new RefusedInputError('A node of this ONNX file has an attribute that is not read.', {
    wanted: 'numbers, lists of numbers or a text',
    got: 'a tensor',
    where: `${node}, attribute ${quoteFromFile(name)}`,
  })
}

function constantOf(attributes: readonly ReadAttribute[], output: string, node: string): ReadTensor {
  const [only] = attributes
  const value = only?.value
  if (value && isTensor(value)) return { ...value, name: output }
  const known = value && knownOf(value)
  if (known && attributes.length === 1) return { name: output, constant: known }
  throw new RefusedInputError('A constant of this ONNX file is not read.', {
    wanted: 'one tensor, number or list of numbers',
    got: attributes.map(({ name }) => quoteFromFile(name)).join(', ') || 'nothing',
    where: node,
  })
}

function knownOf(value: OnnxAttribute): Omit<OnnxConstant, 'name'> | undefined {
  switch (value.kind) {
    case 'int':
      return { type: 'int64', shape: [], values: [value.value] }
    case 'float':
      return { type: 'float32', shape: [], values: [value.value] }
    case 'ints':
      return { type: 'int64', shape: [value.value.length], values: value.value }
    case 'floats':
      return { type: 'float32', shape: [value.value.length], values: value.value }
    case 'text':
    case 'texts':
      return undefined
  }
}
