/** A classifier as asked analyses look into it: layers, activations, gradients, masks. */
import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import type { NetworkLayer, OpenNetwork } from '../../families/analyses/askedTypes'
import type { ImageSet } from '../../images/types'
import { weightsOf } from '../../weights/network'
import { createImageModel, inBatches, rowsOf } from '../imageModel'
import { channelActivity } from './channelActivity'
import { classGradients } from './classGradients'
import { inversionAnswer } from './inversion'
import { stepsOf, type Forward, type NetworkPasses, type OpenNetworkInput } from './passes'
import { perturbedAnswers } from './sharedPerturbation'

/** What passes through the network's layers, found by handing one black image through it. */
function layersOf({ classifier, image }: OpenNetworkInput): NetworkLayer[] {
  const convolutions = new Set(
    classifier.parameters
      .filter(({ layout }) => layout === 'convolution' || layout === 'depthwise')
      .map(({ name }) => name),
  )
  const layers: NetworkLayer[] = []
  tf.tidy(() => {
    const black = tf.zeros<tf.Rank.R4>([1, image.height, image.width, image.channels])
    classifier.forward(black, {
      training: false,
      through(name, output) {
        const [, height, width, channels] = output.shape
        const kind = convolutions.has(`${name}.weight`) ? 'convolution' : 'batchNorm'
        layers.push({ name, kind, height, width, channels })
        return output
      },
    })
  })
  return layers
}

const noLayer = (layer: string, layers: readonly NetworkLayer[], title: string): RefusedInputError =>
  new RefusedInputError(
    layers.length === 0 ? `The layers of ${title} cannot be looked into.` : `${title} has no layer "${layer}".`,
    {
      wanted: layers.length === 0 ? 'a network of a known architecture' : layers.map(({ name }) => name).join(', '),
      got: layers.length === 0 ? 'a graph out of a file' : layer,
      where: 'layer',
    },
  )

export function createOpenNetwork(input: OpenNetworkInput): OpenNetwork {
  const { program, name, title, classifier, normalization } = input
  const layers = layersOf(input)
  const forward: Forward = (images, through) =>
    classifier.forward(images as tf.Tensor4D, { training: false, ...(through ? { through } : {}) })
  const passes: NetworkPasses = { ...input, layers, forward, step: stepsOf(program, name) }
  const layerNamed = (wanted: string): NetworkLayer => {
    const layer = layers.find((one) => one.name === wanted)
    if (!layer) throw noLayer(wanted, layers, title)
    return layer
  }
  return {
    ...createImageModel(program, `${name}.logits`, classifier, normalization),
    title,
    image: input.image,
    layers,
    weights: () => weightsOf(classifier),
    features: (images) => featuresOf(passes, images),
    activations(images, wanted, visit) {
      const { height, width, channels } = layerNamed(wanted)
      const { run } = passes.step(`activation@${wanted}`, (args) => ({
        output: outputOf(forward, args.images, wanted),
      }))
      const size = height * width * channels
      inBatches(
        images,
        normalization,
        (batch) => run({ images: batch }),
        ({ output }, first, count) => visit((output as Float32Array).subarray(0, count * size), first, count),
      )
    },
    channelActivity: (images, others) => channelActivity(passes, images, others),
    gradients: (images, { classes, layer }) =>
      classGradients(passes, images, { classes, at: layer === undefined ? null : layerNamed(layer) }),
    perturbed: (images, by) => perturbedAnswers(passes, images, by),
    inversion: (question) => inversionAnswer(passes, question),
    logitsWithout(images, channels) {
      for (const wanted of channels.keys()) layerNamed(wanted)
      return maskedLogits(passes, images, channels)
    },
  }
}

function featuresOf({ step, forward, image, normalization }: NetworkPasses, images: ImageSet) {
  const black = (): tf.Tensor => tf.zeros([1, image.height, image.width, image.channels])
  const width = tf.tidy(() => forward(black()).features?.shape[1] ?? 0)
  if (width === 0) return null
  const { run } = step('features', (args) => ({ features: forward(args.images).features as tf.Tensor }))
  const values = rowsOf(images, normalization, { run: (batch) => run({ images: batch }), output: 'features', width })
  return { width, values }
}

/** The masks are arguments of one step: every choice of channels runs the same graph. */
function maskedLogits(
  { step, forward, layers, classifier, normalization }: NetworkPasses,
  images: ImageSet,
  channels: ReadonlyMap<string, readonly number[]>,
): Float32Array {
  const maskName = (layer: string): string => `mask${layers.findIndex((one) => one.name === layer)}`
  const { run } = step('masked', (args) => ({
    logits: forward(args.images, (layer, output) => tf.mul(output, args[maskName(layer)] as tf.Tensor)).logits,
  }))
  const masks = Object.fromEntries(
    layers.map((layer) => {
      const kept = new Float32Array(layer.channels).fill(1)
      for (const channel of channels.get(layer.name) ?? []) kept[channel] = 0
      return [maskName(layer.name), tf.tensor1d(kept)]
    }),
  )
  const logits = rowsOf(images, normalization, {
    run: (batch) => run({ images: batch, ...masks }),
    output: 'logits',
    width: classifier.classes,
  })
  tf.dispose(masks)
  return logits
}

function outputOf(forward: Forward, images: tf.Tensor | undefined, wanted: string): tf.Tensor4D {
  let found: tf.Tensor4D | undefined
  forward(images, (layer, output) => {
    if (layer === wanted) found = output
    return output
  })
  if (!found) throw new Error(`Nothing passed through ${wanted}.`)
  return found
}
