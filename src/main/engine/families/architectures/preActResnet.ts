import { choice, type ValuesOf } from '../../../../shared/schema'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { globalAveragePool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { preActivationUnit, type PreActivationOptions } from './preActivation'
import { numberedNames, strided, type UnitNames } from './residual'
import { depthField, depthOf, expansion, resnetUnits, stageChannels, stemChannels } from './resnetDepths'
import { createTrunk, inSequence } from './stages'
import { defineArchitecture, type WeightShapes } from './types'

const params = {
  depth: depthField,
  layout: choice({
    label: 'Layout',
    default: 'plain',
    help: 'Which program’s network it is: its last layers, and the names in files.',
    options: [
      {
        value: 'plain',
        label: 'Nothing after the last unit',
        help: 'kuangliu/pytorch-cifar, BackdoorBench, WaNet: the sums of the last unit are averaged as they are.',
      },
      {
        value: 'normed',
        label: 'Batch norm after the last unit',
        help: 'As in the paper; called bn (RobustBench with out_shortcut).',
      },
      {
        value: 'normedRaw',
        label: 'Batch norm after the last unit, raw shortcuts',
        help: 'The same with shortcuts of the unchanged input (RobustBench’s default); files do not tell the two apart.',
      },
      {
        value: 'residual',
        label: 'pytorch-cifar100',
        help: 'Convolutions with biases, shortcuts of the unchanged input; names pre, stage1 … and residual (weiaicunzai/pytorch-cifar100).',
      },
    ],
  }),
}
type PreActResnetParameters = ValuesOf<typeof params>

interface Layout {
  readonly bias: boolean
  readonly stem: string
  /** A batch norm and ReLU right after the stem's convolution. */
  readonly stemNorm?: string
  readonly stage: string
  readonly unit: UnitNames
  readonly shortcut: string
  /** The shortcut reads the unit's input itself. */
  readonly rawShortcut: boolean
  /** Bottlenecks have their stride in the first convolution, not in the second. */
  readonly earlyStride?: boolean
  /** A batch norm and ReLU after the last unit. */
  readonly lastNorm?: string
}
const plain: Layout = {
  bias: false,
  stem: 'conv1',
  stage: 'layer',
  unit: numberedNames,
  shortcut: 'shortcut.0',
  rawShortcut: false,
}
const layouts: Record<PreActResnetParameters['layout'], Layout> = {
  plain,
  normed: { ...plain, lastNorm: 'bn' },
  normedRaw: { ...plain, lastNorm: 'bn', rawShortcut: true },
  residual: {
    bias: true,
    stem: 'pre.0',
    stemNorm: 'pre.1',
    stage: 'stage',
    unit: (place) => [`residual.${3 * place + 2}`, `residual.${3 * place}`],
    shortcut: 'shortcut',
    rawShortcut: true,
    earlyStride: true,
  },
}

/** Of a basic unit two 3×3 convolutions; of a bottleneck 1×1, 3×3, 1×1. */
function convolutionsOf(channels: number, bottleneck: boolean, early: boolean): PreActivationOptions['convolutions'] {
  if (!bottleneck)
    return [
      { outputs: channels, kernel: 3, strides: true },
      { outputs: channels, kernel: 3 },
    ]
  return [
    { outputs: channels, kernel: 1, strides: early },
    { outputs: channels, kernel: 3, strides: !early },
    { outputs: channels * expansion, kernel: 1 },
  ]
}

/** Batch norm and ReLU, where there is a name for it. */
function activatedNorm(build: NetworkBuilder, name: string | undefined, channels: number): ImageLayer {
  if (name === undefined) return (x) => x
  const norm = build.batchNorm(name, channels)
  return (x, context) => relu(norm(x, context))
}

const define: NetworkDefinition<PreActResnetParameters> = (build, { depth, layout }, problem) => {
  const { units, bottleneck } = resnetUnits[depth]
  const { bias, stem, stemNorm, stage: stageName, unit: names, lastNorm, ...sides } = layouts[layout]
  const { shortcut, rawShortcut, earlyStride = false } = sides
  const trunk = createTrunk(build)
  let size = { height: problem.height, width: problem.width }
  let inputs: number = stemChannels
  trunk.stem(() => {
    const options = { inputs: problem.channels, outputs: stemChannels, kernel: 3, padding: 1, bias, output: size }
    return inSequence([build.convolution(stem, options), activatedNorm(build, stemNorm, stemChannels)])
  })
  stageChannels.forEach((channels, stage) =>
    trunk.stage(() =>
      inSequence(
        Array.from({ length: units[stage] ?? 0 }, (_, unit) => {
          const stride = stage > 0 && unit === 0 ? 2 : 1
          const input = size
          size = strided(size, stride)
          const outputs = channels * (bottleneck ? expansion : 1)
          const convolutions = convolutionsOf(channels, bottleneck, earlyStride)
          const options = { inputs, outputs, stride, input, output: size, convolutions }
          inputs = outputs
          return preActivationUnit(build, `${stageName}${stage + 1}.${unit}`, {
            ...options,
            ...{ bias, names, shortcut, rawShortcut },
          })
        }),
      ),
    ),
  )
  const last = activatedNorm(build, lastNorm, inputs)
  const linear = build.linear('linear', { inputs, outputs: problem.classes })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(last(activations.at(-1) ?? images, context))
    return { logits: linear(features, context), activations, features }
  }
}

function candidates(shapes: WeightShapes): Partial<PreActResnetParameters>[] {
  const fitting: PreActResnetParameters['layout'][] = shapes.has('pre.0.weight')
    ? ['residual']
    : shapes.has('bn.weight')
      ? ['normed', 'normedRaw']
      : ['plain']
  return fitting.map((layout) => {
    const { stage, unit } = layouts[layout]
    const bottleneck = shapes.has(`${stage}1.0.${unit(2)[0]}.weight`)
    return { depth: depthOf(shapes, `${stage}3`, bottleneck), layout }
  })
}

const layoutWords: Record<PreActResnetParameters['layout'], string> = {
  plain: '',
  normed: ' (last batch norm)',
  normedRaw: ' (last batch norm, raw shortcuts)',
  residual: ' (pytorch-cifar100)',
}

/**
 * Pre-activation ResNet of four stages with 64 to 512 channels for small images: batch norm and ReLU before each
 * convolution. Activations: the four stage outputs before the next batch norm.
 * Differs from the paper where the program whose networks it reads does: see `layout`. Initial weights: PyTorch's.
 * Reference: He et al. 2016, Identity mappings in deep residual networks, arXiv:1603.05027; kuangliu/pytorch-cifar and
 * SCLBD/BackdoorBench models/preact_resnet.py (plain), weiaicunzai/pytorch-cifar100 models/preactresnet.py (residual).
 */
export const preActResnet = defineArchitecture({
  id: 'preact_resnet',
  title: 'PreActResNet',
  summary: 'Pre-activation ResNet-18 to -152 for small images, the default network of BackdoorBench.',
  reference: {
    citation: 'He et al. 2016, Identity mappings in deep residual networks',
    link: 'https://arxiv.org/abs/1603.05027',
    place: 'BackdoorBench models/preact_resnet.py',
  },
  params,
  presets: {
    backdoorBench: { title: 'PreActResNet-18 (BackdoorBench)', params: { depth: '18', layout: 'plain' } },
    preact34: { title: 'PreActResNet-34', params: { depth: '34', layout: 'plain' } },
  },
  candidates,
  label: ({ depth, layout }) => `PreActResNet-${depth}${layoutWords[layout]}`,
  ...networkOf(define),
})
