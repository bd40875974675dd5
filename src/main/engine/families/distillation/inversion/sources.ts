/** What an inversion optimises: a generator with its codes, pixels, or one generator for the whole run. */
import * as tf from '@tensorflow/tfjs-core'
import { ExhaustiveError } from '../../../../../shared/errors'
import { createCmiGenerator, freshGeneratorWeights, type CmiGeneratorOptions } from '../../architectures/generators/cmi'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { Generator, Parameter, StateUpdate } from '../../../maths/nn/types'
import { zerosLike } from '../../../maths/ops'
import { createAdam } from '../../optimizers/adam'
import type { Optimizer } from '../../optimizers/types'
import type { DistillationContext } from '../types'
import type { InversionParameters } from './parameters'
import { rolledView, shiftedView, type ViewMatrices } from './views'

export interface ImageSource {
  readonly parameters: readonly Parameter[]
  readonly optimizer: Optimizer
  /** A differentiable batch, before view and normalisation; inside a step. */
  images(args: NamedTensors, updates: StateUpdate[]): tf.Tensor4D
  /** From what `images` gives to the teacher's normalised space; inside a step. */
  normalized(images: tf.Tensor4D): tf.Tensor4D
  /** After the update, inside the step. */
  afterUpdate?(): void
  /** Before a synthesis call, outside the step. */
  begin(): void
  /** What changes from step to step; the caller disposes it. */
  stepArguments(): NamedTensors
  /** The view through which the teacher looks at the images; none shows them whole. */
  globalView?(): ViewMatrices
  /** The images as the last step left them; inside a step. Only where the images themselves are optimised. */
  last?(): tf.Tensor4D
  /** Fresh images in evaluation mode, from codes [n, latent]; inside a step. Only of a generator that lasts the run. */
  fresh?(codes: tf.Tensor2D): tf.Tensor4D
}

const firstBeta = 0.5

/** [0, 1] → (x − mean) / standard deviation. */
export function normalizer({
  normalization,
  image,
}: Pick<DistillationContext, 'normalization' | 'image'>): (images: tf.Tensor4D) => tf.Tensor4D {
  const perChannel = (values: readonly number[]): number[] =>
    Array.from({ length: image.channels }, (_unused, channel) => values[channel] ?? 0)
  const scale = perChannel(normalization.standardDeviation).map((value) => 1 / value)
  return (images) =>
    tf.tidy(() => tf.mul(tf.sub(images, tf.tensor1d(perChannel(normalization.mean))), tf.tensor1d(scale)))
}

const zeroSlots = (optimizer: Optimizer): void => {
  for (const slot of Object.values(optimizer.slots)) slot.assign(zerosLike(slot))
}

/** Parameters ← their parts of one vector. */
function assignFlat(parameters: readonly Parameter[], values: tf.Tensor1D): void {
  const parts = tf.split(
    values,
    parameters.map(({ variable }) => variable.size),
  )
  parameters.forEach(({ variable }, index) => variable.assign(tf.reshape(parts[index] as tf.Tensor, variable.shape)))
}

export const generatorOptions = (
  values: InversionParameters,
  image: DistillationContext['image'],
): CmiGeneratorOptions => ({
  latent: values.latent,
  width: values.generatorWidth,
  large: values.largeGenerator,
  channels: image.channels,
  height: image.height,
  imageWidth: image.width,
})

const generatorOf = (values: InversionParameters, context: DistillationContext): Generator =>
  createCmiGenerator({ ...generatorOptions(values, context.image), stream: context.stream('initialGenerator') })

/**
 * A generator and its codes, both begun anew at each call. Reference: ABD cmi/datafree/synthesis/contrastive.py (Adam β
 * .5, .999).
 */
