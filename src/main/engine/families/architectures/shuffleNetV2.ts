import * as tf from '@tensorflow/tfjs-core'
import { choice, type ValuesOf } from '../../../../shared/schema'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { globalAveragePool, maxPool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { strided, type Size } from './residual'
import { createTrunk, inSequence } from './stages'
import { defineArchitecture } from './types'

const params = {
  size: choice({
    label: 'Size',
    default: '1',
    help: 'Channels and units of the three stages.',
    options: [
      { value: '0.2', label: '0.2×' },
      { value: '0.3', label: '0.3×' },
      { value: '0.5', label: '0.5×' },
      { value: '1', label: '1×' },
      { value: '1.5', label: '1.5×' },
      { value: '2', label: '2×' },
    ],
  }),
  stem: choice({
    label: 'Made for',
    default: 'small',
    help: 'The first layers and the names in files.',
    options: [
      { value: 'small', label: '32×32 images', help: '1×1 convolution, no pooling; names layer1 and linear (CMI).' },
      {
        value: 'large',
        label: 'ImageNet',
        help: '3×3 convolution with stride 2, max pooling; names stage2 and fc (torchvision).',
      },
      {
        value: 'smallTorchvision',
        label: '32×32 images, names of torchvision',
        help: '3×3 convolution with stride 1, no pooling; names and shapes as for ImageNet.',
      },
    ],
  }),
}
type Parameters = ValuesOf<typeof params>

const sizes: Record<
  Parameters['size'],
  { channels: readonly [number, number, number]; last: number; units: readonly [number, number, number] }
> = {
  0.2: { channels: [40, 80, 160], last: 512, units: [3, 3, 3] },
  0.3: { channels: [40, 80, 160], last: 512, units: [3, 7, 3] },
  0.5: { channels: [48, 96, 192], last: 1024, units: [3, 7, 3] },
  1: { channels: [116, 232, 464], last: 1024, units: [3, 7, 3] },
  1.5: { channels: [176, 352, 704], last: 1024, units: [3, 7, 3] },
  2: { channels: [224, 488, 976], last: 2048, units: [3, 7, 3] },
}
/**
 * torchvision has the paper's channels in the largest network; the one for small images, as published, has 20 fewer in
 * its first stage.
 */
const largestChannels = [244, 488, 976] as const
const stemChannels = 24

/** Names of a convolution and of the batch norm after it. */
interface LayerNames {
  readonly convolution: string
  readonly norm: string
}
interface Names {
  readonly stem: LayerNames
  readonly last: LayerNames
  readonly linear: string
  stage(stage: number): string
  /** The branch of a halving unit that begins with the depthwise convolution; `layer` counts from 0. */
  left(unit: string, layer: number): LayerNames
  right(unit: string, layer: number, halving: boolean): LayerNames
}

const numbered = (unit: string, number: number): LayerNames => ({
  convolution: `${unit}.conv${number}`,
  norm: `${unit}.bn${number}`,
})
const inTurn = (sequence: string, position: number): LayerNames => ({
  convolution: `${sequence}.${position}`,
  norm: `${sequence}.${position + 1}`,
})
const smallNames: Names = {
  stem: { convolution: 'conv1', norm: 'bn1' },
  last: { convolution: 'conv2', norm: 'bn2' },
  linear: 'linear',
  stage: (stage) => `layer${stage + 1}`,
  left: (unit, layer) => numbered(unit, layer + 1),
  right: (unit, layer, halving) => numbered(unit, layer + (halving ? 3 : 1)),
}
/** Activations have positions of their own there; none follows a depthwise convolution. */
const torchvisionPositions = [0, 3, 5] as const
const torchvisionNames: Names = {
  stem: inTurn('conv1', 0),
  last: inTurn('conv5', 0),
  linear: 'fc',
  stage: (stage) => `stage${stage + 2}`,
  left: (unit, layer) => inTurn(`${unit}.branch1`, 2 * layer),
  right: (unit, layer) => inTurn(`${unit}.branch2`, torchvisionPositions[layer] ?? 0),
}

/** Deals the channels of two groups out in turn: [a…, b…] → [a₀, b₀, a₁, b₁ …]. */
function shuffleChannels(x: tf.Tensor4D): tf.Tensor4D {
  const [images, height, width, channels] = x.shape
  return tf.reshape(tf.transpose(tf.reshape(x, [images, height, width, 2, channels / 2]), [0, 1, 2, 4, 3]), x.shape)
}

interface LayerOptions {
  readonly inputs: number
  readonly outputs: number
  readonly kernel: 1 | 3
  readonly stride?: number
  readonly active: boolean
  readonly output: Size
}

/** A convolution and its batch norm; a 3×3 convolution is depthwise. */
function layerOf(build: NetworkBuilder, names: LayerNames, { kernel, active, ...options }: LayerOptions): ImageLayer {
  const depthwise = kernel === 3
  const convolution = build.convolution(names.convolution, {
    ...options,
    kernel,
    padding: depthwise ? 1 : 0,
    depthwise,
  })
  const norm = build.batchNorm(names.norm, options.outputs)
  return (x, context) => {
    const out = norm(convolution(x, context), context)
    return active ? relu(out) : out
  }
}

/** Half of the channels pass by; the other half goes through 1×1, depthwise 3×3, 1×1. */
function basicUnit(build: NetworkBuilder, names: Names, unit: string, channels: number, output: Size): ImageLayer {
  const half = Math.floor(channels / 2)
  const common = { inputs: half, outputs: half, output }
  const body = inSequence([
    layerOf(build, names.right(unit, 0, false), { ...common, kernel: 1, active: true }),
    layerOf(build, names.right(unit, 1, false), { ...common, kernel: 3, active: false }),
    layerOf(build, names.right(unit, 2, false), { ...common, kernel: 1, active: true }),
  ])
  return (x, context) => {
    const [passing, worked] = tf.split(x, [half, channels - half], 3) as [tf.Tensor4D, tf.Tensor4D]
    return shuffleChannels(tf.concat([passing, body(worked, context)], 3))
  }
}

/** Both branches see all channels and halve the size. */
function downUnit(
  build: NetworkBuilder,
  names: Names,
  unit: string,
  inputs: number,
  outputs: number,
  input: Size,
): ImageLayer {
  const middle = Math.floor(outputs / 2)
  const output = strided(input, 2)
  const left = inSequence([
    layerOf(build, names.left(unit, 0), { inputs, outputs: inputs, kernel: 3, stride: 2, active: false, output }),
    layerOf(build, names.left(unit, 1), { inputs, outputs: middle, kernel: 1, active: true, output }),
  ])
  const right = inSequence([
    layerOf(build, names.right(unit, 0, true), { inputs, outputs: middle, kernel: 1, active: true, output: input }),
    layerOf(build, names.right(unit, 1, true), {
      inputs: middle,
      outputs: middle,
      kernel: 3,
      stride: 2,
      active: false,
      output,
    }),
    layerOf(build, names.right(unit, 2, true), { inputs: middle, outputs: middle, kernel: 1, active: true, output }),
  ])
  return (x, context) => shuffleChannels(tf.concat([left(x, context), right(x, context)], 3))
}

const define: NetworkDefinition<Parameters> = (build, { size, stem }, problem) => {
  const { channels, last, units } = sizes[size]
  const small = stem === 'small'
  const large = stem === 'large'
  const names = small ? smallNames : torchvisionNames
  const stride = large ? 2 : 1
  const trunk = createTrunk(build)
  let output = strided({ height: problem.height, width: problem.width }, stride)
  let inputs = stemChannels
  trunk.stem(() => {
    const conv1 = build.convolution(names.stem.convolution, {
      inputs: problem.channels,
      outputs: stemChannels,
      kernel: small ? 1 : 3,
      stride,
      padding: small ? 0 : 1,
      output,
    })
    const bn1 = build.batchNorm(names.stem.norm, stemChannels)
    return (x, context) => {
      const activated = relu(bn1(conv1(x, context), context))
      return large ? maxPool(activated, 3, 2, 1) : activated
    }
  })
  if (large) output = strided(output, 2)
  const stageChannels = !small && size === '2' ? largestChannels : channels
  stageChannels.forEach((outputs, stage) =>
    trunk.stage(() => {
      const name = names.stage(stage)
      const down = downUnit(build, names, `${name}.0`, inputs, outputs, output)
      output = strided(output, 2)
      inputs = outputs
      return inSequence([
        down,
        ...Array.from({ length: units[stage] ?? 0 }, (_, unit) =>
          basicUnit(build, names, `${name}.${unit + 1}`, outputs, output),
        ),
      ])
    }),
  )
  const conv2 = build.convolution(names.last.convolution, { inputs, outputs: last, kernel: 1, output })
  const bn2 = build.batchNorm(names.last.norm, last)
  const linear = build.linear(names.linear, { inputs: last, outputs: problem.classes })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(relu(bn2(conv2(activations.at(-1) ?? images, context), context)))
    return { logits: linear(features, context), activations, features }
  }
}

/**
 * ShuffleNetV2: stem, three stages of a halving unit and several split units, channel shuffles. Activations: the three
 * stage outputs.
 * Reference: Ma et al. 2018, arXiv:1807.11164; ABD cmi/datafree/models/classifiers/shufflenetv2.py (small, size 1; 1×1
 * stem) and torchvision's
 * shufflenet_v2 (large). Differs from the former: averages over the whole last map, not over 4×4 pixels; at 32 pixels
 * they are the same.
 */
export const shuffleNetV2 = defineArchitecture({
  id: 'shufflenet_v2',
  title: 'ShuffleNetV2',
  summary: 'Split units with depthwise convolutions and channel shuffles, for 32×32 images or as in torchvision.',
  reference: {
    citation: 'Ma et al. 2018, ShuffleNet V2',
    link: 'https://arxiv.org/abs/1807.11164',
    place: 'ABD cmi/datafree/models/classifiers/shufflenetv2.py',
  },
  params,
  label: ({ size, stem }) =>
    `ShuffleNetV2 ${size}×${{ small: '', large: ' (ImageNet)', smallTorchvision: ' (small images, torchvision)' }[stem]}`,
  ...networkOf(define),
})
