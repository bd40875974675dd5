import * as tf from '@tensorflow/tfjs-core'
import { boolean, number, type ValuesOf } from '../../../../shared/schema'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { globalAveragePool, relu6 } from '../../maths/ops'
import { inTurn, normalizedConvolution, toMultipleOf8 } from './mobileUnit'
import { networkOf, type NetworkDefinition } from './network'
import { strided, type Size } from './residual'
import { createTrunk, dropoutLayer, inSequence } from './stages'
import { defineArchitecture } from './types'

const params = {
  width: number({
    label: 'Width',
    unit: 'times',
    default: 1,
    min: 0.1,
    max: 4,
    step: 0.05,
    help: 'Factor on all channels, rounded to multiples of 8.',
  }),
  smallImages: boolean({
    label: 'For small images',
    default: false,
    help: 'Stride 1 in the first convolution and in the 24-channel stage, so that 32-pixel images keep 4×4 pixels to the end. Names and shapes stay.',
  }),
}

/** Expansion, channels, units, stride: table 2 of the paper. */
const settings = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const
const smallStageWithStrideOne = 1
const stemChannels = 32
const lastChannels = 1280
const dropRate = 0.2
/** The declared steps from 1 outwards, for files: weights tell a factor only up to its rounding. */
const widths = Array.from({ length: 79 }, (_, index) => Math.round(100 * (0.1 + 0.05 * index)) / 100).sort(
  (left, right) => Math.abs(left - 1) - Math.abs(right - 1),
)

interface BottleneckOptions {
  readonly inputs: number
  readonly outputs: number
  readonly stride: number
  readonly expansion: number
  readonly input: Size
  readonly output: Size
}

/** Inverted residual: 1×1 up, depthwise 3×3, 1×1 down without activation; added to x where nothing changes. */
function invertedResidual(
  build: NetworkBuilder,
  name: string,
  { inputs, outputs, stride, expansion, input, output }: BottleneckOptions,
): ImageLayer {
  const hidden = inputs * expansion
  const layers: ImageLayer[] = []
  if (expansion !== 1)
    layers.push(
      normalizedConvolution(build, inTurn(`${name}.conv.0`), {
        inputs,
        outputs: hidden,
        kernel: 1,
        activation: relu6,
        output: input,
      }),
    )
  layers.push(
    normalizedConvolution(build, inTurn(`${name}.conv.${layers.length}`), {
      inputs: hidden,
      outputs: hidden,
      kernel: 3,
      stride,
      depthwise: true,
      activation: relu6,
      output,
    }),
  )
  const down = build.convolution(`${name}.conv.${layers.length}`, {
    inputs: hidden,
    outputs,
    kernel: 1,
    initial: 'fanOut',
    output,
  })
  const norm = build.batchNorm(`${name}.conv.${layers.length + 1}`, outputs)
  const body = inSequence([...layers, (x, context) => norm(down(x, context), context)])
  return stride === 1 && inputs === outputs ? (x, context) => tf.add(x, body(x, context)) : body
}

const define: NetworkDefinition<ValuesOf<typeof params>> = (build, { width, smallImages }, problem) => {
  const trunk = createTrunk(build)
  let inputs = toMultipleOf8(stemChannels * width)
  const stemStride = smallImages ? 1 : 2
  let size = strided({ height: problem.height, width: problem.width }, stemStride)
  let position = 1
  trunk.stem(() =>
    normalizedConvolution(build, inTurn('features.0'), {
      inputs: problem.channels,
      outputs: inputs,
      kernel: 3,
      stride: stemStride,
      activation: relu6,
      output: size,
    }),
  )
  settings.forEach(([expansion, channels, units, firstStride], stage) =>
    trunk.stage(() =>
      inSequence(
        Array.from({ length: units }, (_, unit) => {
          const stride = unit > 0 || (smallImages && stage === smallStageWithStrideOne) ? 1 : firstStride
          const input = size
          size = strided(size, stride)
          const outputs = toMultipleOf8(channels * width)
          const layer = invertedResidual(build, `features.${position}`, {
            inputs,
            outputs,
            stride,
            expansion,
            input,
            output: size,
          })
          inputs = outputs
          position += 1
          return layer
        }),
      ),
    ),
  )
  const last = toMultipleOf8(lastChannels * Math.max(1, width))
  const lastLayer = normalizedConvolution(build, inTurn(`features.${position}`), {
    inputs,
    outputs: last,
    kernel: 1,
    activation: relu6,
    output: size,
  })
  const classifier = build.linear('classifier.1', { inputs: last, outputs: problem.classes, initial: 0.01 })
  const kept = dropoutLayer(dropRate, 0)
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(lastLayer(activations.at(-1) ?? images, context))
    return { logits: classifier(kept(features, context), context), activations, features }
  }
}

/**
 * MobileNetV2: inverted residuals with linear bottlenecks, ReLU6, dropout .2 before the linear layer. Activations: the
 * outputs of the seven stages.
 * Dropout acts in training steps that bring a seed. Reference: Sandler et al. 2018, arXiv:1801.04381; torchvision's
 * mobilenet_v2, which ABD uses.
 */
export const mobileNetV2 = defineArchitecture({
  id: 'mobilenet_v2',
  title: 'MobileNetV2',
  summary: 'Inverted residuals with depthwise convolutions, as in torchvision.',
  reference: {
    citation: 'Sandler et al. 2018, MobileNetV2',
    link: 'https://arxiv.org/abs/1801.04381',
    place: 'ABD cmi/datafree/models/classifiers/mobilenetv2.py',
  },
  params,
  presets: { small: { title: 'For 32×32 images', params: { smallImages: true } } },
  candidates: (shapes) => {
    const [, widest] = settings.at(-1) ?? [1, stemChannels]
    const outputs = shapes.get('features.17.conv.3.weight')?.[0] ?? widest
    const width = widths.find((factor) => toMultipleOf8(widest * factor) === outputs) ?? outputs / widest
    return [
      { width, smallImages: false },
      { width, smallImages: true },
    ]
  },
  label: ({ width, smallImages }) =>
    `MobileNetV2${width === 1 ? '' : ` ×${width}`}${smallImages ? ' (small images)' : ''}`,
  ...networkOf(define),
})
