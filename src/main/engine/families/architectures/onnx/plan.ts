/**
 * A graph as steps of our own kernels. It is planned without TensorFlow, from shapes alone, so that a file is refused
 * when it is looked at; nothing is computed before the classifier runs.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { permutationTo, plainOrder, productOf, sameOrder, type Axes } from '../../../graph/axes'
import type { ForwardContext, ParameterLayout } from '../../../maths/nn/types'
import { transpose } from './run'

/**
 * The batch in planned shapes: a prime that no extent of a network is a multiple of, so that what a file computes from
 * shapes (Shape, Gather, Mul, Reshape) comes out for any batch.
 */
export const plannedBatch = 7919

/** A tensor of the running pass. Images are stored as [N, H, W, C], whatever order of axes the file has. */
export interface TensorValue extends Axes {
  readonly kind: 'tensor'
  readonly slot: number
}
/** Numbers that the plan knows: shapes, axes, exponents, bounds. */
export interface KnownValue {
  readonly kind: 'known'
  readonly type: 'float32' | 'int64' | 'bool'
  readonly shape: readonly number[]
  readonly values: readonly number[]
}
/** A weight of the file that no operation has read yet. */
export interface WeightValue {
  readonly kind: 'weight'
  readonly name: string
  readonly shape: readonly number[]
}
export type PlanValue = TensorValue | KnownValue | WeightValue

/** What a step sees of the pass that it runs in. */
export interface Frame {
  readonly context: ForwardContext
  /** Images of this batch. */
  readonly images: number
  /** Runs a batch norm of the plan on [N, H, W, C]. */
  normalize(index: number, x: Tensor): Tensor
}
export type Run = (inputs: readonly Tensor[], frame: Frame) => Tensor | readonly Tensor[]

export interface Step {
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
  readonly run: Run
}

export interface PlannedParameter {
  /** The file's. */
  readonly name: string
  readonly layout: ParameterLayout
  /** In memory. */
  readonly shape: readonly number[]
  readonly slot: number
  readonly trainable: boolean
}

/** A batch norm by its parameters' places in the plan. */
export interface PlannedNorm {
  readonly name: string
  readonly channels: number
  readonly epsilon: number
  /** Weight of the new batch in running statistics. */
  readonly momentum: number
  readonly parameters: {
    readonly weight: number
    readonly bias: number
    readonly mean: number
    readonly variance: number
  }
}

/** Where an image became smaller: the stage before it ended there. */
export interface Level {
  readonly slot: number
  readonly height: number
  readonly width: number
}

/** Logical axes [N, C, H, W], stored as [N, H, W, C]. */
export const imageOrder: readonly number[] = [0, 2, 3, 1]

/** File order of a weight's axes by layout, as memory has them: see weights/network. */
const memoryOrders: Partial<Record<ParameterLayout, readonly number[]>> = {
  convolution: [2, 3, 1, 0],
  depthwise: [2, 3, 0, 1],
  linear: [1, 0],
}

/** The stored tensor's extents for a batch of `images`. */
export const extentsFor = ({ shape, order, batch }: Axes, images: number): number[] =>
  order.map((axis) => (axis === batch?.axis ? ((shape[axis] ?? 0) / plannedBatch) * images : (shape[axis] ?? 1)))

/** Values of one image, or of a tensor without a batch. */
export const valuesPerImage = ({ shape, batch }: Pick<Axes, 'shape' | 'batch'>): number =>
  batch === null ? productOf(shape) : productOf(shape) / plannedBatch

export class Planner {
  readonly steps: Step[] = []
  readonly parameters: PlannedParameter[] = []
  readonly norms: PlannedNorm[] = []
  readonly levels: Level[] = []
  multiplyAdds = 0
  /** Sums of two tensors of images, and joins of several: what tells families of networks apart. */
  readonly seen = { sums: 0, joins: 0, attentions: 0 }
  private slots = 0
  private readonly read = new Map<string, TensorValue>()
  private readonly arrangements = new Map<string, number>()

  newSlot(): number {
    return this.slots++
  }

  step(inputs: readonly TensorValue[], axes: Axes, run: Run): TensorValue {
    return this.stepOfMany(inputs, [axes], run)[0] as TensorValue
  }

  stepOfMany(inputs: readonly TensorValue[], results: readonly Axes[], run: Run): TensorValue[] {
    const outputs = results.map(({ shape, order, batch }): TensorValue => ({
      kind: 'tensor',
      slot: this.newSlot(),
      shape,
      order,
      batch,
    }))
    this.steps.push({ inputs: inputs.map(({ slot }) => slot), outputs: outputs.map(({ slot }) => slot), run })
    return outputs
  }

  /** A weight as a parameter, laid out for the kernel that reads it first. */
  weight({ name, shape }: WeightValue, layout: ParameterLayout = 'plain', trainable = true): TensorValue {
    const known = this.read.get(name)
    if (known) return known
    const order = memoryOrders[layout] ?? plainOrder(shape.length)
    const value: TensorValue = { kind: 'tensor', slot: this.newSlot(), shape, order, batch: null }
    const memory = order.map((axis) => shape[axis] ?? 1)
    this.parameters.push({ name, layout, shape: memory, slot: value.slot, trainable })
    this.read.set(name, value)
    return value
  }

  /** The same tensor stored in another order of axes. */
  arranged(value: TensorValue, order: readonly number[]): TensorValue {
    if (sameOrder(value.order, order)) return value
    const permutation = permutationTo(value.order, order)
    // Several values may be views of one stored tensor.
    const key = `${value.slot} ${permutation.join()}`
    const known = this.arrangements.get(key)
    if (known) return { ...value, slot: known, order }
    const made = this.step([value], { ...value, order }, ([x]) => transpose(x as Tensor, permutation))
    this.arrangements.set(key, made.slot)
    return made
  }

  plain(value: TensorValue): TensorValue {
    return this.arranged(value, plainOrder(value.shape.length))
  }
}
