import { choice, type ValuesOf } from '../../../../shared/schema'
import { globalAveragePool, sigmoid, silu } from '../../maths/ops'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import {
  blockNames,
  inTurn,
  mobileUnit,
  normalizedConvolution,
  stochasticDepth,
  toMultipleOf8,
  type LayerNames,
  type MobileUnitNames,
} from './mobileUnit'
import { networkOf, type NetworkDefinition } from './network'
import { strided, type Size } from './residual'
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
  layout: choice({
    label: 'Made for',
    default: 'large',
    help: 'Strides, the last layers, and the names in files.',
    options: [
      {
        value: 'large',
        label: 'ImageNet',
        help: 'Stride 2 in the first convolution; names features.1.0.block and classifier.1 (torchvision).',
      },
      {
        value: 'smallTorchvision',
        label: '32×32 images, names of torchvision',
        help: 'Stride 1 in the first convolution and in the second stage, so that 32-pixel images keep 4×4 pixels to the end.',
      },
      {
        value: 'small',
        label: '32×32 images',
        help: 'Stride 1 in the first convolution alone, no wide layer at the end, no stochastic depth; names layers.0.conv1 and linear (pytorch-cifar).',
      },
    ],
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

interface Names {
  readonly stem: LayerNames
  /** Unit `unit` of stage `stage`, `place` of all; each from 0. */
  unit(stage: number, unit: number, place: number): MobileUnitNames
  /** Absent where the linear layer follows the last stage. */
  readonly last?: LayerNames
  readonly linear: string
}
const numbered = (name: string, layer: number): LayerNames => ({
  convolution: `${name}.conv${layer}`,
  norm: `${name}.bn${layer}`,
})
const torchvision: Names = {
  stem: inTurn('features.0'),
  unit: (stage, unit) => blockNames(`features.${stage + 1}.${unit}`, { up: stage > 0, squeeze: true }),
  last: inTurn(`features.${settings.length + 1}`),
  linear: 'classifier.1',
}
const namesOf: Record<Parameters['layout'], Names> = {
  large: torchvision,
  smallTorchvision: torchvision,
  small: {
    stem: { convolution: 'conv1', norm: 'bn1' },
    unit: (_stage, _unit, place) => ({
      up: numbered(`layers.${place}`, 1),
      depthwise: numbered(`layers.${place}`, 2),
      squeeze: [`layers.${place}.se.se1`, `layers.${place}.se.se2`],
      down: numbered(`layers.${place}`, 3),
    }),
    linear: 'linear',
  },
}

interface StageOptions {
  readonly size: Parameters['size']
  readonly layout: Parameters['layout']
  /** Which of the settings. */
  readonly stage: number
  readonly inputs: number
  readonly input: Size
}

/** The layers of a stage; what comes out of them. */
function createStage(build: NetworkBuilder, { size, layout, stage, inputs: given, input: from }: StageOptions) {
  const [expansion, kernel, firstStride, channels] = settings[stage] ?? settings[0]
  const counts = settings.map(([, , , , units]) => Math.ceil(units * sizes[size].depth))
  const total = (stages: readonly number[]): number => stages.reduce((sum, count) => sum + count, 0)
  const before = total(counts.slice(0, stage))
  const outputs = toMultipleOf8(channels * sizes[size].width)
  const keepsSize = layout === 'smallTorchvision' && stage === stageWithStrideOne
  let [inputs, input] = [given, from]
  const layers = Array.from({ length: counts[stage] ?? 0 }, (_, unit): ImageLayer => {
    const stride = unit > 0 || keepsSize ? 1 : firstStride
    const output = strided(input, stride)
    const rate = layout === 'small' ? 0 : (depthRate * (before + unit)) / total(counts)
    const layer = mobileUnit(build, namesOf[layout].unit(stage, unit, before + unit), {
      inputs,
      hidden: toMultipleOf8(inputs * expansion),
      outputs,
      kernel,
      stride,
      activation: silu,
      squeeze: { channels: Math.max(1, Math.floor(inputs / 4)), activation: silu, gate: sigmoid },
      norm: {},
      input,
      output,
      // The head's dropout is layer 0.
      dropped: stochasticDepth(rate, before + unit + 1),
    })
    inputs = outputs
    input = output
    return layer
  })
  return { layer: inSequence(layers), outputs, output: input }
}

const define: NetworkDefinition<Parameters> = (build, { size, layout }, problem) => {
  const { width, dropRate } = sizes[size]
  const names = namesOf[layout]
  const trunk = createTrunk(build)
  const stemStride = layout === 'large' ? 2 : 1
  let output = strided({ height: problem.height, width: problem.width }, stemStride)
  let inputs = toMultipleOf8(stemChannels * width)
  const stem = { inputs: problem.channels, outputs: inputs, kernel: 3, stride: stemStride, output }
  trunk.stem(() => normalizedConvolution(build, names.stem, { ...stem, activation: silu }))
  settings.forEach((_setting, stage) =>
    trunk.stage(() => {
      const made = createStage(build, { size, layout, stage, inputs, input: output })
      inputs = made.outputs
      output = made.output
      return made.layer
    }),
  )
  const seen = names.last ? 4 * inputs : inputs
  const last = names.last
    ? normalizedConvolution(build, names.last, { inputs, outputs: seen, kernel: 1, activation: silu, output })
    : undefined
  const classifier = build.linear(names.linear, { inputs: seen, outputs: problem.classes, initial: 'zeroBias' })
  const kept = dropoutLayer(dropRate, 0)
  return (images, context) => {
    const activations = trunk.run(images, context)
    const map = activations.at(-1) ?? images
    const features = globalAveragePool(last ? last(map, context) : map)
    return { logits: classifier(kept(features, context), context), activations, features }
  }
}

/** The sizes whose longest stage, or whose all stages, have as many units. */
function candidates(shapes: WeightShapes): Partial<Parameters>[] {
  const longest = settings.findIndex(([, , , , units]) => units === longestStage)
  const sizesOf = (fits: (depth: number) => boolean): Parameters['size'][] =>
    params.size.options.map(({ value }) => value).filter((value) => fits(sizes[value].depth))
  const units = countUnits(shapes, `features.${longest + 1}`)
  const all = countUnits(shapes, 'layers')
  const count = (depth: number): number => settings.reduce((sum, [, , , , each]) => sum + Math.ceil(each * depth), 0)
  const torchvisionSizes = sizesOf((depth) => Math.ceil(longestStage * depth) === units)
  return [
    ...torchvisionSizes.map((size) => ({ size, layout: 'large' as const })),
    ...torchvisionSizes.map((size) => ({ size, layout: 'smallTorchvision' as const })),
    ...sizesOf((depth) => count(depth) === all).map((size) => ({ size, layout: 'small' as const })),
  ]
}

/**
 * EfficientNet: inverted residuals with squeeze and excitation and SiLU, dropout before the linear layer, stochastic
 * depth up to .2. Activations: the outputs of the seven stages.
 * Dropout and stochastic depth act in training steps that bring a seed. Reference: Tan & Le 2019, arXiv:1905.11946;
 * torchvision's efficientnet_b0 to b4, pytorch-cifar's EfficientNetB0 (small). Differs from torchvision's: the linear
 * layer begins with PyTorch's default weights; from pytorch-cifar's: the 1×1 convolution of its first unit, which
 * nothing reads there, is left out.
 */
export const efficientNet = defineArchitecture({
  id: 'efficientnet',
  title: 'EfficientNet',
  summary: 'EfficientNet-B0 to -B4, for 32×32 images or as in torchvision.',
  reference: {
    citation: 'Tan & Le 2019, EfficientNet',
    link: 'https://arxiv.org/abs/1905.11946',
    place: 'torchvision/models/efficientnet.py',
  },
  params,
  presets: { small: { title: 'B0 for 32×32 images', params: { layout: 'smallTorchvision' } } },
  candidates,
  label: ({ size, layout }) =>
    `EfficientNet-${size.toUpperCase()}${{ large: '', smallTorchvision: ' (small images, torchvision)', small: ' (small images)' }[layout]}`,
  ...networkOf(define),
})
