import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import { choice, integer, type ValuesOf } from '../../../../shared/schema'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { averagePool, globalAveragePool, maxPool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { strided, type Size } from './residual'
import { createTrunk, inSequence } from './stages'
import { defineArchitecture, type WeightShapes } from './types'

const params = {
  depth: integer({
    label: 'Depth',
    unit: 'layers',
    default: 121,
    min: 10,
    max: 400,
    help: 'Of four blocks 121, 161, 169 or 201; of three blocks 6n + 4: 40, 100, 190, 250 …',
  }),
  growth: integer({
    label: 'Growth rate',
    unit: 'channels',
    default: 12,
    min: 1,
    max: 128,
    help: 'What each layer adds; the stem has twice as many.',
  }),
  layout: choice({
    label: 'Made for',
    default: 'fourBlocks',
    help: 'The number of blocks, the first layers, and the names in files.',
    options: [
      {
        value: 'fourBlocks',
        label: '32×32 images, four blocks',
        help: '3×3 convolution; names dense1.0, trans1.bn, bn, linear (pytorch-cifar).',
      },
      {
        value: 'threeBlocks',
        label: '32×32 images, three blocks',
        help: '3×3 convolution; names dense1.0, trans1.bn1, bn1, fc (bamos/densenet.pytorch).',
      },
      {
        value: 'threeBlockLayers',
        label: '32×32 images, three blocks of layers',
        help: 'The same with the names block1.layer.0 (andreasveit/densenet-pytorch).',
      },
      {
        value: 'large',
        label: 'ImageNet',
        help: '7×7 convolution with stride 2, max pooling; names features.denseblock1 and classifier (torchvision).',
      },
      {
        value: 'smallTorchvision',
        label: '32×32 images, names of torchvision',
        help: '3×3 convolution, no pooling; names as for ImageNet.',
      },
      {
        value: 'pooledTorchvision',
        label: '64×64 images, names of torchvision',
        help: 'The same with the max pooling left in; files do not tell the two apart.',
      },
    ],
  }),
}
type Parameters = ValuesOf<typeof params>

/** Layers of the four blocks, by depth: table 1 of the paper. */
const blocksOfDepth: Readonly<Record<number, readonly number[]>> = {
  121: [6, 12, 24, 16],
  161: [6, 12, 36, 24],
  169: [6, 12, 32, 32],
  201: [6, 12, 48, 32],
}
/** The 1×1 convolution of a layer gives so many times the growth rate. */
const bottleneck = 4

interface Names {
  readonly stem: string
  /** Absent where no batch norm follows the stem. */
  readonly stemNorm?: string
  /** Layer `layer`, from 0, of block `block`, from 1. */
  layer(block: number, layer: number): string
  /** What a layer's batch norms are called. */
  readonly layerNorm: string
  transition(block: number): { readonly norm: string; readonly convolution: string }
  readonly norm: string
  readonly linear: string
  /** Whether what a layer adds stands before what it read. */
  readonly addsInFront: boolean
}

const threeBlocks: Names = {
  stem: 'conv1',
  layer: (block, layer) => `dense${block}.${layer}`,
  layerNorm: 'bn',
  transition: (block) => ({ norm: `trans${block}.bn1`, convolution: `trans${block}.conv1` }),
  norm: 'bn1',
  linear: 'fc',
  addsInFront: false,
}
const torchvision: Names = {
  stem: 'features.conv0',
  stemNorm: 'features.norm0',
  layer: (block, layer) => `features.denseblock${block}.denselayer${layer + 1}`,
  layerNorm: 'norm',
  transition: (block) => ({
    norm: `features.transition${block}.norm`,
    convolution: `features.transition${block}.conv`,
  }),
  norm: 'features.norm5',
  linear: 'classifier',
  addsInFront: false,
}
const namesOf: Record<Parameters['layout'], Names> = {
  fourBlocks: {
    ...threeBlocks,
    transition: (block) => ({ norm: `trans${block}.bn`, convolution: `trans${block}.conv` }),
    norm: 'bn',
    linear: 'linear',
    addsInFront: true,
  },
  threeBlocks,
  threeBlockLayers: { ...threeBlocks, layer: (block, layer) => `block${block}.layer.${layer}` },
  large: torchvision,
  smallTorchvision: torchvision,
  pooledTorchvision: torchvision,
}

const hasThreeBlocks = (layout: Parameters['layout']): boolean =>
  layout === 'threeBlocks' || layout === 'threeBlockLayers'

function blocksOf({ depth, layout }: Pick<Parameters, 'depth' | 'layout'>): readonly number[] {
  const three = hasThreeBlocks(layout)
  const units = (depth - 4) / 6
  const known = three ? (Number.isInteger(units) ? [units, units, units] : undefined) : blocksOfDepth[depth]
  if (known) return known
  throw new RefusedInputError('This depth is not one of such a DenseNet.', {
    wanted: three ? '6n + 4 layers: 10, 16, 22, 40, 100 …' : `${Object.keys(blocksOfDepth).join(', ')} layers`,
    got: String(depth),
    where: 'depth',
    action: 'Choose one of these depths, or another number of blocks.',
  })
}

interface LayerOptions {
  readonly inputs: number
  readonly growth: number
  readonly output: Size
  readonly names: Names
}

/** BN, ReLU, conv 1×1, BN, ReLU, conv 3×3; joined to what it read. */
function denseLayer(build: NetworkBuilder, unit: string, options: LayerOptions): ImageLayer {
  const { inputs, growth, output, names } = options
  const hidden = bottleneck * growth
  const common = { initial: 'fanIn', output } as const
  const bn1 = build.batchNorm(`${unit}.${names.layerNorm}1`, inputs)
  const conv1 = build.convolution(`${unit}.conv1`, { ...common, inputs, outputs: hidden, kernel: 1 })
  const bn2 = build.batchNorm(`${unit}.${names.layerNorm}2`, hidden)
  const conv2 = build.convolution(`${unit}.conv2`, {
    ...common,
    inputs: hidden,
    outputs: growth,
    kernel: 3,
    padding: 1,
  })
  return (x, context) => {
    const added = conv2(relu(bn2(conv1(relu(bn1(x, context)), context), context)), context)
    return tf.concat(names.addsInFront ? [added, x] : [x, added], 3)
  }
}

/** BN, ReLU, conv 1×1 to half the channels, 2×2 average pooling. */
function transition(build: NetworkBuilder, block: number, { inputs, output, names }: LayerOptions): ImageLayer {
  const { norm: normName, convolution: name } = names.transition(block)
  const norm = build.batchNorm(normName, inputs)
  const outputs = Math.floor(inputs / 2)
  const convolution = build.convolution(name, { inputs, outputs, kernel: 1, initial: 'fanIn', output })
  return (x, context) => averagePool(convolution(relu(norm(x, context)), context), 2, 2)
}

interface StemOptions {
  /** Channels of the images. */
  readonly inputs: number
  readonly outputs: number
  readonly large: boolean
  readonly pooled: boolean
  readonly output: Size
  readonly names: Names
}

function stem(build: NetworkBuilder, { inputs, outputs, large, pooled, output, names }: StemOptions): ImageLayer {
  const geometry = large ? { kernel: 7, stride: 2, padding: 3 } : { kernel: 3, padding: 1 }
  const convolution = build.convolution(names.stem, { inputs, outputs, ...geometry, initial: 'fanIn', output })
  const norm = names.stemNorm === undefined ? undefined : build.batchNorm(names.stemNorm, outputs)
  return (x, context) => {
    const out = convolution(x, context)
    const activated = norm ? relu(norm(out, context)) : out
    return pooled ? maxPool(activated, 3, 2, 1) : activated
  }
}

const halved = ({ height, width }: Size): Size => ({ height: Math.floor(height / 2), width: Math.floor(width / 2) })

const define: NetworkDefinition<Parameters> = (build, values, problem) => {
  const { growth, layout } = values
  const names = namesOf[layout]
  const large = layout === 'large'
  const pooled = large || layout === 'pooledTorchvision'
  const blocks = blocksOf(values)
  const trunk = createTrunk(build)
  let output = strided({ height: problem.height, width: problem.width }, large ? 2 : 1)
  let inputs = 2 * growth
  trunk.stem(() => stem(build, { inputs: problem.channels, outputs: inputs, large, pooled, output, names }))
  if (pooled) output = strided(output, 2)
  blocks.forEach((count, block) =>
    trunk.stage(() => {
      const layers: ImageLayer[] = []
      if (block > 0) {
        layers.push(transition(build, block, { inputs, growth, output, names }))
        inputs = Math.floor(inputs / 2)
        output = halved(output)
      }
      for (let layer = 0; layer < count; layer++) {
        layers.push(denseLayer(build, names.layer(block + 1, layer), { inputs, growth, output, names }))
        inputs += growth
      }
      return inSequence(layers)
    }),
  )
  const norm = build.batchNorm(names.norm, inputs)
  const linear = build.linear(names.linear, { inputs, outputs: problem.classes, initial: 'zeroBias' })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(relu(norm(activations.at(-1) ?? images, context)))
    return { logits: linear(features, context), activations, features }
  }
}

