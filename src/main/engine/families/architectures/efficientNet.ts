import { boolean, choice, type ValuesOf } from '../../../../shared/schema'
import { globalAveragePool, sigmoid, silu } from '../../maths/ops'
import { mobileUnit, normalizedConvolution, stochasticDepth, toMultipleOf8 } from './mobileUnit'
import { networkOf, type NetworkDefinition } from './network'
import { strided } from './residual'
import { countUnits, createTrunk, dropoutLayer, inSequence } from './stages'
import { defineArchitecture, type WeightShapes } from './types'

const params = {
  size: choice({
    label: 'Size',
    default: 'b0',
    help: 'Channels and units grow together.',
    options: [
      { value: 'b0', label: 'B0' },
      { value: 'b1', label: 'B1' },
      { value: 'b2', label: 'B2' },
      { value: 'b3', label: 'B3' },
      { value: 'b4', label: 'B4' },
    ],
  }),
  smallImages: boolean({
    label: 'For small images',
    default: false,
    help: 'Stride 1 in the first convolution and in the second stage, so that 32-pixel images keep 4×4 pixels to the end. Names and shapes stay.',
  }),
}
type Parameters = ValuesOf<typeof params>

/** Factors on channels and on units, and the dropout before the linear layer. */
const sizes: Record<Parameters['size'], { width: number; depth: number; dropRate: number }> = {
  b0: { width: 1, depth: 1, dropRate: 0.2 },
  b1: { width: 1, depth: 1.1, dropRate: 0.2 },
  b2: { width: 1.1, depth: 1.2, dropRate: 0.3 },
  b3: { width: 1.2, depth: 1.4, dropRate: 0.3 },
  b4: { width: 1.4, depth: 1.8, dropRate: 0.4 },
}
/** Units of the stage by which files tell the size. */
const longestStage = 4
/** Expansion, kernel, stride, channels, units: table 1 of the paper. */
const settings = [
  [1, 3, 1, 16, 1],
  [6, 3, 2, 24, 2],
  [6, 5, 2, 40, 2],
  [6, 3, 2, 80, 3],
  [6, 5, 1, 112, 3],
  [6, 5, 2, 192, longestStage],
  [6, 3, 1, 320, 1],
] as const
const stageWithStrideOne = 1
const stemChannels = 32
/** Share of images that lose the last unit; of earlier units less, in proportion to their place. */
const depthRate = 0.2

const define: NetworkDefinition<Parameters> = (build, { size: variant, smallImages }, problem) => {
  const { width, depth, dropRate } = sizes[variant]
  const counts = settings.map(([, , , , units]) => Math.ceil(units * depth))
  const total = counts.reduce((sum, count) => sum + count, 0)
  const trunk = createTrunk(build)
  const stemStride = smallImages ? 1 : 2
  let size = strided({ height: problem.height, width: problem.width }, stemStride)
  let inputs = toMultipleOf8(stemChannels * width)
  let place = 0
  const stem = { inputs: problem.channels, outputs: inputs, kernel: 3, stride: stemStride, output: size }
  trunk.stem(() => normalizedConvolution(build, 'features.0', { ...stem, activation: silu }))
  settings.forEach(([expansion, kernel, firstStride, channels], stage) =>
    trunk.stage(() =>
      inSequence(
        Array.from({ length: counts[stage] ?? 0 }, (_, unit) => {
          const stride = unit > 0 || (smallImages && stage === stageWithStrideOne) ? 1 : firstStride
          const input = size
          size = strided(size, stride)
          const outputs = toMultipleOf8(channels * width)
          const layer = mobileUnit(build, `features.${stage + 1}.${unit}`, {
            inputs,
            hidden: toMultipleOf8(inputs * expansion),
            outputs,
            kernel,
            stride,
            activation: silu,
            squeeze: { channels: Math.max(1, Math.floor(inputs / 4)), activation: silu, gate: sigmoid },
            norm: {},
            input,
            output: size,
            // The head's dropout is layer 0.
            dropped: stochasticDepth((depthRate * place) / total, place + 1),
          })
          inputs = outputs
          place += 1
          return layer
        }),
      ),
    ),
  )
  const last = 4 * inputs
  const lastLayer = normalizedConvolution(build, `features.${settings.length + 1}`, {
    inputs,
    outputs: last,
    kernel: 1,
    activation: silu,
    output: size,
  })
  const classifier = build.linear('classifier.1', { inputs: last, outputs: problem.classes, initial: 'zeroBias' })
  const kept = dropoutLayer(dropRate, 0)
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(lastLayer(activations.at(-1) ?? images, context))
    return { logits: classifier(kept(features, context), context), activations, features }
  }
}

/** The sizes whose longest stage has as many units. */
function candidates(shapes: WeightShapes): Partial<Parameters>[] {
  const longest = settings.findIndex(([, , , , units]) => units === longestStage)
  const units = countUnits(shapes, `features.${longest + 1}`)
  const fitting = params.size.options.filter(({ value }) => Math.ceil(longestStage * sizes[value].depth) === units)
  const known = fitting.length > 0 || units === 0 ? fitting : params.size.options
  return known.flatMap(({ value }) => [false, true].map((smallImages) => ({ size: value, smallImages })))
}

/**
 * EfficientNet: inverted residuals with squeeze and excitation and SiLU, dropout before the linear layer, stochastic
 * depth up to .2. Activations: the outputs of the seven stages.
 * Dropout and stochastic depth act in training steps that bring a seed. Reference: Tan & Le 2019, arXiv:1905.11946;
 * torchvision's efficientnet_b0 to b4. Differs from it: the linear layer begins with PyTorch's default weights.
 */
export const efficientNet = defineArchitecture({
  id: 'efficientnet',
  title: 'EfficientNet',
  summary: 'EfficientNet-B0 to -B4, as in torchvision.',
  reference: {
    citation: 'Tan & Le 2019, EfficientNet',
    link: 'https://arxiv.org/abs/1905.11946',
    place: 'torchvision/models/efficientnet.py',
  },
  params,
  presets: { small: { title: 'B0 for 32×32 images', params: { smallImages: true } } },
  candidates,
  label: ({ size, smallImages }) => `EfficientNet-${size.toUpperCase()}${smallImages ? ' (small images)' : ''}`,
  ...networkOf(define),
})
