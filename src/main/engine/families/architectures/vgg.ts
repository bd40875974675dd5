import { boolean, choice, type ValuesOf } from '../../../../shared/schema'
import { globalAveragePool, maxPool } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { createTrunk } from './stages'
import { defineArchitecture } from './types'
import { convolutionCounts, stageChannels, vggStage } from './vggStages'

const params = {
  depth: choice({
    label: 'Depth',
    default: '11',
    help: 'Layers with weights: convolutions and the last linear layer.',
    options: [
      { value: '8', label: '8' },
      { value: '11', label: '11' },
      { value: '13', label: '13' },
      { value: '16', label: '16' },
      { value: '19', label: '19' },
    ],
  }),
  batchNorm: boolean({
    label: 'Batch norm',
    default: true,
    help: 'After every convolution. The reference uses the variants with batch norm.',
  }),
}
type VggParameters = ValuesOf<typeof params>

/** From this image height on, the fourth stage is pooled too. */
const tall = 64

const define: NetworkDefinition<VggParameters> = (build, { depth, batchNorm }, problem) => {
  const trunk = createTrunk(build)
  let output = { height: problem.height, width: problem.width }
  let inputs = problem.channels
  const pools = [false, true, true, true, problem.height === tall]
  stageChannels.forEach((outputs, stage) =>
    trunk.stage(() => {
      const pooled = pools[stage] === true
      if (pooled) output = { height: Math.floor(output.height / 2), width: Math.floor(output.width / 2) }
      const layers = vggStage(build, {
        at: (position) => `block${stage}.${position}`,
        count: convolutionCounts[depth][stage] ?? 1,
        inputs,
        outputs,
        batchNorm,
        output,
      })
      inputs = outputs
      return (x, context) => layers(pooled ? maxPool(x, 2, 2) : x, context)
    }),
  )
  const classifier = build.linear('classifier', { inputs, outputs: problem.classes, initial: 0.01 })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(activations.at(-1) ?? images)
    return { logits: classifier(features, context), activations, features }
  }
}

/**
 * VGG in five blocks with global average pooling and one linear layer; the first three blocks are followed by 2×2 max
 * pooling (the fourth too at 64 pixels).
 * Activations: the five block outputs after ReLU, before pooling.
 * Reference: Simonyan & Zisserman 2015, arXiv:1409.1556; ABD cmi/datafree/models/classifiers/vgg.py.
 */
export const vgg = defineArchitecture({
  id: 'vgg',
  title: 'VGG',
  summary: 'VGG-8 to -19 in five blocks, with global average pooling.',
  reference: {
    citation: 'Simonyan & Zisserman 2015, Very deep convolutional networks',
    link: 'https://arxiv.org/abs/1409.1556',
    place: 'ABD cmi/datafree/models/classifiers/vgg.py',
  },
  params,
  batchNorm: { parameter: 'batchNorm' },
  presets: {
    vgg11: { title: 'VGG-11 with batch norm', params: { depth: '11' } },
    vgg8: { title: 'VGG-8 with batch norm', params: { depth: '8' } },
  },
  label: ({ depth, batchNorm }) => `VGG-${depth}${batchNorm ? '' : ' (no BN)'}`,
  ...networkOf(define),
})
