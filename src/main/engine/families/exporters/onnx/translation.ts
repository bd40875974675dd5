/** What one traced operation is translated with. */
import { UserError } from '../../../../../shared/errors'
import type { TracedConstant, TracedNode, TracedSource } from '../../../graph/traced'
import { fileAxesOf } from '../../../weights/network'
import { bytesOf, elementCount, toFloat32 } from '../../../weights/weightMap'
import type { ModelProgram, ProgramWeight } from '../types'
import { plainOrder } from '../../../graph/axes'
import type { OnnxGraph, Value } from './graph'

/** Translates one operation: the values of its outputs, at least of those that others read. */
export type Translate = (operation: Operation) => readonly Value[]

/** What has been translated so far. */
export interface Translated {
  readonly graph: OnnxGraph
  readonly model: ModelProgram
  readonly images: Value
  /** Outputs of the nodes before. */
  readonly values: readonly (readonly Value[])[]
}

/** A node of the program, as a translation reads it. */
export class Operation {
  readonly graph: OnnxGraph
  /** Of the first output. */
  readonly shape: readonly number[]

  constructor(
    private readonly translated: Translated,
    private readonly index: number,
    readonly node: TracedNode,
  ) {
    this.graph = translated.graph
    this.shape = node.outputs[0]?.shape ?? []
  }

  get batchSize(): number {
    return this.translated.model.program.batch
  }

  /** The weights as files have them. */
  get fileWeights(): ModelProgram['weights'] {
    return this.translated.model.weights
  }

  /** Name of a list with the number of images alone. */
  imageCount(): string {
    const { images } = this.translated
    const { graph } = this
    const extents = graph.tensor('Shape', [images.name], {}, 'extents')
    return graph.tensor('Slice', [extents, graph.integers([0]), graph.integers([1])], {}, 'count')
  }

  refuse(got: string): never {
    throw new UserError(`The operation ${this.node.op} of this network cannot be written as ONNX.`, {
      wanted: 'one that has a translation (families/exporters/onnx)',
      got,
      action: 'Export as PyTorch or safetensors.',
    })
  }

  private source(input: number): TracedSource {
    return this.node.inputs[input] ?? this.refuse(`no input ${input}`)
  }

  value(input: number): Value {
    return valueOf(this.translated, this.source(input)) ?? this.refuse(`no value for input ${input}`)
  }

  /** The weight that an input is, as the program holds it. */
  weight(input: number): (ProgramWeight & { readonly name: string }) | undefined {
    const source = this.source(input)
    const weight = source.kind === 'weight' ? this.translated.model.program.weights.get(source.name) : undefined
    return weight && source.kind === 'weight' ? { ...weight, name: source.name } : undefined
  }

  private constant(input: number): TracedConstant | undefined {
    const source = this.source(input)
    return source.kind === 'constant' ? this.translated.model.program.constants[source.index] : undefined
  }

  /** Integers that the program knows: axes, a shape, sizes. */
  integers(input: number): number[] {
    const constant = this.constant(input)
    if (constant?.elementType !== 'int32') return this.refuse(`an input ${input} that is no constant`)
    return [...new Int32Array(constant.content.slice().buffer)]
  }

  /** Axes from the front. */
  axes(input: number, rank: number): number[] {
    return this.integers(input).map((axis) => (axis < 0 ? axis + rank : axis))
  }

  integerList(name: string): readonly number[] {
    const attribute = this.node.attributes[name]
    return attribute?.kind === 'ints' ? attribute.value : []
  }

  text(name: string): string {
    const attribute = this.node.attributes[name]
    return attribute?.kind === 'string' ? attribute.value : ''
  }

  number(name: string, otherwise: number): number {
    const attribute = this.node.attributes[name]
    return attribute?.kind === 'float' || attribute?.kind === 'int' ? attribute.value : otherwise
  }

  flag(name: string): boolean {
    const attribute = this.node.attributes[name]
    return attribute?.kind === 'bool' && attribute.value
  }

  /** Whether nothing but this operation reads an input. */
  readsAlone(input: number): boolean {
    const source = this.source(input)
    return source.kind === 'node' && readersOf(this.translated.model, source.index).length === 1
  }

  /** Who reads the outputs: the node and the place among its inputs. */
  readers(): readonly { readonly node: TracedNode; readonly input: number }[] {
    return readersOf(this.translated.model, this.index)
  }

  /** How a weight that another node reads lies in files. */
  layoutOf(source: TracedSource | undefined): ProgramWeight['layout'] | undefined {
    return source?.kind === 'weight' ? this.translated.model.program.weights.get(source.name)?.layout : undefined
  }
}

function readersOf({ program }: ModelProgram, index: number): { node: TracedNode; input: number }[] {
  return program.nodes.flatMap((node) =>
    node.inputs.flatMap((source, input) => (source.kind === 'node' && source.index === index ? [{ node, input }] : [])),
  )
}

export function valueOf(translated: Translated, source: TracedSource): Value | undefined {
  const { graph, model, images, values } = translated
  switch (source.kind) {
    case 'input':
      return images
    case 'node':
      return values[source.index]?.[source.output]
    case 'weight': {
      const weight = model.program.weights.get(source.name)
      return weight && weightValue(graph, model, source.name, weight)
    }
    case 'constant': {
      const constant = model.program.constants[source.index]
      return constant && constantValue(graph, source.index, constant)
    }
  }
}

/** The tensor of the file, seen in the order in which the program reads it. */
function weightValue(graph: OnnxGraph, { weights }: ModelProgram, name: string, weight: ProgramWeight): Value {
  const { shape, layout } = weight
  const order = fileAxesOf(layout, shape.length)
  if (order === null) {
    const other = graph.initializer(`${name}.by_pixel`, () => ({
      type: 'float32',
      shape,
      bytes: bytesOf({ dtype: 'float32', shape, data: weight.values }),
    }))
    return { name: other, shape, order: plainOrder(shape.length), batch: null }
  }
  return { name: fileTensor(graph, weights, name), shape, order, batch: null }
}

/** An initializer under PyTorch's name, in PyTorch's layout. */
export function fileTensor(graph: OnnxGraph, weights: ModelProgram['weights'], name: string): string {
  return graph.initializer(name, () => {
    const tensor = weights.get(name)
    if (!tensor) throw new Error(`The weights hold no "${name}".`)
    const data = toFloat32(tensor)
    return { type: 'float32', shape: tensor.shape, bytes: bytesOf({ ...tensor, dtype: 'float32', data }) }
  })
}

function constantValue(graph: OnnxGraph, index: number, constant: TracedConstant): Value | undefined {
  const { elementType, shape, content } = constant
  if (elementType !== 'float32') return undefined
  const [first = 0] = new Float32Array(content.slice(0, 4).buffer)
  const name =
    elementCount(shape) === 1
      ? graph.floats([first], shape)
      : graph.initializer(`constant_${index}`, () => ({ type: 'float32', shape, bytes: content }))
  return { name, shape, order: plainOrder(shape.length), batch: null }
}
