/** A whole ONNX file: its graph, its weights as places in the file, and what it says about itself. */
import { RefusedInputError } from '../../../../../shared/errors'
import type { ByteSource } from '../../../weights/byteSource'
import { quoteFromFile } from '../../../weights/fileText'
import { importLimits } from '../../../weights/importLimits'
import { graphLimits, type OnnxConstant, type OnnxGraph, type OnnxNode } from '../../../weights/onnxGraph'
import type { StoredMap } from '../../../weights/stored'
import { nameOf, readNode } from './nodes'
import { readTensorMessage, type ReadTensor } from './tensors'
import { textOf, WireFile, type WireField } from './wire'

/** onnx.proto, ModelProto, GraphProto, ValueInfoProto. */
const modelFields = {
  irVersion: 1,
  producer: 2,
  producerVersion: 3,
  graph: 7,
  operatorSets: 8,
  metadata: 14,
  functions: 25,
} as const
const graphFields = { node: 1, initializer: 5, input: 11, output: 12, quantization: 14, sparse: 15 } as const

export interface OnnxFile {
  readonly graph: OnnxGraph
  /** Floating-point tensors. */
  readonly tensors: StoredMap
  readonly metadata: Record<string, string>
}

const of = (list: readonly WireField[], number: number): WireField[] => list.filter((field) => field.number === number)

/** @throws RefusedInputError naming the node, tensor or attribute that is not read */
export async function readOnnx(source: ByteSource): Promise<OnnxFile> {
  const file = new WireFile(source)
  const model = await file.root()
  const [graphField, second] = of(model, modelFields.graph)
  if (!graphField || second || of(model, modelFields.irVersion).length === 0)
    throw new RefusedInputError('The file is no ONNX file.', {
      wanted: 'a model with one graph',
      got: graphField ? 'several' : 'none',
      where: source.name,
    })
  if (of(model, modelFields.functions).length > 0)
    throw new RefusedInputError('This ONNX file defines functions, which are not read.', {
      wanted: 'plain operators',
      got: `${of(model, modelFields.functions).length} functions`,
      where: source.name,
      action: 'Inline them before: onnx.inliner.inline_local_functions(model).',
    })
  const parts = await readGraph(file, await file.message(graphField))
  const graph: OnnxGraph = {
    operatorSet: await operatorSetOf(file, of(model, modelFields.operatorSets)),
    ...parts.graph,
  }
  return { graph, tensors: parts.tensors, metadata: await metadataOf(file, model) }
}

async function operatorSetOf(file: WireFile, imports: readonly WireField[]): Promise<number> {
  let version = 1
  for (const field of imports) {
    const list = await file.message(field)
    const [domain] = of(list, 1)
    const name = domain ? nameOf(file, domain) : ''
    if (name === '' || name === 'ai.onnx') version = of(list, 2).at(-1)?.value ?? 1
  }
  return version
}

const mostMetadata = 256

async function metadataOf(file: WireFile, model: readonly WireField[]): Promise<Record<string, string>> {
  const entries: [string, string][] = []
  const [producer] = of(model, modelFields.producer)
  if (producer) entries.push(['producer', nameOf(file, producer)])
  for (const field of of(model, modelFields.metadata).slice(0, mostMetadata)) {
    const list = await file.message(field)
    const [key, value] = [of(list, 1)[0], of(list, 2)[0]]
    if (key && value?.bytes) entries.push([nameOf(file, key), textOf(value.bytes)])
  }
  return Object.fromEntries(entries)
}

async function readGraph(
  file: WireFile,
  list: readonly WireField[],
): Promise<{ graph: Omit<OnnxGraph, 'operatorSet'>; tensors: StoredMap }> {
  for (const [number, what] of [
    [graphFields.quantization, 'quantised tensors'],
    [graphFields.sparse, 'sparse tensors'],
  ] as const)
    if (of(list, number).length > 0)
      throw new RefusedInputError(`This ONNX file has ${what}, which are not read.`, {
        wanted: 'dense tensors of floating-point numbers',
        got: what,
        where: 'graph',
        action: 'Bring the network before it was quantised or pruned to that form.',
      })
  refuseMore(of(list, graphFields.node).length, graphLimits.nodes, 'nodes')
  refuseMore(of(list, graphFields.initializer).length, importLimits.tensors, 'tensors')
  const names = new Names()
  const read: ReadTensor[] = []
  for (const field of of(list, graphFields.initializer)) {
    const tensor = await readTensorMessage(file, field, 'initializer')
    names.add(tensor.name)
    read.push(tensor)
  }
  const input = await inputOf(file, of(list, graphFields.input), names)
  const nodes: OnnxNode[] = []
  for (const field of of(list, graphFields.node)) {
    const part = await readNode(file, field)
    if ('node' in part) part.node.outputs.filter((name) => name !== '').forEach((name) => names.add(name))
    else names.add(part.tensor.name)
    if ('node' in part) nodes.push(part.node)
    else read.push(part.tensor)
  }
  const outputs: string[] = []
  for (const field of of(list, graphFields.output)) outputs.push((await interfaceOf(file, field)).name)
  refuseMore(outputs.length, graphLimits.perNode, 'outputs')
  return sorted(read, { nodes, input, outputs })
}

