import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import { boolean, choice, integer, type ValuesOf } from '../../../../shared/schema'
import type { NetworkBuilder, VectorLayer } from '../../maths/nn/builder'
import { adaptiveAveragePool, maxPool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import type { Size } from './residual'
import { createTrunk, dropoutLayer } from './stages'
import { defineArchitecture, type WeightShapes } from './types'
import { convolutionCounts, positionsPerConvolution, stageChannels, vggStage } from './vggStages'

const params = {
  depth: choice({
    label: 'Depth',
    default: '16',
    help: 'Convolutions and, in the largest head, three linear layers.',
    options: [
      { value: '11', label: '11' },
      { value: '13', label: '13' },
      { value: '16', label: '16' },
      { value: '19', label: '19' },
    ],
  }),
  batchNorm: boolean({ label: 'Batch norm', default: true, help: 'After every convolution.' }),
  head: choice({
    label: 'Head',
    default: 'linear',
    help: 'What follows the five stages, and its names in files.',
    options: [
      { value: 'linear', label: 'One linear layer', help: 'Named classifier (pytorch-cifar, BackdoorBox).' },
      {
        value: 'hidden',
        label: 'Two hidden layers',
        help: 'Named classifier.0, .3 and .6 (pytorch-cifar-models with 512, pytorch-cifar100 with 4096).',
      },
      {
        value: 'dropoutFirst',
        label: 'Two hidden layers after dropout',
        help: 'Named classifier.1, .4 and .6 (pytorch-vgg-cifar10, with 512).',
      },
      {
        value: 'pooled',
        label: 'Two hidden layers after 7×7 pooling',
        help: 'Named classifier.0, .3 and .6 (torchvision and BackdoorBench, with 4096).',
      },
    ],
  }),
  hidden: integer({
    label: 'Hidden width',
    unit: 'units',
    default: 512,
    min: 1,
    max: 16_384,
    help: 'Of the two hidden linear layers.',
    visibleWhen: { field: 'head', oneOf: ['hidden', 'dropoutFirst', 'pooled'] },
  }),
}
type VggParameters = ValuesOf<typeof params>

/** Places along each side that torchvision pools the last map to. */
const pooledSide = 7
const dropRate = 0.5
/** Each stage halves the image. */
const smallestSide = 2 ** stageChannels.length
/** Positions of the linear layers in `classifier`; dropout acts on what the first two read, or the last two. */
const heads: Record<Exclude<VggParameters['head'], 'linear'>, { positions: readonly number[]; early: boolean }> = {
  hidden: { positions: [0, 3, 6], early: false },
  pooled: { positions: [0, 3, 6], early: false },
  dropoutFirst: { positions: [1, 4, 6], early: true },
}

function requireSize({ height, width }: Size): void {
  if (Math.min(height, width) >= smallestSide) return
  throw new RefusedInputError('VGG halves its images five times.', {
    wanted: `images of at least ${smallestSide} × ${smallestSide} pixels`,
    got: `${height} × ${width}`,
    action: 'Choose another architecture or data set.',
  })
}

interface Head {
  /** What the last linear layer sees. */
  readonly features: VectorLayer
  readonly logits: VectorLayer
}

function createHead(
  build: NetworkBuilder,
  { head, hidden }: VggParameters,
  image: readonly [number, number, number],
  classes: number,
): Head {
  const fromImage = { fromImage: image, inputs: image[0] * image[1] * image[2] }
  if (head === 'linear')
    return {
      features: (x) => x,
      logits: build.linear('classifier', { ...fromImage, outputs: classes, initial: 0.01 }),
    }
  const { positions, early } = heads[head]
  const name = (layer: number): string => `classifier.${positions[layer] ?? 0}`
  const first = build.linear(name(0), { ...fromImage, outputs: hidden, initial: 0.01 })
  const second = build.linear(name(1), { inputs: hidden, outputs: hidden, initial: 0.01 })
  const last = build.linear(name(2), { inputs: hidden, outputs: classes, initial: 0.01 })
  const dropped = (layer: number): VectorLayer => dropoutLayer(dropRate, layer)
  const before: VectorLayer = early ? dropped(0) : (x) => x
  const after: VectorLayer = early ? (x) => x : dropped(2)
  return {
    features: (x, context) => {
      const inner = relu(first(before(x, context), context))
      return relu(second(dropped(1)(inner, context), context))
    },
    logits: (x, context) => last(after(x, context), context),
  }
}

const define: NetworkDefinition<VggParameters> = (build, values, problem) => {
  const { depth, batchNorm, head } = values
  requireSize(problem)
  const trunk = createTrunk(build)
  let size: Size = { height: problem.height, width: problem.width }
  let inputs = problem.channels
  let start = 0
  stageChannels.forEach((outputs, stage) =>
    trunk.stage(() => {
      if (stage > 0) size = { height: Math.floor(size.height / 2), width: Math.floor(size.width / 2) }
      const count = convolutionCounts[depth][stage] ?? 1
      const first = start
      const at = (position: number): string => `features.${first + position}`
      const layers = vggStage(build, { count, inputs, outputs, batchNorm, output: size, at })
      // The pooling after each stage has a position of its own.
      start += count * positionsPerConvolution(batchNorm) + 1
      inputs = outputs
      return (x, context) => layers(stage > 0 ? maxPool(x, 2, 2) : x, context)
    }),
  )
  const pooled = head === 'pooled'
  const [height, width] = pooled ? [pooledSide, pooledSide] : [Math.floor(size.height / 2), Math.floor(size.width / 2)]
  const { features, logits } = createHead(build, values, [height, width, inputs], problem.classes)
  return (images, context) => {
    const activations = trunk.run(images, context)
    const last = maxPool(activations.at(-1) ?? images, 2, 2)
    const map = pooled ? adaptiveAveragePool(last, pooledSide) : last
    const seen = features(tf.reshape(map, [-1, height * width * inputs]) as tf.Tensor2D, context)
    return { logits: logits(seen, context), activations, features: seen }
  }
}

function candidates(shapes: WeightShapes): Partial<VggParameters>[] {
  const names = [...shapes.keys()].filter((name) => name.startsWith('features.'))
  const batchNorm = names.some((name) => name.endsWith('.running_mean'))
  const convolutions = names.filter((name) => name.endsWith('.weight') && shapes.get(name)?.length === 4).length
  const depth = params.depth.options.find(
    ({ value }) => convolutionCounts[value].reduce((total: number, count) => total + count, 0) === convolutions,
  )?.value
  const known = { batchNorm, ...(depth ? { depth } : {}) }
  const [hidden, read] = shapes.get('classifier.0.weight') ?? shapes.get('classifier.1.weight') ?? []
  const isLinear = (name: string): boolean => /^classifier\..*weight$/.test(name) && shapes.get(name)?.length === 2
  // A single one is the last, whatever its place: behind a dropout it is classifier.1.
  if (hidden === undefined || [...shapes.keys()].filter(isLinear).length < 2) return [{ ...known, head: 'linear' }]
  if (shapes.has('classifier.1.weight')) return [{ ...known, head: 'dropoutFirst', hidden }]
  const pooled = read === pooledSide ** 2 * stageChannels[4]
  return [{ ...known, head: pooled ? 'pooled' : 'hidden', hidden }]
}

const headLabels: Record<VggParameters['head'], (hidden: number) => string> = {
  linear: () => '',
  hidden: (hidden) => `, ${hidden} hidden`,
  dropoutFirst: (hidden) => `, ${hidden} hidden after dropout`,
  pooled: (hidden) => (hidden === 4096 ? ', torchvision' : `, 7×7 pooling, ${hidden} hidden`),
}

/**
 * VGG with all layers in one sequence, `features.N`: five stages of 3×3 convolutions, each followed by 2×2 max pooling;
 * then one to three linear layers. Dropout .5 acts on the hidden layers in training steps that bring a seed.
 * Activations: the five stage outputs after ReLU, before pooling.
 * Reference: Simonyan & Zisserman 2015, arXiv:1409.1556; torchvision's vgg (pooled), and the copies for CIFAR of
 * pytorch-cifar (linear), pytorch-cifar-models and pytorch-cifar100 (hidden), pytorch-vgg-cifar10 (dropoutFirst).
 */
export const vggTorchvision = defineArchitecture({
  id: 'vgg_torchvision',
  title: 'VGG (torchvision’s layers)',
  summary: 'VGG-11 to -19 with the names features.N of torchvision and its copies for CIFAR.',
  reference: {
    citation: 'Simonyan & Zisserman 2015, Very deep convolutional networks',
    link: 'https://arxiv.org/abs/1409.1556',
    place: 'torchvision/models/vgg.py',
  },
  params,
  batchNorm: { parameter: 'batchNorm' },
  presets: {
    vgg16: { title: 'VGG-16 with batch norm, one linear layer', params: { depth: '16' } },
    vgg19Torchvision: {
      title: 'VGG-19 with batch norm (torchvision, BackdoorBench)',
      params: { depth: '19', head: 'pooled', hidden: 4096 },
    },
  },
  candidates,
  label: ({ depth, batchNorm, head, hidden }) =>
    `VGG-${depth} (features.N${headLabels[head](hidden)}${batchNorm ? '' : ', no BN'})`,
  ...networkOf(define),
})
