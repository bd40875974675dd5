import { choice, type ValuesOf } from '../../../../shared/schema'
import { globalAveragePool, maxPool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { basicUnit, bottleneckUnit, projection, strided } from './residual'
import { createTrunk, inSequence } from './stages'
import { defineArchitecture } from './types'

const params = {
  depth: choice({
    label: 'Depth',
    default: '18',
    help: 'Layers; 50 and more have bottleneck units.',
    options: [
      { value: '18', label: '18' },
      { value: '34', label: '34' },
      { value: '50', label: '50' },
      { value: '101', label: '101' },
      { value: '152', label: '152' },
    ],
  }),
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
    ],
  }),
}
type ResnetParameters = ValuesOf<typeof params>

const stemChannels = 64
const stageChannels = [64, 128, 256, 512] as const
const unitCounts: Record<ResnetParameters['depth'], { units: readonly number[]; bottleneck: boolean }> = {
  18: { units: [2, 2, 2, 2], bottleneck: false },
  34: { units: [3, 4, 6, 3], bottleneck: false },
  50: { units: [3, 4, 6, 3], bottleneck: true },
  101: { units: [3, 4, 23, 3], bottleneck: true },
  152: { units: [3, 8, 36, 3], bottleneck: true },
}

/**
 * Where CMI looks, as the reference has it: at the stages' inputs in its ResNet-34 alone (512 numbers; its batch norms
 * would give 8,512), else at all batch norms.
 */
const contrastivePoints = ({ depth }: ResnetParameters): readonly number[] | undefined =>
  depth === '34' ? [stemChannels, ...stageChannels.slice(0, -1)] : undefined

const define: NetworkDefinition<ResnetParameters> = (build, values, problem) => {
  const { depth, stem } = values
  const { units, bottleneck } = unitCounts[depth]
  const large = stem === 'large'
  const pooled = large || stem === 'pooledTorchvision'
  const torchvision = stem !== 'small'
  const initial = torchvision ? 'fanOut' : 'default'
  const trunk = createTrunk(build, contrastivePoints(values) ? 'stageInputs' : 'batchNorms')
  let size = strided({ height: problem.height, width: problem.width }, large ? 2 : 1)
  trunk.stem(() => {
    const conv1 = build.convolution('conv1', {
      inputs: problem.channels,
      outputs: stemChannels,
      kernel: large ? 7 : 3,
      stride: large ? 2 : 1,
      padding: large ? 3 : 1,
      initial,
      output: size,
    })
    const bn1 = build.batchNorm('bn1', stemChannels)
    return (x, context) => {
      const activated = relu(bn1(conv1(x, context), context))
      return pooled ? maxPool(activated, 3, 2, 1) : activated
    }
  })
  if (pooled) size = strided(size, 2)
  let inputs: number = stemChannels
  stageChannels.forEach((planes, stage) =>
    trunk.stage(() =>
      inSequence(
        Array.from({ length: units[stage] ?? 0 }, (_, unit) => {
          const name = `layer${stage + 1}.${unit}`
          const stride = stage > 0 && unit === 0 ? 2 : 1
          const input = size
          size = strided(size, stride)
          const layer = (bottleneck ? bottleneckUnit : basicUnit)(build, name, {
            inputs,
            planes,
            stride,
            input,
            output: size,
            initial,
            shortcut: projection(build, `${name}.${torchvision ? 'downsample' : 'shortcut'}`, initial, size),
          })
          inputs = bottleneck ? planes * 4 : planes
          return layer
        }),
      ),
    ),
  )
  const head = build.linear(torchvision ? 'fc' : 'linear', { inputs, outputs: problem.classes })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(activations.at(-1) ?? images)
    return { logits: head(features, context), activations, features }
  }
}

const network = networkOf(define)

/**
 * ResNet of four stages with 64 to 512 channels. Activations: the four stage outputs. ResNet-34 shows CMI the inputs of
 * its stages
 * (ABD cmi/datafree_kd.py), the others those of their batch-norm layers.
 * Reference: He et al. 2016, arXiv:1512.03385; ABD cmi/datafree/models/classifiers/resnet.py (small) and
 * zskt/models/torch_resnet.py (large;
 * with a 3×3 stem of stride 1, without pooling: smallTorchvision, with it: pooledTorchvision).
 */
export const resnet = defineArchitecture({
  id: 'resnet',
  title: 'ResNet',
  summary: 'ResNet-18 to -152, for 32×32 images or as in torchvision.',
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
  },
  label: ({ depth, stem }) =>
    `ResNet-${depth}${{ small: '', large: ' (ImageNet)', smallTorchvision: ' (small images, torchvision)', pooledTorchvision: ' (3×3 stem with pooling, torchvision)' }[stem]}`,
  ...network,
  contrastivePoints,
  create(values, context) {
    const points = contrastivePoints(values)
    return { ...network.create(values, context), ...(points ? { contrastivePoints: points } : {}) }
  },
})
