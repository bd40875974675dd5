/** One node of a graph as its operator reads it: inputs, attributes, and what to say where it does not fit. */
import { tensor as tensorOf, type Tensor } from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../../shared/errors'
import { broadcastAxes, isLeading, plainOrder, productOf, reshapedAxes, type Axes } from '../../../graph/axes'
import { quoteFromFile } from '../../../weights/fileText'
import type { OnnxAttribute, OnnxNode } from '../../../weights/onnxGraph'
import {
  extentsFor,
  imageOrder,
  plannedBatch,
  valuesPerImage,
  type KnownValue,
  type Planner,
  type PlanValue,
  type Run,
  type TensorValue,
} from './plan'
import { first, reshape } from './run'

/** More values of one image in one tensor than any classifier of this field has: 1 GB. */
const mostValues = 2 ** 28
/** What a captured step may hold as a constant. */
const mostConstants = 1_024

export const actionForOperators =
  'Export the network with operators that docs/onnx.md lists, or bring its weights as a state_dict.'

export const placeOf = (node: Pick<OnnxNode, 'name' | 'operator' | 'outputs'>): string =>
  `node ${quoteFromFile(node.name === '' ? (node.outputs[0] ?? '') : node.name)}, operator ${quoteFromFile(node.operator)}`

export interface Network {
  readonly operatorSet: number
  readonly planner: Planner
  /** The number of images that the file was made for; null: any. */
  readonly fixedBatch: number | null
  value(name: string): PlanValue | undefined
}

export class OperatorCall {
  readonly planner: Planner

  constructor(
    private readonly network: Network,
    readonly node: OnnxNode,
    private readonly attributes: ReadonlyMap<string, OnnxAttribute>,
  ) {
    this.planner = network.planner
  }

  get operatorSet(): number {
    return this.network.operatorSet
  }
  get fixedBatch(): number | null {
    return this.network.fixedBatch
  }

  refuse(wanted: string, got: string, attribute?: string): never {
    throw new RefusedInputError('A node of this ONNX file does something that is not supported here.', {
      wanted,
      got,
      where: `${placeOf(this.node)}${attribute === undefined ? '' : `, attribute ${attribute}`}`,
      action: actionForOperators,
    })
  }

  /** Undefined where it is left out. */
  input(index: number): PlanValue | undefined {
    const name = this.node.inputs[index]
    if (name === undefined || name === '') return undefined
    return this.network.value(name) ?? this.refuse('an input that is there', `none called ${quoteFromFile(name)}`)
  }

  needed(index: number): PlanValue {
    return this.input(index) ?? this.refuse(`an input ${index + 1}`, `${this.node.inputs.length} inputs`)
  }

  tensor(index: number): TensorValue {
    return this.asTensor(this.needed(index))
  }

  /** A weight, a known number or a tensor as a tensor of the pass. */
  asTensor(value: PlanValue): TensorValue {
    switch (value.kind) {
      case 'tensor':
        return value
      case 'weight':
        return this.planner.weight(value)
      case 'known': {
        const { shape, values } = value
        const uniform = values.every((entry) => entry === values[0])
        if (values.length > mostConstants && !uniform)
          this.refuse(`constants of at most ${mostConstants} values`, `${values.length} values`)
        const axes = { shape, order: plainOrder(shape.length), batch: null }
        return this.planner.step([], axes, () => tensorOf([...values], [...shape], 'float32'))
      }
    }
  }

  /** [N, C, H, W], stored with the channels last. */
  image(index: number): TensorValue {
    const value = this.tensor(index)
    if (value.shape.length !== 4 || !isLeading(value.batch))
      this.refuse('images [N, C, H, W]', `${value.shape.length} axes`)
    return this.planner.arranged(value, imageOrder)
  }

  /** Numbers that the file fixes. */
  known(index: number): KnownValue {
    const value = this.needed(index)
    return value.kind === 'known' ? value : this.refuse('numbers that the file fixes', 'a tensor that is computed')
  }

  /** The same where it may be left out. */
  knownOr(index: number, otherwise: readonly number[]): readonly number[] {
    return this.input(index) === undefined ? otherwise : this.known(index).values
  }

  int(name: string, otherwise: number): number {
    const attribute = this.attributes.get(name)
    return attribute?.kind === 'int' ? attribute.value : otherwise
  }
  float(name: string, otherwise: number): number {
    const attribute = this.attributes.get(name)
    return attribute?.kind === 'float' ? attribute.value : otherwise
  }
  ints(name: string): readonly number[] | undefined {
    const attribute = this.attributes.get(name)
    return attribute?.kind === 'ints' ? attribute.value : undefined
  }
  text(name: string, otherwise: string): string {
    const attribute = this.attributes.get(name)
    return attribute?.kind === 'text' ? attribute.value : otherwise
  }

  /** An axis from the front. */
  axis(given: number, rank: number): number {
    const axis = given < 0 ? given + rank : given
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank) this.refuse(`an axis of ${rank}`, String(given), 'axis')
    return axis
  }

  step(inputs: readonly TensorValue[], axes: Axes, run: Run): TensorValue {
    this.checkSize(axes)
    return this.planner.step(inputs, axes, run)
  }

  steps(inputs: readonly TensorValue[], results: readonly Axes[], run: Run): TensorValue[] {
    for (const axes of results) this.checkSize(axes)
    return this.planner.stepOfMany(inputs, results, run)
  }

  private checkSize(axes: Axes): void {
    if (axes.shape.some((extent) => !Number.isInteger(extent) || extent < 1))
      this.refuse('results with at least one value', `extents ${axes.shape.join(' × ')}`)
    if (valuesPerImage(axes) > mostValues)
      this.refuse(`at most ${mostValues} values of an image in one tensor`, String(valuesPerImage(axes)))
  }

  /** One tensor in, the same axes out. */
  each(value: TensorValue, run: (x: Tensor) => Tensor): TensorValue {
    return this.step([value], value, (inputs) => run(first(inputs)))
  }

  reshaped(value: TensorValue, shape: readonly number[]): TensorValue {
    if (productOf(shape) !== productOf(value.shape)) this.refuseShape(value, shape)
    const { inPlace, ...axes } = reshapedAxes(value, shape, plannedBatch)
    if (value.batch !== null && axes.batch === null)
      this.refuse('a reshape that keeps images apart', 'one that mixes them; export with a batch of any size')
    const source = inPlace ? value : this.planner.plain(value)
    return this.step([source], axes, (inputs, { images }) => reshape(first(inputs), extentsFor(axes, images)))
  }

  private refuseShape({ shape: before }: TensorValue, shape: readonly number[]): never {
    if (this.fixedBatch === null) return this.refuse(`${productOf(before)} values`, `a shape of ${productOf(shape)}`)
    return this.refuse(
      'a reshape for any number of images: export with dynamic_shapes or dynamic_axes for the first axis',
      `one for ${this.fixedBatch} ${this.fixedBatch === 1 ? 'image' : 'images'}: ${shape.join(' × ')}`,
    )
  }

  /** Stored to be broadcast against a tensor in `order`. */
  broadcast(value: TensorValue, order: readonly number[]): TensorValue {
    const { own, ...axes } = broadcastAxes(value, order)
    if (own.length === order.length) return this.planner.arranged(value, order)
    const stored = this.planner.arranged(value, own)
    return this.step([stored], axes, (inputs, { images }) => reshape(first(inputs), extentsFor(axes, images)))
  }
}