function candidates(shapes: WeightShapes): Partial<Parameters>[] {
  return params.layout.options.flatMap(({ value: layout }): Partial<Parameters>[] => {
    const names = namesOf[layout]
    const growth = (shapes.get(`${names.stem}.weight`)?.[0] ?? 0) / 2
    let units = 0
    while (shapes.has(`${names.layer(3, units)}.conv1.weight`)) units++
    const depth = hasThreeBlocks(layout)
      ? 6 * units + 4
      : Number(Object.keys(blocksOfDepth).find((known) => blocksOfDepth[Number(known)]?.[2] === units))
    return growth >= 1 && units > 0 && depth > 0 ? [{ depth, growth, layout }] : []
  })
}

/**
 * DenseNet-BC: each layer adds channels to what it read; between the blocks half of them go and 2×2 pixels are
 * averaged.
 * Activations: the outputs of the blocks.
 * Reference: Huang et al. 2017, arXiv:1608.06993; pytorch-cifar's DenseNet (fourBlocks), bamos/densenet.pytorch
 * (threeBlocks; it ends in a log-softmax, which changes no prediction and no divergence at temperature 1),
 * andreasveit/densenet-pytorch (threeBlockLayers), torchvision's densenet (large), with a 3×3 stem of stride 1 without
 * pooling (smallTorchvision) or with it (pooledTorchvision, huyvnphan/PyTorch_CIFAR10).
 */
export const denseNet = defineArchitecture({
  id: 'densenet',
  title: 'DenseNet',
  summary: 'DenseNet-BC of three or four blocks, for 32×32 images or as in torchvision.',
  reference: {
    citation: 'Huang et al. 2017, Densely connected convolutional networks',
    link: 'https://arxiv.org/abs/1608.06993',
    place: 'torchvision/models/densenet.py',
  },
  params,
  presets: {
    cifar: { title: 'DenseNet-BC-100, growth 12', params: { depth: 100, layout: 'threeBlocks' } },
    torch121: { title: 'DenseNet-121 (torchvision)', params: { growth: 32, layout: 'large' } },
    torch161: {
      title: 'DenseNet-161 (torchvision, BackdoorBench)',
      params: { depth: 161, growth: 48, layout: 'large' },
    },
  },
  candidates,
  label: ({ depth, growth, layout }) =>
    `DenseNet-${depth}-${growth}${{ fourBlocks: '', threeBlocks: ' (three blocks)', threeBlockLayers: ' (three blocks of layers)', large: ' (ImageNet)', smallTorchvision: ' (small images, torchvision)', pooledTorchvision: ' (3×3 stem with pooling, torchvision)' }[layout]}`,
  ...networkOf(define),
})
