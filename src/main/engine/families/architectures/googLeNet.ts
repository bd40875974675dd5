import * as tf from '@tensorflow/tfjs-core'
import { choice, type ValuesOf } from '../../../../shared/schema'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { coveringMaxPool, globalAveragePool, maxPool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { strided, type Size } from './residual'
import { createTrunk, dropoutLayer, inSequence } from './stages'
import { defineArchitecture } from './types'

const params = {
  layout: choice({
    label: 'Made for',
    default: 'small',
    help: 'The first layers, the third branch, and the names in files.',
    options: [
      {
        value: 'small',
        label: '32×32 images',
        help: '3×3 convolution; convolutions with biases; names pre_layers, a3 … b5, linear (pytorch-cifar).',
      },
      {
        value: 'large',
        label: 'ImageNet',
        help: 'Three convolutions and two poolings; names conv1, inception3a … inception5b, fc (torchvision).',
      },
      {
        value: 'smallTorchvision',
        label: '32×32 images, names of torchvision',
        help: 'One 3×3 convolution, conv1; otherwise names as for ImageNet (PyTorch_CIFAR10).',
      },
    ],
  }),
}
type Parameters = ValuesOf<typeof params>

/** 1×1; 1×1 and 3×3; 1×1 and two 3×3 (one in torchvision); pooling and 1×1: channels of each. */
type Module = readonly [one: number, threeIn: number, three: number, fiveIn: number, five: number, pooled: number]

/** Table 1 of the paper; between the stages max pooling halves the image. */
const stages: readonly (readonly Module[])[] = [
  [
    [64, 96, 128, 16, 32, 32],
    [128, 128, 192, 32, 96, 64],
  ],
  [
    [192, 96, 208, 16, 48, 64],
    [160, 112, 224, 24, 64, 64],
    [128, 128, 256, 24, 64, 64],
    [112, 144, 288, 32, 64, 64],
    [256, 160, 320, 32, 128, 128],
  ],
  [
    [256, 160, 320, 32, 128, 128],
    [384, 192, 384, 48, 128, 128],
  ],
]
const stemChannels = 192
const letters = ['a', 'b', 'c', 'd', 'e'] as const
const dropRate = 0.2
const torchvisionNorm = { epsilon: 1e-3 }

interface ConvolutionOptions {
  readonly inputs: number
  readonly outputs: number
  readonly kernel: number
  readonly stride?: number
  readonly output: Size
}
/** Makes a convolution with batch norm and ReLU; `name` of the convolution and of the batch norm. */
type MakeLayer = (name: readonly [convolution: string, norm: string], options: ConvolutionOptions) => ImageLayer

function layersOf(build: NetworkBuilder, torchvision: boolean): MakeLayer {
  return ([convolutionName, normName], { kernel, ...options }) => {
    const padding = (kernel - 1) / 2
    const convolution = build.convolution(convolutionName, { ...options, kernel, padding, bias: !torchvision })
    const norm = build.batchNorm(normName, options.outputs, torchvision ? torchvisionNorm : {})
    return (x, context) => relu(norm(convolution(x, context), context))
  }
}

/** Convolutions of one branch, from its inputs on: names and channels. */
interface Branch {
  readonly prefix: string
  readonly channels: readonly number[]
  /** Kernels of them. */
  readonly kernels: readonly number[]
  /** Whether 3×3 max pooling comes first. */
  readonly pooled?: boolean
}

function branchesOf([one, threeIn, three, fiveIn, five, pooled]: Module, torchvision: boolean): Branch[] {
  const name = (branch: number): string => (torchvision ? `branch${branch}` : `b${branch}`)
  return [
    { prefix: name(1), channels: [one], kernels: [1] },
    { prefix: name(2), channels: [threeIn, three], kernels: [1, 3] },
    torchvision
      ? { prefix: name(3), channels: [fiveIn, five], kernels: [1, 3] }
      : { prefix: name(3), channels: [fiveIn, five, five], kernels: [1, 3, 3] },
    { prefix: name(4), channels: [pooled], kernels: [1], pooled: true },
  ]
}

/** torchvision gives each convolution a module of its own; a branch of one is that module. */
function layerName(
  { prefix, channels, pooled = false }: Branch,
  place: number,
  torchvision: boolean,
): [string, string] {
  if (!torchvision) {
    const position = 3 * place + (pooled ? 1 : 0)
    return [`${prefix}.${position}`, `${prefix}.${position + 1}`]
  }
  const part = pooled ? `${prefix}.1` : channels.length === 1 ? prefix : `${prefix}.${place}`
  return [`${part}.conv`, `${part}.bn`]
}

interface Place {
  readonly inputs: number
  readonly output: Size
  readonly torchvision: boolean
}

/** Four branches over the same image, joined. */
function inception(make: MakeLayer, name: string, module: Module, place: Place): ImageLayer {
  const { torchvision, output } = place
  const branches = branchesOf(module, torchvision).map((branch) => {
    let inputs = place.inputs
    const layers = branch.channels.map((outputs, index) => {
      const [convolution, norm] = layerName(branch, index, torchvision)
      const kernel = branch.kernels[index] ?? 1
      const layer = make([`${name}.${convolution}`, `${name}.${norm}`], { inputs, outputs, kernel, output })
      inputs = outputs
      return layer
    })
    // What comes in is nowhere negative.
    return inSequence(branch.pooled ? [(x) => maxPool(x, 3, 1, 1), ...layers] : layers)
  })
  return (x, context) =>
    tf.concat(
      branches.map((branch) => branch(x, context)),
      3,
    )
}

/** The layers before the first stage, and the size of what they give. */
function createStem(
  make: MakeLayer,
  layout: Parameters['layout'],
  { channels, ...image }: Size & { readonly channels: number },
) {
  const named = (name: string) => [`${name}.conv`, `${name}.bn`] as const
  if (layout !== 'large') {
    const names = layout === 'small' ? (['pre_layers.0', 'pre_layers.1'] as const) : named('conv1')
    const layer = make(names, { inputs: channels, outputs: stemChannels, kernel: 3, output: image })
    return { layer, size: image }
  }
  const pool: ImageLayer = (x) => coveringMaxPool(x, 3, 2)
  const first = strided(image, 2)
  const second = covered(first)
  const layers = [
    make(named('conv1'), { inputs: channels, outputs: 64, kernel: 7, stride: 2, output: first }),
    pool,
    make(named('conv2'), { inputs: 64, outputs: 64, kernel: 1, output: second }),
    make(named('conv3'), { inputs: 64, outputs: stemChannels, kernel: 3, output: second }),
    pool,
  ]
  return { layer: inSequence(layers), size: covered(second) }
}

/** Size after a 3×3 pooling of stride 2 that covers every pixel. */
const covered = ({ height, width }: Size): Size => ({
  height: Math.max(1, Math.ceil((height - 1) / 2)),
  width: Math.max(1, Math.ceil((width - 1) / 2)),
})

/** Pooling before a stage. */
function poolingBefore(stage: number, large: boolean): { pool: ImageLayer; after: (size: Size) => Size } {
  if (!large) return { pool: (x) => maxPool(x, 3, 2, 1), after: (size) => strided(size, 2) }
  return stage === 1
    ? { pool: (x) => coveringMaxPool(x, 3, 2), after: covered }
    : { pool: (x) => coveringMaxPool(x, 2, 2), after: (size) => strided(size, 2) }
}

const define: NetworkDefinition<Parameters> = (build, { layout }, problem) => {
  const large = layout === 'large'
  const torchvision = layout !== 'small'
  const make = layersOf(build, torchvision)
  const trunk = createTrunk(build)
  let size: Size = { height: problem.height, width: problem.width }
  trunk.stem(() => {
    const stem = createStem(make, layout, { ...size, channels: problem.channels })
    size = stem.size
    return stem.layer
  })
  let inputs = stemChannels
  stages.forEach((modules, stage) =>
    trunk.stage(() => {
      const { pool, after } = poolingBefore(stage, large)
      if (stage > 0) size = after(size)
      const layers = modules.map((module, place) => {
        const letter = letters[place] ?? ''
        const name = torchvision ? `inception${stage + 3}${letter}` : `${letter}${stage + 3}`
        const layer = inception(make, name, module, { inputs, output: size, torchvision })
        inputs = module[0] + module[2] + module[4] + module[5]
        return layer
      })
      return inSequence(stage > 0 ? [pool, ...layers] : layers)
    }),
  )
  const linear = build.linear(torchvision ? 'fc' : 'linear', { inputs, outputs: problem.classes })
  const kept = torchvision ? dropoutLayer(dropRate, 0) : undefined
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(activations.at(-1) ?? images)
    return { logits: linear(kept ? kept(features, context) : features, context), activations, features }
  }
}

/**
 * GoogLeNet with batch norm: nine modules of four joined branches in three stages. Activations: the stages' outputs.
 * Dropout .2 before the linear layer (not in small) acts in training steps that bring a seed.
 * Reference: Szegedy et al. 2015, arXiv:1409.4842; pytorch-cifar's GoogLeNet (small), torchvision's googlenet (large)
 * without its two auxiliary classifiers, which act in training alone. Differs from it: weights begin as PyTorch's
 * layers do. smallTorchvision is that of huyvnphan/PyTorch_CIFAR10.
 */
export const googLeNet = defineArchitecture({
  id: 'googlenet',
  title: 'GoogLeNet',
  summary: 'Modules of four joined branches, for 32×32 images or as in torchvision.',
  reference: {
    citation: 'Szegedy et al. 2015, Going deeper with convolutions',
    link: 'https://arxiv.org/abs/1409.4842',
    place: 'torchvision/models/googlenet.py',
  },
  params,
  label: ({ layout }) =>
    `GoogLeNet${{ small: '', large: ' (ImageNet)', smallTorchvision: ' (small images, torchvision)' }[layout]}`,
  ...networkOf(define),
})
