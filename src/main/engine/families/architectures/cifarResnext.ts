import { choice, type ValuesOf } from '../../../../shared/schema'
import { globalAveragePool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { bottleneckUnit, numberedNames, projection, strided, type UnitNames } from './residual'
import { createTrunk, inSequence } from './stages'
import { defineArchitecture, type WeightShapes } from './types'

const params = {
  groups: choice({
    label: 'Groups',
    default: '32x4d',
    help: 'Groups of a unit’s 3×3 convolution and channels of each in the first stage; they double with each stage.',
    options: [
      { value: '2x64d', label: '2 of 64 channels' },
      { value: '4x64d', label: '4 of 64 channels' },
      { value: '8x64d', label: '8 of 64 channels' },
      { value: '16x64d', label: '16 of 64 channels' },
      { value: '32x4d', label: '32 of 4 channels' },
    ],
  }),
  layout: choice({
    label: 'Layout',
    default: 'pytorchCifar',
    help: 'Which program’s network it is: its first layer, what its units hand on, and the names in files.',
    options: [
      {
        value: 'pytorchCifar',
        label: 'pytorch-cifar',
        help: '1×1 stem; units hand on twice the channels inside (kuangliu/pytorch-cifar, BackdoorBench).',
      },
      {
        value: 'stages',
        label: 'ResNeXt.pytorch',
        help: '3×3 stem; 256, 512 and 1024 channels; names stage_1, conv_reduce … (prlz77/ResNeXt.pytorch, bearpaw/pytorch-classification).',
      },
    ],
  }),
}
type CifarResnextParameters = ValuesOf<typeof params>

const stemChannels = 64
const stageCount = 3
const unitsInStage = 3
const groupings: Record<CifarResnextParameters['groups'], { groups: number; channels: number }> = {
  '2x64d': { groups: 2, channels: 64 },
  '4x64d': { groups: 4, channels: 64 },
  '8x64d': { groups: 8, channels: 64 },
  '16x64d': { groups: 16, channels: 64 },
  '32x4d': { groups: 32, channels: 4 },
}

interface Layout {
  readonly stem: readonly [convolution: string, batchNorm: string]
  readonly stemKernel: number
  readonly unitName: (stage: number, unit: number) => string
  readonly unit: UnitNames
  readonly shortcut: ReturnType<UnitNames>
  readonly head: string
  /** Channels that a unit hands on, by those inside. */
  readonly outputs: (planes: number, stage: number) => number
}
const layouts: Record<CifarResnextParameters['layout'], Layout> = {
  pytorchCifar: {
    stem: ['conv1', 'bn1'],
    stemKernel: 1,
    unitName: (stage, unit) => `layer${stage + 1}.${unit}`,
    unit: numberedNames,
    shortcut: ['0', '1'],
    head: 'linear',
    outputs: (planes) => 2 * planes,
  },
  stages: {
    stem: ['conv_1_3x3', 'bn_1'],
    stemKernel: 3,
    unitName: (stage, unit) => `stage_${stage + 1}.stage_${stage + 1}_bottleneck_${unit}`,
    unit: (place) => [`conv_${['reduce', 'conv', 'expand'][place]}`, ['bn_reduce', 'bn', 'bn_expand'][place] ?? ''],
    shortcut: ['shortcut_conv', 'shortcut_bn'],
    head: 'classifier',
    outputs: (_planes, stage) => 256 * 2 ** stage,
  },
}

const define: NetworkDefinition<CifarResnextParameters> = (build, values, problem) => {
  const { groups, channels } = groupings[values.groups]
  const layout = layouts[values.layout]
  const initial = 'fanOut'
  const trunk = createTrunk(build)
  let size = { height: problem.height, width: problem.width }
  let inputs = stemChannels
  trunk.stem(() => {
    const [convolution, norm] = layout.stem
    const kernel = layout.stemKernel
    const options = { inputs: problem.channels, outputs: stemChannels, kernel, padding: (kernel - 1) / 2 }
    const conv1 = build.convolution(convolution, { ...options, initial, output: size })
    const bn1 = build.batchNorm(norm, stemChannels)
    return (x, context) => relu(bn1(conv1(x, context), context))
  })
  Array.from({ length: stageCount }).forEach((_, stage) =>
    trunk.stage(() =>
      inSequence(
        Array.from({ length: unitsInStage }, (_unused, unit) => {
          const name = layout.unitName(stage, unit)
          const stride = stage > 0 && unit === 0 ? 2 : 1
          const input = size
          size = strided(size, stride)
          const planes = groups * channels * 2 ** stage
          const outputs = layout.outputs(planes, stage)
          const shortcut = projection(build, `${name}.shortcut`, { initial, output: size, names: layout.shortcut })
          const options = { inputs, planes, outputs, groups, stride, input, output: size, initial } as const
          inputs = outputs
          return bottleneckUnit(build, name, { ...options, names: layout.unit, shortcut })
        }),
      ),
    ),
  )
  const head = build.linear(layout.head, { inputs, outputs: problem.classes })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(activations.at(-1) ?? images)
    return { logits: head(features, context), activations, features }
  }
}

/** Channels inside the first unit and in each of its groups tell which it is. */
function candidates(shapes: WeightShapes): Partial<CifarResnextParameters>[] {
  const layout = shapes.has('conv_1_3x3.weight') ? 'stages' : 'pytorchCifar'
  const { unitName, unit } = layouts[layout]
  const [planes = 0, inGroup = 0] = shapes.get(`${unitName(0, 0)}.${unit(1)[0]}.weight`) ?? []
  const groups = (Object.keys(groupings) as CifarResnextParameters['groups'][]).find(
    (known) => groupings[known].channels === inGroup && groupings[known].groups * inGroup === planes,
  )
  return [{ layout, ...(groups ? { groups } : {}) }]
}

/**
 * ResNeXt-29 for small images: three stages of three bottlenecks whose 3×3 convolution is grouped. Activations: the
 * three stage outputs. Initial weights: N(0, 2/(k²·outputs)), the linear layer PyTorch's.
 * Reference: Xie et al. 2017, arXiv:1611.05431; kuangliu/pytorch-cifar and SCLBD/BackdoorBench models/resnext.py
 * (pytorchCifar), prlz77/ResNeXt.pytorch models/model.py (stages).
 */
export const cifarResnext = defineArchitecture({
  id: 'cifar_resnext',
  title: 'CIFAR ResNeXt',
  summary: 'ResNeXt-29 for 32×32 images: bottlenecks with grouped convolutions.',
  reference: {
    citation: 'Xie et al. 2017, Aggregated residual transformations for deep neural networks',
    link: 'https://arxiv.org/abs/1611.05431',
    place: 'BackdoorBench models/resnext.py',
  },
  params,
  presets: {
    small: { title: 'ResNeXt-29 32×4d', params: { groups: '32x4d', layout: 'pytorchCifar' } },
    medium: { title: 'ResNeXt-29 2×64d', params: { groups: '2x64d', layout: 'pytorchCifar' } },
    published: { title: 'ResNeXt-29 8×64d (ResNeXt.pytorch)', params: { groups: '8x64d', layout: 'stages' } },
  },
  candidates,
  label: ({ groups, layout }) =>
    `ResNeXt-29 ${groups.replace('x', '×')}${layout === 'stages' ? ' (ResNeXt.pytorch)' : ''}`,
  ...networkOf(define),
})
