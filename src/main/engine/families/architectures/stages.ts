import type { Tensor, Tensor4D, Variable } from '@tensorflow/tfjs-core'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import type { ForwardContext } from '../../maths/nn/types'
import { dropout, globalAveragePool } from '../../maths/ops'
import type { WeightShapes } from './types'

/** Layers one after the other. */
export const inSequence =
  (layers: readonly ImageLayer[]): ImageLayer =>
  (x, context) =>
    layers.reduce((value, layer) => layer(value, context), x)

/** Dropout in training steps that bring a seed. `layer` numbers the network's layers of this kind. */
export const dropoutLayer =
  (rate: number, layer: number) =>
  <T extends Tensor>(x: T, { training, dropoutSeed }: ForwardContext): T =>
    training && dropoutSeed ? dropout(x, rate, dropoutSeed, layer) : x

export interface Trunk {
  /** A part whose output is no activation (the stem). */
  stem(make: () => ImageLayer): void
  /** A part whose output is one of the network's activations. */
  stage(make: () => ImageLayer): void
  /** The outputs of all stages. Starts from `context.prefix` where substituted parameters allow it. */
  run(images: Tensor4D, context: ForwardContext): Tensor4D[]
}

interface Part {
  readonly layer: ImageLayer
  readonly variables: ReadonlySet<Variable>
  readonly activation: boolean
}

/**
 * The sequence of stages of a network; it knows which parameters each of them holds.
 * @param contrastAt where `context.instanceMeans` are taken: at the input of every batch-norm layer, or of every stage
 */
export function createTrunk(build: NetworkBuilder, contrastAt: 'batchNorms' | 'stageInputs' = 'batchNorms'): Trunk {
  const parts: Part[] = []
  const add = (make: () => ImageLayer, activation: boolean): void => {
    const start = build.parameters.length
    const layer = make()
    if (activation) build.activation?.()
    parts.push({ layer, activation, variables: new Set(build.parameters.slice(start).map(({ variable }) => variable)) })
  }
  const touched = ({ variables }: Part, substitutes: ReadonlyMap<Variable, Tensor>): boolean =>
    [...substitutes.keys()].some((variable) => variables.has(variable))

  return {
    stem: (make) => add(make, false),
    stage: (make) => add(make, true),
    run(images, context) {
      const { prefix, substitutes } = context
      const activations: Tensor4D[] = []
      let x = images
      let clean = prefix !== undefined && substitutes !== undefined
      // The longest run of untouched parts that ends in a known activation is taken as it is.
      let done = 0
      for (const [index, part] of parts.entries()) {
        clean = clean && substitutes !== undefined && !touched(part, substitutes)
        const known = clean && part.activation ? prefix?.[activations.length] : undefined
        if (!clean || (part.activation && !known)) break
        if (!known) continue
        activations.push(known)
        x = known
        done = index + 1
      }
      const { instanceMeans, ...withoutMeans } = context
      const inner = contrastAt === 'stageInputs' ? withoutMeans : context
      for (const part of parts.slice(done)) {
        if (contrastAt === 'stageInputs' && part.activation) instanceMeans?.push(globalAveragePool(x))
        x = part.layer(x, inner)
        if (part.activation) activations.push(x)
      }
      return activations
    },
  }
}

/** Number of units in a file's stage: of different i in `stage`.i.…, at most 999. */
export function countUnits(shapes: WeightShapes, stage: string): number {
  const units = new Set<string>()
  for (const name of shapes.keys()) {
    const index = name.startsWith(`${stage}.`) ? /^\d{1,3}(?=\.)/.exec(name.slice(stage.length + 1))?.[0] : undefined
    if (index !== undefined) units.add(index)
  }
  return units.size
}
