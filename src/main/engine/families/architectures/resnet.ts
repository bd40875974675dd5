import { ExhaustiveError } from '../../../../shared/errors'
import { choice, type ValuesOf } from '../../../../shared/schema'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { globalAveragePool, maxPool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { basicUnit, bottleneckUnit, numberedNames, projection, strided, type Size, type UnitNames } from './residual'
import { depthField, depthOf, expansion, resnetUnits, stageChannels, stemChannels } from './resnetDepths'
import { createTrunk, inSequence } from './stages'
import { defineArchitecture, type WeightShapes } from './types'

const params = {
  depth: depthField,
  stem: choice({
    label: 'Made for',
    default: 'small',
    help: 'The first layers and the names in files.',
    options: [
      {
        value: 'small',
        label: '32×32 images',
        help: '3×3 convolution, no pooling; names shortcut and linear (DAFL, CMI).',
      },
      {
        value: 'large',
        label: 'ImageNet',
        help: '7×7 convolution with stride 2, max pooling; names downsample and fc (torchvision).',
      },
      {
        value: 'smallTorchvision',
        label: '32×32 images, names of torchvision',
        help: '3×3 convolution, no pooling; names downsample and fc, as where torchvision’s network was given another stem.',
      },
      {
        value: 'pooledTorchvision',
        label: '64×64 images, names of torchvision',
        help: 'The same with the max pooling left in; files do not tell the two apart.',
      },
      {
        value: 'smallSequence',
        label: '32×32 images, names of pytorch-cifar100',
        help: '3×3 convolution, no pooling; names residual_function, conv2_x … conv5_x and fc (weiaicunzai/pytorch-cifar100).',
      },
    ],
  }),
  inside: choice({
    label: 'Inside the units',
    default: 'plain',
    laterAddition: true,
    help: 'Channels of a bottleneck’s 3×3 convolution in the first stage; they double with each stage.',
    visibleWhen: { field: 'depth', oneOf: ['50', '101', '152'] },
    options: [
      { value: 'plain', label: '64' },
      { value: 'double', label: '128', help: 'Wide ResNet-50-2 and -101-2.' },
      { value: 'groups32x4', label: '128 in 32 groups', help: 'ResNeXt-50 32×4d.' },
      { value: 'groups32x8', label: '256 in 32 groups', help: 'ResNeXt-101 32×8d.' },
    ],
  }),
}
type ResnetParameters = ValuesOf<typeof params>

/** Channels inside bottlenecks as multiples of the stage's, and groups of the 3×3 convolution. */
const insides: Record<ResnetParameters['inside'], { widening: number; groups: number }> = {
  plain: { widening: 1, groups: 1 },
  double: { widening: 2, groups: 1 },
  groups32x4: { widening: 2, groups: 32 },
  groups32x8: { widening: 4, groups: 32 },
}

/** What the layers are called. */
interface Layout {
  readonly stem: readonly [convolution: string, batchNorm: string]
  readonly stage: (place: number) => string
  readonly shortcut: string
  readonly head: string
  readonly unit: UnitNames
}
const ofPytorchCifar: Layout = {
  stem: ['conv1', 'bn1'],
  stage: (place) => `layer${place + 1}`,
  shortcut: 'shortcut',
  head: 'linear',
  unit: numberedNames,
}
const ofTorchvision: Layout = { ...ofPytorchCifar, shortcut: 'downsample', head: 'fc' }
const ofPytorchCifar100: Layout = {
  stem: ['conv1.0', 'conv1.1'],
  stage: (place) => `conv${place + 2}_x`,
  shortcut: 'shortcut',
  head: 'fc',
  unit: (place) => [`residual_function.${3 * place}`, `residual_function.${3 * place + 1}`],
}
const layouts: Record<ResnetParameters['stem'], Layout> = {
  small: ofPytorchCifar,
  large: ofTorchvision,
  smallTorchvision: ofTorchvision,
  pooledTorchvision: ofTorchvision,
  smallSequence: ofPytorchCifar100,
}
const stems = Object.keys(layouts) as ResnetParameters['stem'][]

/**
 * Where CMI looks, as the reference has it: at the stages' inputs in its ResNet-34 alone (512 numbers; its batch norms
 * would give 8,512), else at all batch norms.
 */
const contrastivePoints = ({ depth }: ResnetParameters): readonly number[] | undefined =>
  depth === '34' ? [stemChannels, ...stageChannels.slice(0, -1)] : undefined

const isPooled = (stem: ResnetParameters['stem']): boolean => stem === 'large' || stem === 'pooledTorchvision'
const initialOf = (stem: ResnetParameters['stem']): 'fanOut' | 'default' =>
  layouts[stem] === ofTorchvision ? 'fanOut' : 'default'

/** Convolution, batch norm, ReLU, and max pooling where there is one. */
function createStem(build: NetworkBuilder, channels: number, stem: ResnetParameters['stem'], output: Size): ImageLayer {
  const large = stem === 'large'
  const [convolution, norm] = layouts[stem].stem
  const conv1 = build.convolution(convolution, {
    inputs: channels,
    outputs: stemChannels,
    kernel: large ? 7 : 3,
    stride: large ? 2 : 1,
    padding: large ? 3 : 1,
    initial: initialOf(stem),
    output,
  })
  const bn1 = build.batchNorm(norm, stemChannels)
  return (x, context) => {
    const activated = relu(bn1(conv1(x, context), context))
    return isPooled(stem) ? maxPool(activated, 3, 2, 1) : activated
  }
}

const define: NetworkDefinition<ResnetParameters> = (build, values, problem) => {
  const { depth, stem, inside } = values
  const { units, bottleneck } = resnetUnits[depth]
  const { stage: stageName, shortcut, head: headName, unit: names } = layouts[stem]
  const { widening, groups } = insides[bottleneck ? inside : 'plain']
  const initial = initialOf(stem)
  const trunk = createTrunk(build, contrastivePoints(values) ? 'stageInputs' : 'batchNorms')
  let size = strided({ height: problem.height, width: problem.width }, stem === 'large' ? 2 : 1)
  trunk.stem(() => createStem(build, problem.channels, stem, size))
  if (isPooled(stem)) size = strided(size, 2)
  let inputs: number = stemChannels
  stageChannels.forEach((channels, stage) =>
    trunk.stage(() =>
      inSequence(
        Array.from({ length: units[stage] ?? 0 }, (_, unit) => {
          const name = `${stageName(stage)}.${unit}`
          const stride = stage > 0 && unit === 0 ? 2 : 1
          const input = size
          size = strided(size, stride)
          const outputs = channels * (bottleneck ? expansion : 1)
          const side = projection(build, `${name}.${shortcut}`, { initial, output: size })
          const options = { inputs, stride, input, output: size, initial, names, shortcut: side }
          inputs = outputs
          return bottleneck
            ? bottleneckUnit(build, name, { ...options, planes: channels * widening, outputs, groups })
            : basicUnit(build, name, { ...options, planes: channels })
        }),
      ),
    ),
  )
  const head = build.linear(headName, { inputs, outputs: problem.classes })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(activations.at(-1) ?? images)
    return { logits: head(features, context), activations, features }
  }
}