function refuseMore(count: number, most: number, what: string): void {
  if (count > most)
    throw new RefusedInputError(`This ONNX file has more ${what} than any classifier here.`, {
      wanted: `at most ${most} ${what}`,
      got: String(count),
      where: 'graph',
    })
}

/** Every tensor of a graph is made once. */
class Names {
  private readonly known = new Set<string>()

  has(name: string): boolean {
    return this.known.has(name)
  }
  add(name: string): void {
    if (name === '' || name === '__metadata__' || this.known.has(name))
      throw new RefusedInputError('This ONNX file names its tensors in a way that is not read.', {
        wanted: 'a name of its own for each tensor',
        got: quoteFromFile(name),
        where: 'tensors of the graph',
      })
    this.known.add(name)
  }
}

/** Whose tensors are weights whatever their size. */
const layers = new Set(['Conv', 'BatchNormalization', 'Gemm', 'MatMul', 'LayerNormalization', 'InstanceNormalization'])

/** Single numbers are constants, but where a layer has one as a weight. */
function sorted(
  read: readonly ReadTensor[],
  graph: Pick<OnnxGraph, 'nodes' | 'input' | 'outputs'>,
): { graph: Omit<OnnxGraph, 'operatorSet'>; tensors: StoredMap } {
  const weights = new Set(graph.nodes.filter(({ operator }) => layers.has(operator)).flatMap(({ inputs }) => inputs))
  const tensors: StoredMap = new Map()
  const constants: OnnxConstant[] = []
  for (const { name, stored, constant } of read) {
    if (stored && (!constant || (weights.has(name) && stored.shape.length > 0))) tensors.set(name, stored)
    else if (constant) constants.push({ name, ...constant })
  }
  refuseMore(tensors.size, importLimits.tensors, 'tensors')
  const values = constants.reduce((sum, constant) => sum + constant.values.length, 0)
  refuseMore(values, graphLimits.constantValues, 'constant numbers')
  return { graph: { ...graph, constants }, tensors }
}

interface Interface {
  readonly name: string
  readonly type: number
  readonly extents: (number | null)[]
}

async function interfaceOf(file: WireFile, message: WireField): Promise<Interface> {
  const list = await file.message(message)
  const [name] = of(list, 1)
  const inside = async (field: WireField | undefined): Promise<WireField[]> => (field ? file.message(field) : [])
  const tensor = await inside(of(await inside(of(list, 2)[0]), 1)[0])
  const extents: (number | null)[] = []
  for (const dimension of of(await inside(of(tensor, 2)[0]), 1).slice(0, graphLimits.rank + 1)) {
    const [value] = of(await file.message(dimension), 1)
    extents.push(value && value.value > 0 ? value.value : null)
  }
  return { name: name ? nameOf(file, name) : '', type: of(tensor, 1)[0]?.value ?? 0, extents }
}

/** Files of old exporters name their weights among the inputs too. */
async function inputOf(file: WireFile, list: readonly WireField[], names: Names): Promise<OnnxGraph['input']> {
  const inputs: Interface[] = []
  for (const field of list) {
    const input = await interfaceOf(file, field)
    if (!names.has(input.name)) inputs.push(input)
  }
  const [images, other] = inputs
  if (!images || other)
    throw new RefusedInputError('This ONNX file does not take images alone.', {
      wanted: 'one input',
      got:
        inputs
          .map(({ name }) => quoteFromFile(name))
          .slice(0, 8)
          .join(', ') || 'none',
      where: 'inputs of the graph',
      action: 'Export the network so that images are its only input.',
    })
  if (![1, 10, 11].includes(images.type))
    throw new RefusedInputError('This ONNX file takes images of a type that is not read.', {
      wanted: 'float32',
      got: `ONNX's element type ${images.type}`,
      where: quoteFromFile(images.name),
      action: 'Export it for float32 images.',
    })
  names.add(images.name)
  return { name: images.name, extents: images.extents.slice(0, graphLimits.rank) }
}
