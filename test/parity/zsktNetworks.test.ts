import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  applyUpdates,
  differentiate,
  type BatchStatistics,
  type ForwardContext,
  type NetworkState,
  type Parameter,
} from '../../src/main/engine/maths/nn'
import { weightsOf } from '../../src/main/engine/weights/network'
import { toFloat32 } from '../../src/main/engine/weights/weightMap'
import { sum } from '../../src/main/engine/maths/ops'
import { batchNormEpsilon } from '../../src/main/engine/maths/ops/batchNorm'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { arrayOf, floatsOf } from '../fixtures/npz'
import { missingShared } from '../fixtures/shared'
import {
  channelsFirst,
  goldenArrays,
  goldenClassifier,
  goldenGenerator,
  imagesOf,
  inFileOrder,
  length,
  relativeDistance,
  tensorOf,
  withoutGradient,
  type Arrays,
} from './golden'
import { boundOf, expectWithin } from './tolerances'

beforeAll(async () => {
  await startTensorFlow()
})

/** Of tolerances.json. */
type Part = 'WRN-16-1' | 'WRN-16-2' | 'generator'
const part = 'zsktNetworks'

/**
 * The generator's loss is the sum of squares behind its last batch norm, whose gradient vanishes but for ε (relative
 * size ε/σ²), so that what is left of it is the rounding of sums: in double precision in PyTorch's CPU batch norm, in
 * single precision in ours. End to end its bound therefore comes from the reference with moved sums; strictly it is
 * compared with the same loss written so that nothing cancels.
 */
const beforeLastNorm = (name: string): boolean => name.startsWith('layers.') && !name.startsWith('layers.12')

/** The quantity of it in tolerances.json, and what our own sums left of it: 3e-2 with one thread, 6e-2 once. */
const [cancelling, cancelledGradient] = ['gradient by moved sums', 0.08]

function expectGradient(
  parameter: Parameter,
  tensor: tf.Tensor,
  arrays: Arrays,
  quantity: string,
  network: Part,
): void {
  const gradient = inFileOrder(parameter, tensor)
  const { name } = parameter
  const full = arrays.has(`grad:${name}`)
  const measured = boundOf(part, network, `${quantity} ${name}`)
  const bound = quantity === cancelling ? Math.max(measured, cancelledGradient) : measured
  if (full) {
    expectWithin(relativeDistance(gradient, floatsOf(arrays, `grad:${name}`)), bound, `gradient of ${name}`)
    return
  }
  expectWithin(
    relativeDistance(gradient.slice(0, 512), floatsOf(arrays, `gradslice512:${name}`)),
    quantity === 'gradient' ? boundOf(part, network, `gradient ${name} part`) : bound,
    `part of the gradient of ${name}`,
  )
  const norm = Number(arrayOf(arrays, `gradnorm:${name}`).data[0])
  expectWithin(Math.abs(length(gradient) / norm - 1), bound, `length of the gradient of ${name}`)
}

function checkTrainingPass(
  network: NetworkState,
  arrays: Arrays,
  name: Part,
  forward: (context: ForwardContext) => tf.Tensor,
  asReference: (output: tf.Tensor) => ArrayLike<number>,
): void {
  tf.tidy(() => {
    const result = differentiate(network.parameters, (updates) => {
      const output = forward({ training: true, updates })
      return { loss: tf.mul(sum<tf.Scalar>(tf.square(output)), 1 / 8), outputs: { output } }
    })
    expectWithin(
      relativeDistance(asReference(result.outputs.output), floatsOf(arrays, 'train_out')),
      boundOf(part, name, name === 'generator' ? 'train images' : 'train logits'),
      'output',
    )
    network.parameters.forEach((parameter, index) => {
      const gradient = result.gradients[index] as tf.Tensor
      if (withoutGradient.has(parameter.name)) {
        expect(length(gradient.dataSync()), parameter.name).toBeLessThan(
          0.02 * length((result.gradients[index - 1] as tf.Tensor).dataSync()),
        )
        return
      }
      expectGradient(parameter, gradient, arrays, beforeLastNorm(parameter.name) ? cancelling : 'gradient', name)
    })
    applyUpdates(result.updates)
  })
  const after = weightsOf(network)
  for (const { name: buffer } of network.buffers) {
    const tensor = after.get(buffer)
    if (!tensor) throw new Error(`${buffer} is missing`)
    const wanted = floatsOf(arrays, `train_buf:${buffer}`)
    if (buffer.endsWith('num_batches_tracked')) expect([...toFloat32(tensor)], buffer).toEqual([...wanted])
    else expectWithin(relativeDistance(toFloat32(tensor), wanted), boundOf(part, name, `buffer ${buffer}`), buffer)
  }
}