/** Depth and channels inside the units are told by the shapes; what comes before the units is tried. */
function candidates(shapes: WeightShapes): Partial<ResnetParameters>[] {
  const { stage, unit } = shapes.has('conv1.0.weight') ? ofPytorchCifar100 : ofPytorchCifar
  const [, middle = '', last = ''] = [0, 1, 2].map((place) => `${stage(0)}.0.${unit(place)[0]}.weight`)
  const bottleneck = shapes.has(last)
  const depth = depthOf(shapes, stage(2), bottleneck)
  const [planes = stemChannels, seen = planes] = shapes.get(middle) ?? []
  const inside = (Object.keys(insides) as ResnetParameters['inside'][]).find(
    (known) => planes === stemChannels * insides[known].widening && planes / seen === insides[known].groups,
  )
  return stems.map((stem) => ({ depth, stem, inside: (bottleneck ? inside : undefined) ?? 'plain' }))
}

/** ResNet-50, ResNeXt-50 32×4d, Wide ResNet-50-2. */
function nameOf({ depth, inside }: ResnetParameters): string {
  const kind = resnetUnits[depth].bottleneck ? inside : 'plain'
  switch (kind) {
    case 'plain':
      return `ResNet-${depth}`
    case 'double':
      return `Wide ResNet-${depth}-2`
    case 'groups32x4':
      return `ResNeXt-${depth} 32×4d`
    case 'groups32x8':
      return `ResNeXt-${depth} 32×8d`
    default:
      throw new ExhaustiveError(kind)
  }
}
const stemWords: Record<ResnetParameters['stem'], string> = {
  small: '',
  large: ' (ImageNet)',
  smallTorchvision: ' (small images, torchvision)',
  pooledTorchvision: ' (3×3 stem with pooling, torchvision)',
  smallSequence: ' (pytorch-cifar100)',
}

const network = networkOf(define)

/**
 * ResNet of four stages with 64 to 512 channels, its bottlenecks also with grouped (ResNeXt) or twice as wide 3×3
 * convolutions. Activations: the four stage outputs. ResNet-34 shows CMI the inputs of its stages (ABD
 * cmi/datafree_kd.py), the others those of their batch-norm layers.
 * Reference: He et al. 2016, arXiv:1512.03385; Xie et al. 2017, arXiv:1611.05431; Zagoruyko & Komodakis 2016,
 * arXiv:1605.07146; ABD cmi/datafree/models/classifiers/resnet.py (small) and zskt/models/torch_resnet.py (large; with
 * a 3×3 stem of stride 1, without pooling: smallTorchvision, with it: pooledTorchvision), torchvision's resnet.py,
 * weiaicunzai/pytorch-cifar100 (smallSequence).
 */
export const resnet = defineArchitecture({
  id: 'resnet',
  title: 'ResNet',
  summary: 'ResNet-18 to -152, ResNeXt-50 and -101, Wide ResNet-50-2, for 32×32 images or as in torchvision.',
  reference: {
    citation: 'He et al. 2016, Deep residual learning for image recognition',
    link: 'https://arxiv.org/abs/1512.03385',
    place: 'ABD cmi/datafree/models/classifiers/resnet.py, zskt/models/torch_resnet.py',
  },
  params,
  presets: {
    cmiTeacher: { title: 'ResNet-34 (CMI teacher)', params: { depth: '34', stem: 'small' } },
    cmiStudent: { title: 'ResNet-18 (CMI student)', params: { depth: '18', stem: 'small' } },
    torch18: { title: 'ResNet-18 (torchvision)', params: { depth: '18', stem: 'large' } },
    resnext50: {
      title: 'ResNeXt-50 32×4d (torchvision)',
      params: { depth: '50', stem: 'large', inside: 'groups32x4' },
    },
    wide50: { title: 'Wide ResNet-50-2 (torchvision)', params: { depth: '50', stem: 'large', inside: 'double' } },
  },
  candidates,
  label: (values) => `${nameOf(values)}${stemWords[values.stem]}`,
  ...network,
  contrastivePoints,
  create(values, context) {
    const points = contrastivePoints(values)
    return { ...network.create(values, context), ...(points ? { contrastivePoints: points } : {}) }
  },
})
