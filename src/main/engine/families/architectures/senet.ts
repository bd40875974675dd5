import { choice, type ValuesOf } from '../../../../shared/schema'
import { globalAveragePool, relu, sigmoid } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { preActivationUnit } from './preActivation'
import { strided } from './residual'
import { depthOf, resnetUnits, stageChannels, stemChannels } from './resnetDepths'
import { createTrunk, inSequence } from './stages'
import { squeezeExcitation } from './squeezeExcitation'
import { defineArchitecture } from './types'

const params = {
  depth: choice({
    label: 'Depth',
    default: '18',
    help: 'Layers, those of squeeze and excitation not counted.',
    options: [
      { value: '18', label: '18' },
      { value: '34', label: '34' },
    ],
  }),
}
type SenetParameters = ValuesOf<typeof params>

/** Channels for each that is left between squeeze and excitation. */
const reduction = 16

const define: NetworkDefinition<SenetParameters> = (build, { depth }, problem) => {
  const trunk = createTrunk(build)
  let size = { height: problem.height, width: problem.width }
  let inputs: number = stemChannels
  trunk.stem(() => {
    const options = { inputs: problem.channels, outputs: stemChannels, kernel: 3, padding: 1, output: size }
    const conv1 = build.convolution('conv1', options)
    const bn1 = build.batchNorm('bn1', stemChannels)
    return (x, context) => relu(bn1(conv1(x, context), context))
  })
  stageChannels.forEach((outputs, stage) =>
    trunk.stage(() =>
      inSequence(
        Array.from({ length: resnetUnits[depth].units[stage] ?? 0 }, (_, unit) => {
          const name = `layer${stage + 1}.${unit}`
          const stride = stage > 0 && unit === 0 ? 2 : 1
          const options = { inputs, outputs, stride, input: size, output: strided(size, stride) }
          inputs = outputs
          size = options.output
          return preActivationUnit(build, name, {
            ...options,
            convolutions: [
              { outputs, kernel: 3, strides: true },
              { outputs, kernel: 3 },
            ],
            shortcut: 'shortcut.0',
            excite: () =>
              squeezeExcitation(build, [`${name}.fc1`, `${name}.fc2`], {
                ...{ inputs: outputs, channels: outputs / reduction },
                ...{ activation: relu, gate: sigmoid },
              }),
          })
        }),
      ),
    ),
  )
  const linear = build.linear('linear', { inputs, outputs: problem.classes })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = globalAveragePool(activations.at(-1) ?? images)
    return { logits: linear(features, context), activations, features }
  }
}

/**
 * ResNet of pre-activation units with squeeze and excitation, for small images. Activations: the four stage outputs.
 * Differs from the paper as its reference does: batch norm after the stem, none after the last unit.
 * Reference: Hu et al. 2018, arXiv:1709.01507; kuangliu/pytorch-cifar and SCLBD/BackdoorBench models/senet.py.
 */
export const senet = defineArchitecture({
  id: 'senet',
  title: 'SENet',
  summary: 'Pre-activation ResNet with squeeze and excitation for small images.',
  reference: {
    citation: 'Hu et al. 2018, Squeeze-and-Excitation Networks',
    link: 'https://arxiv.org/abs/1709.01507',
    place: 'BackdoorBench models/senet.py',
  },
  params,
  presets: { senet18: { title: 'SENet-18', params: { depth: '18' } } },
  candidates: (shapes) => [{ depth: depthOf(shapes, 'layer3', false) === '34' ? '34' : '18' }],
  label: ({ depth }) => `SENet-${depth}`,
  ...networkOf(define),
})