describe.skipIf(missingShared('golden', 'g1_models'))('networks of the ZSKT side against the reference', () => {
  for (const width of [1, 2] as const) {
    it(`WRN-16-${width}: logits and activations in evaluation mode`, async () => {
      const network = await goldenClassifier(width)
      const arrays = goldenArrays('g1_models', `wrn16_${width}_io.npz`)
      tf.tidy(() => {
        const { logits, activations } = network.forward(imagesOf(arrays, 'input'), { training: false })
        const bound = (quantity: string): number => boundOf(part, `WRN-16-${width}`, `eval ${quantity}`)
        expectWithin(relativeDistance(logits.dataSync(), floatsOf(arrays, 'eval_out')), bound('logits'), 'logits')
        expect(activations).toHaveLength(3)
        activations.forEach((activation, level) => {
          const whole = `eval_act${level + 1}`
          const wanted = floatsOf(arrays, arrays.has(whole) ? whole : `${whole}_first2`)
          expectWithin(
            relativeDistance(channelsFirst(activation).slice(0, wanted.length), wanted),
            bound(`activation ${level + 1}`),
            whole,
          )
        })
      })
      network.dispose()
    })

    it(`WRN-16-${width}: training pass, running statistics and gradients`, async () => {
      const network = await goldenClassifier(width)
      const arrays = goldenArrays('g1_models', `wrn16_${width}_io.npz`)
      const images = imagesOf(arrays, 'input')
      checkTrainingPass(
        network,
        arrays,
        `WRN-16-${width}`,
        (context) => network.forward(images, context).logits,
        (output) => output.dataSync(),
      )
      network.dispose()
      images.dispose()
    })

    it(`WRN-16-${width}: the twice differentiable pass gives the same`, async () => {
      const network = await goldenClassifier(width)
      const arrays = goldenArrays('g1_models', `wrn16_${width}_io.npz`)
      const images = imagesOf(arrays, 'input')
      checkTrainingPass(
        network,
        arrays,
        `WRN-16-${width}`,
        (context) => network.forward(images, { ...context, twiceDifferentiable: true }).logits,
        (output) => output.dataSync(),
      )
      network.dispose()
      images.dispose()
    })
  }

  it('ZSKT generator: images in evaluation mode', async () => {
    const network = await goldenGenerator()
    const arrays = goldenArrays('g1_models', 'zskt_generator_io.npz')
    const images = tf.tidy(() =>
      channelsFirst(network.forward(tensorOf<tf.Tensor2D>(arrays, 'input'), { training: false })),
    )
    expectWithin(
      relativeDistance(images, floatsOf(arrays, 'eval_out')),
      boundOf(part, 'generator', 'eval images'),
      'images',
    )
    network.dispose()
  })

  it('ZSKT generator: training pass, running statistics and gradients', async () => {
    const network = await goldenGenerator()
    const arrays = goldenArrays('g1_models', 'zskt_generator_io.npz')
    const codes = tensorOf<tf.Tensor2D>(arrays, 'input')
    checkTrainingPass(
      network,
      arrays,
      'generator',
      (context) => network.forward(codes, context),
      (output) => channelsFirst(output),
    )
    network.dispose()
    codes.dispose()
  })

  it('ZSKT generator: gradients before the last batch norm, without cancellation', async () => {
    const network = await goldenGenerator()
    const arrays = goldenArrays('g1_models', 'zskt_generator_io.npz')
    const scale = network.parameters.find(({ name }) => name === 'layers.12.weight')?.variable.dataSync() ?? []
    tf.tidy(() => {
      const codes = tensorOf<tf.Tensor2D>(arrays, 'input')
      // Σ y² / 8 of y = γ (u − μ) / √(σ² + ε) + β is, channel by channel, n/8 · (γ² σ² / (σ² + ε) + β²) with n images
      // and pixels: a function of σ² alone, of slope n/8 · γ² ε / (σ² + ε)².
      const { gradients } = differentiate(network.parameters, (updates) => {
        const statistics: BatchStatistics[] = []
        const { shape } = network.forward(codes, { training: true, updates, statistics })
        const { variance } = statistics.at(-1) as BatchStatistics
        const slopes = Array.from(
          variance.dataSync(),
          (value, channel) =>
            (((shape[0] * shape[1] * shape[2]) / 8) * (scale[channel] ?? NaN) ** 2 * batchNormEpsilon) /
            (value + batchNormEpsilon) ** 2,
        )
        return { loss: sum<tf.Scalar>(tf.mul(variance, slopes)), outputs: {} }
      })
      network.parameters.forEach((parameter, index) => {
        if (beforeLastNorm(parameter.name) && !withoutGradient.has(parameter.name))
          expectGradient(parameter, gradients[index] as tf.Tensor, arrays, 'gradient', 'generator')
      })
    })
    network.dispose()
  })
})
