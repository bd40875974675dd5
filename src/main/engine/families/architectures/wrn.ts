import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import { boolean, choice, integer, type ValuesOf } from '../../../../shared/schema'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { globalAveragePool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { countUnits, createTrunk, inSequence } from './stages'
import { defineArchitecture } from './types'

const params = {
  depth: integer({
    label: 'Depth',
    unit: 'layers',
    default: 16,
    min: 10,
    max: 100,
    help: 'Layers d = 6n + 4: 10, 16, 22, 28, 34, 40 … with n residual units in each of the three blocks.',
  }),
  width: integer({
    label: 'Width',
    unit: 'times',
    default: 2,
    min: 1,
    max: 20,
    help: 'Widening factor k: the blocks have 16k, 32k and 64k channels.',
  }),
  names: choice({
    label: 'Names in files',
    default: 'block',
    help: 'Whose names the weights bear, and what the shortcut’s convolution reads.',
    advanced: true,
    laterAddition: true,
    options: [
      {
        value: 'block',
        label: 'block1.layer.0, convShortcut, fc',
        help: 'xternalz/WideResNet-pytorch, ABD, TRADES, RobustBench; the shortcut reads the activated input.',
      },
      {
        value: 'layer',
        label: 'layer1.0, shortcut.0, linear',
        help: 'meliketoy/wide-resnet.pytorch; the shortcut reads the input as it is.',
      },
    ],
  }),
  bias: boolean({
    label: 'Convolutions have biases',
    default: false,
    help: 'The paper’s have none; meliketoy/wide-resnet.pytorch and its copies have them.',
    advanced: true,
    laterAddition: true,
  }),
}
type WideResNetParameters = ValuesOf<typeof params>

const stemChannels = 16
/** Of the last batch norm in meliketoy/wide-resnet.pytorch. */
const lastMomentum = 0.9
const blocks = [
  { channels: 16, stride: 1 },
  { channels: 32, stride: 2 },
  { channels: 64, stride: 2 },
] as const

function unitsOf(depth: number): number {
  const units = (depth - 4) / 6
  if (!Number.isInteger(units) || units < 1) {
    throw new RefusedInputError('This depth is not one of a wide residual network.', {
      wanted: '6n + 4 layers: 10, 16, 22, 28, 34, 40 …',
      got: String(depth),
      where: 'depth',
      action: 'Choose one of these depths.',
    })
  }
  return units
}

interface UnitOptions {
  readonly names: WideResNetParameters['names']
  readonly bias: boolean
  readonly inputs: number
  readonly outputs: number
  readonly stride: number
  readonly output: { readonly height: number; readonly width: number }
}

/**
 * One residual unit. Where the channels change, a convolution is the shortcut. Under the names 'block' it reads
 * relu(bn1(x)) as the unit's own layers do, under 'layer' x; elsewhere x itself is the shortcut.
 */
function createUnit(build: NetworkBuilder, name: string, options: UnitOptions): ImageLayer {
  const { names, bias, inputs, outputs, stride, output } = options
  const common = { outputs, bias, initial: 'fanOut', output } as const
  const bn1 = build.batchNorm(`${name}.bn1`, inputs)
  const conv1 = build.convolution(`${name}.conv1`, { ...common, inputs, kernel: 3, stride, padding: 1 })
  const bn2 = build.batchNorm(`${name}.bn2`, outputs)
  const conv2 = build.convolution(`${name}.conv2`, { ...common, inputs: outputs, kernel: 3, padding: 1 })
  const layers = names === 'layer'
  const shortcut =
    inputs === outputs
      ? undefined
      : build.convolution(`${name}.${layers ? 'shortcut.0' : 'convShortcut'}`, { ...common, inputs, kernel: 1, stride })
  return (x, context) => {
    const activated = relu(bn1(x, context))
    const out = conv2(relu(bn2(conv1(activated, context), context)), context)
    return tf.add(shortcut ? shortcut(layers ? x : activated, context) : x, out)
  }
}

const define: NetworkDefinition<WideResNetParameters> = (build, { depth, width, names, bias }, problem) => {
  const units = unitsOf(depth)
  const trunk = createTrunk(build)
  let output = { height: problem.height, width: problem.width }
  let inputs = stemChannels
  trunk.stem(() =>
    build.convolution('conv1', {
      inputs: problem.channels,
      outputs: stemChannels,
      kernel: 3,
      padding: 1,
      bias,
      initial: 'fanOut',
      output,
    }),
  )
  blocks.forEach((block, index) => {
    trunk.stage(() =>
      inSequence(
        Array.from({ length: units }, (_, unit) => {
          const stride = unit === 0 ? block.stride : 1
          const outputs = block.channels * width
          output = { height: Math.ceil(output.height / stride), width: Math.ceil(output.width / stride) }
          const name = `${names === 'layer' ? `layer${index + 1}` : `block${index + 1}.layer`}.${unit}`
          const layer = createUnit(build, name, { names, bias, inputs, outputs, stride, output })
          inputs = outputs
          return layer
        }),
      ),
    )
  })
  const bn1 = build.batchNorm('bn1', inputs, names === 'layer' ? { momentum: lastMomentum } : {})
  const head = build.linear(names === 'layer' ? 'linear' : 'fc', {
    inputs,
    outputs: problem.classes,
    initial: 'zeroBias',
  })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(relu(bn1(activations.at(-1) ?? images, context)))
    return { logits: head(features, context), activations, features }
  }
}

/**
 * Wide residual network WRN-d-k: pre-activation units, strides 1, 2, 2, global average pool, one linear layer.
 * Activations: the three block outputs before the next batch norm. Initial weights: convolutions N(0, 2/(k²·outputs)),
 * the linear layer PyTorch's default with bias 0.
 * Reference: Zagoruyko & Komodakis 2016, arXiv:1605.07146; ABD zskt/models/wresnet.py; meliketoy/wide-resnet.pytorch
 * ('layer').
 */
export const wrn = defineArchitecture({
  id: 'wrn',
  title: 'Wide ResNet',
  summary: 'Wide residual network WRN-d-k, the architecture of the ABD experiments.',
  reference: {
    citation: 'Zagoruyko & Komodakis 2016, Wide Residual Networks',
    link: 'https://arxiv.org/abs/1605.07146',
    place: 'ABD zskt/models/wresnet.py',
  },
  params,
  presets: {
    teacher: { title: 'WRN-16-2 (reference teacher)', params: { depth: 16, width: 2 } },
    student: { title: 'WRN-16-1 (reference student)', params: { depth: 16, width: 1 } },
    small: { title: 'WRN-10-1', params: { depth: 10, width: 1 } },
    kdTeacher: { title: 'WRN-40-2', params: { depth: 40, width: 2 } },
  },
  candidates: (shapes) => {
    const names = countUnits(shapes, 'block1.layer') === 0 && countUnits(shapes, 'layer1') > 0 ? 'layer' : 'block'
    const block = names === 'layer' ? 'layer1' : 'block1.layer'
    const channels =
      shapes.get(`${block}.0.bn2.weight`)?.[0] ?? shapes.get(`${block}.0.conv1.weight`)?.[0] ?? stemChannels
    return [
      {
        depth: 6 * countUnits(shapes, block) + 4,
        width: Math.max(1, Math.round(channels / stemChannels)),
        names,
        bias: shapes.has('conv1.bias'),
      },
    ]
  },
  label: ({ depth, width, names, bias }) =>
    `WRN-${depth}-${width}${names === 'layer' ? ' (layers)' : ''}${bias ? ' (biases)' : ''}`,
  ...networkOf(define),
})
