import * as tf from '@tensorflow/tfjs-core'
import { choice } from '../../../shared/schema'
import type { ValuesOf } from '../../../shared/schema'
import type { ImageLayer, NetworkBuilder } from '../nn/builder'
import { globalAveragePool, relu } from '../ops'
import { networkOf } from './network'
import type { NetworkDefinition } from './network'
import { strided } from './residual'
import type { Size } from './residual'
import { createTrunk, inSequence } from './stages'
import { defineArchitecture } from './types'

const params = {
  size: choice({
    label: 'Size', default: '1', help: 'Channels and units of the three stages.',
    options: [{ value: '0.2', label: '0.2×' }, { value: '0.3', label: '0.3×' }, { value: '0.5', label: '0.5×' }, { value: '1', label: '1×' }, { value: '1.5', label: '1.5×' }, { value: '2', label: '2×' }],
  }),
}
type Parameters = ValuesOf<typeof params>

const sizes: Record<Parameters['size'], { channels: readonly [number, number, number]; last: number; units: readonly [number, number, number] }> = {
  0.2: { channels: [40, 80, 160], last: 512, units: [3, 3, 3] },
  0.3: { channels: [40, 80, 160], last: 512, units: [3, 7, 3] },
  0.5: { channels: [48, 96, 192], last: 1024, units: [3, 7, 3] },
  1: { channels: [116, 232, 464], last: 1024, units: [3, 7, 3] },
  1.5: { channels: [176, 352, 704], last: 1024, units: [3, 7, 3] },
  2: { channels: [224, 488, 976], last: 2048, units: [3, 7, 3] },
}
const stemChannels = 24

/** Deals the channels of two groups out in turn: [a…, b…] → [a₀, b₀, a₁, b₁ …]. */
function shuffleChannels(x: tf.Tensor4D): tf.Tensor4D {
  const [images, height, width, channels] = x.shape
  return tf.reshape(tf.transpose(tf.reshape(x, [images, height, width, 2, channels / 2]), [0, 1, 2, 4, 3]), x.shape)
}

interface LayerOptions { readonly index: number; readonly inputs: number; readonly outputs: number; readonly kernel: 1 | 3; readonly stride?: number; readonly active: boolean; readonly output: Size }

/** conv<index> and bn<index> of a unit; a 3×3 convolution is depthwise. */
function layerOf(build: NetworkBuilder, name: string, { index, kernel, active, ...options }: LayerOptions): ImageLayer {
  const depthwise = kernel === 3
  const convolution = build.convolution(`${name}.conv${index}`, { ...options, kernel, padding: depthwise ? 1 : 0, depthwise })
  const norm = build.batchNorm(`${name}.bn${index}`, options.outputs)
  return (x, context) => {
    const out = norm(convolution(x, context), context)
    return active ? relu(out) : out
  }
}

/** Half of the channels pass by; the other half goes through 1×1, depthwise 3×3, 1×1. */
function basicUnit(build: NetworkBuilder, name: string, channels: number, output: Size): ImageLayer {
  const half = Math.floor(channels / 2)
  const common = { inputs: half, outputs: half, output }
  const body = inSequence([
    layerOf(build, name, { ...common, index: 1, kernel: 1, active: true }),
    layerOf(build, name, { ...common, index: 2, kernel: 3, active: false }),
    layerOf(build, name, { ...common, index: 3, kernel: 1, active: true }),
  ])
  return (x, context) => {
    const [passing, worked] = tf.split(x, [half, channels - half], 3) as [tf.Tensor4D, tf.Tensor4D]
    return shuffleChannels(tf.concat([passing, body(worked, context)], 3))
  }
}

/** Both branches see all channels and halve the size. */
function downUnit(build: NetworkBuilder, name: string, inputs: number, outputs: number, input: Size): ImageLayer {
  const middle = Math.floor(outputs / 2)
  const output = strided(input, 2)
  const left = inSequence([
    layerOf(build, name, { index: 1, inputs, outputs: inputs, kernel: 3, stride: 2, active: false, output }),
    layerOf(build, name, { index: 2, inputs, outputs: middle, kernel: 1, active: true, output }),
  ])
  const right = inSequence([
    layerOf(build, name, { index: 3, inputs, outputs: middle, kernel: 1, active: true, output: input }),
    layerOf(build, name, { index: 4, inputs: middle, outputs: middle, kernel: 3, stride: 2, active: false, output }),
    layerOf(build, name, { index: 5, inputs: middle, outputs: middle, kernel: 1, active: true, output }),
  ])
  return (x, context) => shuffleChannels(tf.concat([left(x, context), right(x, context)], 3))
}

const define: NetworkDefinition<Parameters> = (build, { size }, problem) => {
  const { channels, last, units } = sizes[size]
  const trunk = createTrunk(build)
  let output = { height: problem.height, width: problem.width }
  let inputs = stemChannels
  trunk.stem(() => {
    const conv1 = build.convolution('conv1', { inputs: problem.channels, outputs: stemChannels, kernel: 1, output })
    const bn1 = build.batchNorm('bn1', stemChannels)
    return (x, context) => relu(bn1(conv1(x, context), context))
  })
  channels.forEach((outputs, stage) => trunk.stage(() => {
    const name = `layer${stage + 1}`
    const down = downUnit(build, `${name}.0`, inputs, outputs, output)
    output = strided(output, 2)
    inputs = outputs
    return inSequence([down, ...Array.from({ length: units[stage] ?? 0 }, (_, unit) => basicUnit(build, `${name}.${unit + 1}`, outputs, output))])
  }))
  const conv2 = build.convolution('conv2', { inputs, outputs: last, kernel: 1, output })
  const bn2 = build.batchNorm('bn2', last)
  const linear = build.linear('linear', { inputs: last, outputs: problem.classes })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(relu(bn2(conv2(activations.at(-1) ?? images, context), context)))
    return { logits: linear(features, context), activations, features }
  }
}

/**
 * ShuffleNetV2 for 32×32 images: 1×1 stem, three stages of a halving unit and several split units, channel shuffles. Activations: the three stage outputs.
 * Reference: Ma et al. 2018, arXiv:1807.11164; ABD cmi/datafree/models/classifiers/shufflenetv2.py (size 1). Differs: averages over the whole last map,
 * not over 4×4 pixels; at 32 pixels they are the same.
 */
export const shuffleNetV2 = defineArchitecture({
  id: 'shufflenet_v2',
  title: 'ShuffleNetV2',
  summary: 'Split units with depthwise convolutions and channel shuffles, for 32×32 images.',
  reference: { citation: 'Ma et al. 2018, ShuffleNet V2', link: 'https://arxiv.org/abs/1807.11164', place: 'ABD cmi/datafree/models/classifiers/shufflenetv2.py' },
  params,
  label: ({ size }) => `ShuffleNetV2 ${size}×`,
  ...networkOf(define),
})
