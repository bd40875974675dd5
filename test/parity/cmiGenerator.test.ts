import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, it } from 'vitest'
import { architectures } from '../../src/main/engine/families/architectures'
import { createCmiGenerator } from '../../src/main/engine/families/architectures/generators/cmi'
import { readSafetensors } from '../../src/main/engine/weights/safetensors/read'
import { differentiate, type Parameter } from '../../src/main/engine/maths/nn'
import { loadWeights } from '../../src/main/engine/weights/network'
import { sum } from '../../src/main/engine/maths/ops'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { floatsOf } from '../fixtures/npz'
import { missingShared } from '../fixtures/shared'
import { channelsFirst, goldenArrays, goldenPath, imagesOf, inFileOrder, relativeDistance, tensorOf } from './golden'
import { boundOf, expectWithin } from './tolerances'

beforeAll(async () => {
  await startTensorFlow()
})

describe.skipIf(missingShared('golden', 'g1_models_cmi'))('networks of the CMI side against the reference', () => {
  it('generator: images in both modes', async () => {
    const generator = createCmiGenerator({
      latent: 256,
      width: 8,
      large: false,
      channels: 3,
      height: 32,
      imageWidth: 32,
      stream: createStream(1, 'parity'),
    })
    loadWeights(
      generator,
      (await readSafetensors(goldenPath('g1_models_cmi', 'cmi_generator_nz256_ngf8.safetensors'))).tensors,
    )
    const arrays = goldenArrays('g1_models_cmi', 'cmi_generator_ngf8_io.npz')
    tf.tidy(() => {
      const codes = tensorOf<tf.Tensor2D>(arrays, 'z')
      for (const [name, training] of [
        ['ngf8_eval', false],
        ['ngf8_train', true],
      ] as const) {
        expectWithin(
          relativeDistance(channelsFirst(generator.forward(codes, { training })), floatsOf(arrays, name)),
          boundOf('cmiGenerator', training ? 'train images' : 'eval images'),
          name,
        )
      }
    })
    generator.dispose()
  })

  it('generator: gradients of the sum of squares', async () => {
    const generator = createCmiGenerator({
      latent: 256,
      width: 8,
      large: false,
      channels: 3,
      height: 32,
      imageWidth: 32,
      stream: createStream(1, 'parity'),
    })
    loadWeights(
      generator,
      (await readSafetensors(goldenPath('g1_models_cmi', 'cmi_generator_nz256_ngf8.safetensors'))).tensors,
    )
    const arrays = goldenArrays('g1_models_cmi', 'cmi_generator_ngf8_io.npz')
    tf.tidy(() => {
      const { gradients } = differentiate(generator.parameters, () => ({
        loss: sum<tf.Scalar>(tf.square(generator.forward(tensorOf<tf.Tensor2D>(arrays, 'z'), { training: true }))),
        outputs: {},
      }))
      for (const [name, wanted] of [
        ['l1.0.bias', 'ngf8_grad_l1_bias'],
        ['conv_blocks.2.weight', 'ngf8_grad_conv'],
      ] as const) {
        const index = generator.parameters.findIndex((parameter) => parameter.name === name)
        expectWithin(
          relativeDistance(
            inFileOrder(generator.parameters[index] as Parameter, gradients[index] as tf.Tensor),
            floatsOf(arrays, wanted),
          ),
          boundOf('cmiGenerator', `gradient ${name}`),
          name,
        )
      }
    })
    generator.dispose()
  })

  it('ResNet-8: logits in both modes', async () => {
    const network = architectures
      .get('cifar_resnet')
      .create(
        { depth: 8, width: '1', shortcut: 'projection' },
        { classes: 10, channels: 3, height: 32, width: 32, stream: createStream(1, 'parity') },
      )
    loadWeights(
      network,
      (await readSafetensors(goldenPath('g1_models_cmi', 'cmi_resnet8_after_train_fwd.safetensors'))).tensors,
    )
    const arrays = goldenArrays('g1_models_cmi', 'cmi_resnet8_io.npz')
    tf.tidy(() => {
      const images = imagesOf(arrays, 'x')
      for (const [name, training] of [
        ['logits_eval_after', false],
        ['logits_train', true],
      ] as const) {
        expectWithin(
          relativeDistance(network.forward(images, { training }).logits.dataSync(), floatsOf(arrays, name)),
          boundOf('cmiGenerator', training ? 'train logits' : 'eval logits'),
          name,
        )
      }
    })
    network.dispose()
  })
})