function generatorAnew(values: InversionParameters, context: DistillationContext): ImageSource {
  const generator = generatorOf(values, context)
  const { synthesisBatchSize: count, latent } = values
  const codes: Parameter = {
    name: 'codes',
    layout: 'plain',
    variable: tf.tidy(() => tf.variable(tf.zeros([count, latent]), true)),
  }
  const parameters = [...generator.parameters, codes]
  const optimizer = createAdam(parameters, { beta1: firstBeta })
  const weights = context.stream('generatorWeights')
  const latentCodes = context.stream('latentCodes')
  const views = context.stream('globalViews')
  const reset = context.program.compile('inversionBegin', ({ start, firstCodes }) => {
    tf.tidy(() => {
      assignFlat(generator.parameters, start as tf.Tensor1D)
      codes.variable.assign(firstCodes as tf.Tensor2D)
      zeroSlots(optimizer)
    })
    return {}
  })
  return {
    parameters,
    optimizer,
    normalized: normalizer(context),
    // Running statistics are of no use to a generator that is thrown away.
    images: () => generator.forward(codes.variable as unknown as tf.Tensor2D, { training: true }),
    begin() {
      const args = {
        start: tf.tensor1d(freshGeneratorWeights(generator.parameters, weights)),
        firstCodes: tf.tensor2d(latentCodes.normal(count * latent), [count, latent]),
      }
      tf.dispose([reset.run(args), args])
    },
    stepArguments: () => ({}),
    globalView: () => shiftedView(count, context.image, views),
  }
}

/**
 * The pixels of a batch in the normalised space, held in the range of real images. Reference: Yin et al. 2020;
 * zju-vipa/CMI datafree/synthesis/deepinversion.py (Adam β .5, .99).
 */
function pixels(values: InversionParameters, context: DistillationContext): ImageSource {
  const { height, width, channels } = context.image
  const count = values.synthesisBatchSize
  const shape: [number, number, number, number] = [count, height, width, channels]
  const variable = tf.tidy(() => tf.variable(tf.zeros(shape), true))
  const parameters: Parameter[] = [{ name: 'images', layout: 'plain', variable }]
  const optimizer = createAdam(parameters, { beta1: firstBeta, beta2: 0.99 })
  const first = context.stream('firstImages')
  const views = context.stream('globalViews')
  const limit = (intensity: number): number[] =>
    Array.from(
      { length: channels },
      (_unused, channel) =>
        (intensity - (context.normalization.mean[channel] ?? 0)) /
        (context.normalization.standardDeviation[channel] ?? 1),
    )
  const reset = context.program.compile('inversionBegin', ({ start }) => {
    tf.tidy(() => {
      variable.assign(start as tf.Tensor4D)
      zeroSlots(optimizer)
    })
    return {}
  })
  return {
    parameters,
    optimizer,
    normalized: (images) => images,
    images: () => variable as unknown as tf.Tensor4D,
    last: () => tf.clone(variable as unknown as tf.Tensor4D),
    afterUpdate: () => {
      tf.tidy(() => variable.assign(tf.minimum(tf.maximum(variable, tf.tensor1d(limit(0))), tf.tensor1d(limit(1)))))
    },
    begin() {
      const start = tf.tensor4d(first.normal(variable.size), shape)
      tf.dispose([reset.run({ start }), start])
    },
    stepArguments: () => ({}),
    globalView: () => rolledView(count, context.image, views),
  }
}

/**
 * One generator that learns throughout, fresh codes at every step. Reference: ABD cmi/datafree/synthesis/generative.py.
 */
function lastingGenerator(values: InversionParameters, context: DistillationContext): ImageSource {
  const generator = generatorOf(values, context)
  const optimizer = createAdam(generator.parameters, { beta1: firstBeta })
  context.state.addNetwork('generator', generator)
  context.state.addVariables('generatorOptimizer', optimizer.slots)
  const codes = context.stream('latentCodes')
  const shape: [number, number] = [values.synthesisBatchSize, values.latent]
  const normalized = normalizer(context)
  return {
    parameters: generator.parameters,
    optimizer,
    normalized,
    images: (args, updates) => generator.forward(args.codes as tf.Tensor2D, { training: true, updates }),
    begin: () => undefined,
    stepArguments: () => ({ codes: tf.tensor2d(codes.normal(shape[0] * shape[1]), shape) }),
    fresh: (latentCodes) => normalized(generator.forward(latentCodes, { training: false })),
  }
}

export function createImageSource(values: InversionParameters, context: DistillationContext): ImageSource {
  switch (values.source) {
    case 'generatorAnew':
      return generatorAnew(values, context)
    case 'pixels':
      return pixels(values, context)
    case 'generatorKept':
      return lastingGenerator(values, context)
    default:
      throw new ExhaustiveError(values.source)
  }
}
