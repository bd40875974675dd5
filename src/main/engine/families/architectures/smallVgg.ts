import * as tf from '@tensorflow/tfjs-core'
import type { ImageLayer } from '../../maths/nn/builder'
import { elu, maxPool } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { createTrunk, dropoutLayer } from './stages'
import { defineArchitecture } from './types'

const params = {}
const blocks = [
  { channels: 32, dropout: 0.3 },
  { channels: 64, dropout: 0.4 },
  { channels: 128, dropout: 0.4 },
] as const
/** Two times (convolution, batch norm, ELU), then pooling and dropout. */
const positionsPerBlock = 8

const define: NetworkDefinition<Record<never, never>> = (build, _params, problem) => {
  const trunk = createTrunk(build)
  let size = { height: problem.height, width: problem.width }
  let inputs = problem.channels
  trunk.stage(() => {
    const layers = blocks.flatMap((block, index) => {
      const at = (offset: number): string => `features.${index * positionsPerBlock + offset}`
      const pairs = [0, 3].map((offset): ImageLayer => {
        const convolution = build.convolution(at(offset), {
          inputs: offset === 0 ? inputs : block.channels,
          outputs: block.channels,
          kernel: 3,
          padding: 1,
          bias: true,
          output: size,
        })
        const norm = build.batchNorm(at(offset + 1), block.channels)
        return (x, context) => elu(norm(convolution(x, context), context))
      })
      inputs = block.channels
      size = { height: Math.floor(size.height / 2), width: Math.floor(size.width / 2) }
      const kept = dropoutLayer(block.dropout, index)
      const pool: ImageLayer = (x, context) => kept(maxPool(x, 2, 2), context)
      return [...pairs, pool]
    })
    return (x, context) => layers.reduce((value, layer) => layer(value, context), x)
  })
  const length = size.height * size.width * inputs
  const classifier = build.linear('classifier', {
    inputs: length,
    outputs: problem.classes,
    fromImage: [size.height, size.width, inputs],
  })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = tf.reshape(activations.at(-1) ?? images, [-1, length]) as tf.Tensor2D
    return { logits: classifier(features, context), activations, features }
  }
}

/**
 * The network that ABD calls VGG16 for GTSRB: six 3×3 convolutions with batch norm and ELU, three times pooled, dropout
 * .3, .4, .4, one linear layer.
 * Activation: the feature map before the linear layer. Dropout acts in training steps that bring a seed.
 * Reference: Zeng et al. 2022 (I-BAU); ABD zskt/models/vgg.py.
 */
export const smallVgg = defineArchitecture({
  id: 'small_vgg',
  title: 'Small VGG (GTSRB)',
  summary: 'Six convolutions with ELU and dropout; called VGG16 in the reference, for GTSRB.',
  reference: {
    citation: 'Zeng et al. 2022, Adversarial unlearning of backdoors via implicit hypergradient',
    link: 'https://arxiv.org/abs/2110.03735',
    place: 'ABD zskt/models/vgg.py',
  },
  params,
  label: () => 'Small VGG',
  ...networkOf(define),
})
