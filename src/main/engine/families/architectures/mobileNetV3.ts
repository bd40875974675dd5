import { boolean, choice, type ValuesOf } from '../../../../shared/schema'
import { globalAveragePool, hardSigmoid, hardSwish, relu } from '../../maths/ops'
import { blockNames, inTurn, mobileUnit, normalizedConvolution, toMultipleOf8 } from './mobileUnit'
import { networkOf, type NetworkDefinition } from './network'
import { strided } from './residual'
import { createTrunk, dropoutLayer, inSequence } from './stages'
import { defineArchitecture } from './types'

const params = {
  size: choice({
    label: 'Size',
    default: 'large',
    help: 'The two networks of the paper.',
    options: [
      { value: 'large', label: 'Large' },
      { value: 'small', label: 'Small' },
    ],
  }),
  smallImages: boolean({
    label: 'For small images',
    default: false,
    help: 'Stride 1 in the first convolution and in the first stage that has stride 2, so that 32-pixel images keep 4×4 pixels to the end. Names and shapes stay.',
  }),
}
type Parameters = ValuesOf<typeof params>

interface Unit {
  readonly kernel: number
  readonly hidden: number
  readonly outputs: number
  readonly squeeze: boolean
  readonly hardSwish: boolean
  readonly stride: number
}
type Row = readonly [kernel: number, hidden: number, outputs: number, squeeze: 0 | 1, swish: 0 | 1, stride: number]

const unitOf = ([kernel, hidden, outputs, squeeze, swish, stride]: Row): Unit => ({
  kernel,
  hidden,
  outputs,
  squeeze: squeeze === 1,
  hardSwish: swish === 1,
  stride,
})

/** Tables 1 and 2 of the paper; a stage begins at each stride of 2. */
const sizes: Record<Parameters['size'], { stages: readonly (readonly Unit[])[]; last: number; width: number }> = {
  large: {
    stages: (
      [
        [[3, 16, 16, 0, 0, 1]],
        [
          [3, 64, 24, 0, 0, 2],
          [3, 72, 24, 0, 0, 1],
        ],
        [
          [5, 72, 40, 1, 0, 2],
          [5, 120, 40, 1, 0, 1],
          [5, 120, 40, 1, 0, 1],
        ],
        [
          [3, 240, 80, 0, 1, 2],
          [3, 200, 80, 0, 1, 1],
          [3, 184, 80, 0, 1, 1],
          [3, 184, 80, 0, 1, 1],
          [3, 480, 112, 1, 1, 1],
          [3, 672, 112, 1, 1, 1],
        ],
        [
          [5, 672, 160, 1, 1, 2],
          [5, 960, 160, 1, 1, 1],
          [5, 960, 160, 1, 1, 1],
        ],
      ] as const satisfies readonly (readonly Row[])[]
    ).map((stage) => stage.map(unitOf)),
    last: 960,
    width: 1280,
  },
  small: {
    stages: (
      [
        [[3, 16, 16, 1, 0, 2]],
        [
          [3, 72, 24, 0, 0, 2],
          [3, 88, 24, 0, 0, 1],
        ],
        [
          [5, 96, 40, 1, 1, 2],
          [5, 240, 40, 1, 1, 1],
          [5, 240, 40, 1, 1, 1],
          [5, 120, 48, 1, 1, 1],
          [5, 144, 48, 1, 1, 1],
        ],
        [
          [5, 288, 96, 1, 1, 2],
          [5, 576, 96, 1, 1, 1],
          [5, 576, 96, 1, 1, 1],
        ],
      ] as const satisfies readonly (readonly Row[])[]
    ).map((stage) => stage.map(unitOf)),
    last: 576,
    width: 1024,
  },
}
const stemChannels = 16
const dropRate = 0.2
const norm = { epsilon: 1e-3, momentum: 0.01 }

const define: NetworkDefinition<Parameters> = (build, { size: variant, smallImages }, problem) => {
  const { stages, last, width } = sizes[variant]
  const firstStrided = stages.findIndex(([first]) => first?.stride === 2)
  const trunk = createTrunk(build)
  const stemStride = smallImages ? 1 : 2
  let size = strided({ height: problem.height, width: problem.width }, stemStride)
  let inputs = stemChannels
  let position = 1
  const stem = { inputs: problem.channels, outputs: inputs, kernel: 3, stride: stemStride, output: size }
  trunk.stem(() => normalizedConvolution(build, inTurn('features.0'), { ...stem, norm, activation: hardSwish }))
  stages.forEach((units, stage) =>
    trunk.stage(() =>
      inSequence(
        units.map((unit) => {
          const stride = smallImages && stage === firstStrided ? 1 : unit.stride
          const activation = unit.hardSwish ? hardSwish : relu
          const input = size
          size = strided(size, stride)
          const has = { up: unit.hidden !== inputs, squeeze: unit.squeeze }
          const layer = mobileUnit(build, blockNames(`features.${position}`, has), {
            ...unit,
            inputs,
            stride,
            activation,
            norm,
            squeeze: unit.squeeze
              ? { channels: toMultipleOf8(unit.hidden / 4), activation: relu, gate: hardSigmoid }
              : undefined,
            input,
            output: size,
          })
          inputs = unit.outputs
          position += 1
          return layer
        }),
      ),
    ),
  )
  const lastLayer = normalizedConvolution(build, inTurn(`features.${position}`), {
    inputs,
    outputs: last,
    kernel: 1,
    norm,
    activation: hardSwish,
    output: size,
  })
  const hidden = build.linear('classifier.0', { inputs: last, outputs: width, initial: 0.01 })
  const classifier = build.linear('classifier.3', { inputs: width, outputs: problem.classes, initial: 0.01 })
  const kept = dropoutLayer(dropRate, 0)
  return (images, context) => {
    const activations = trunk.run(images, context)
    const pooled = globalAveragePool(lastLayer(activations.at(-1) ?? images, context))
    const features = hardSwish(hidden(pooled, context))
    return { logits: classifier(kept(features, context), context), activations, features }
  }
}

/**
 * MobileNetV3: inverted residuals with squeeze and excitation and hard-swish, a hidden linear layer, dropout .2 before
 * the last one. Batch norm with ε = 0.001 and momentum 0.01. Activations: the outputs of the stages (five, of the small
 * network four), each of which begins where the stride is 2.
 * Dropout acts in training steps that bring a seed. Reference: Howard et al. 2019, arXiv:1905.02244; torchvision's
 * mobilenet_v3_large and mobilenet_v3_small.
 */
export const mobileNetV3 = defineArchitecture({
  id: 'mobilenet_v3',
  title: 'MobileNetV3',
  summary: 'Inverted residuals with squeeze and excitation and hard-swish, as in torchvision.',
  reference: {
    citation: 'Howard et al. 2019, Searching for MobileNetV3',
    link: 'https://arxiv.org/abs/1905.02244',
    place: 'torchvision/models/mobilenetv3.py',
  },
  params,
  presets: {
    largeForSmallImages: { title: 'Large, for 32×32 images', params: { smallImages: true } },
    smallForSmallImages: { title: 'Small, for 32×32 images', params: { size: 'small', smallImages: true } },
  },
  label: ({ size, smallImages }) =>
    `MobileNetV3-${size === 'large' ? 'Large' : 'Small'}${smallImages ? ' (small images)' : ''}`,
  ...networkOf(define),
})
