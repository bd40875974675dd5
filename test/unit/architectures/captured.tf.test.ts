/**
 * Each kind of layer inside a captured training step: the graph gives what the eager step gives, and takes over no
 * large constant.
 */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { architectures } from '../../../src/main/engine/families/architectures'
import { createZsktGenerator } from '../../../src/main/engine/families/architectures/generators/zskt'
import { createStepProgram, type NamedTensors, type StepFunction } from '../../../src/main/engine/graph'
import { selfRetrospectionStep } from '../../../src/main/engine/families/defenses/selfRetrospection/step'
import { klDivergence } from '../../../src/main/engine/maths/losses/divergence'
import { teacherStep } from '../../../src/main/engine/trainer/teacherStep'
import { applyUpdates, differentiate, type Classifier, type NetworkState } from '../../../src/main/engine/maths/nn'
import { createAdam, createSgd, type Optimizer } from '../../../src/main/engine/families/optimizers'
import { mean } from '../../../src/main/engine/maths/ops'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { defaultsOf } from '../../../src/shared/schema'

beforeAll(async () => {
  await startTensorFlow()
})

const side = 32
const count = 4
const classes = 5

const make = (id: string, params: Record<string, string | number | boolean> = {}): Classifier => {
  const member = architectures.get(id)
  return member.create({ ...defaultsOf(member.params), ...params } as never, {
    classes,
    channels: 3,
    height: side,
    width: side,
    stream: createStream(1, id),
  })
}

/** Largest difference of a and b as a share of b's largest value. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [largest, scale] = [0, 1e-6]
  for (let index = 0; index < b.length; index++) {
    largest = Math.max(largest, Math.abs((a[index] ?? NaN) - (b[index] ?? NaN)))
    scale = Math.max(scale, Math.abs(b[index] ?? NaN))
  }
  return largest / scale
}

/**
 * A unit at a ReLU's kink falls on either side, and biases that begin at zero consist of their first gradient alone.
 */
const tolerance = 0.02

function expectSame(
  network: NetworkState,
  optimizer: Optimizer,
  step: StepFunction,
  makeArguments: () => NamedTensors,
): void {
  const variables = [...network.parameters, ...network.buffers]
    .map(({ variable }) => variable)
    .concat(Object.values(optimizer.slots))
  const before = variables.map((variable) => variable.dataSync().slice())
  const args = tf.tidy(makeArguments)
  const eager = step(args)
  const after = variables.map((variable) => variable.dataSync().slice())
  variables.forEach((variable, index) =>
    tf.tidy(() => variable.assign(tf.tensor(before[index] as Float32Array, variable.shape))),
  )
  const program = createStepProgram({ mode: 'graph' })
  const captured = program.compile('step', step).run(args)
  program.readState()
  for (const [name, tensor] of Object.entries(eager))
    expect(difference(captured[name]?.dataSync() ?? [], tensor.dataSync()), name).toBeLessThan(tolerance)
  variables.forEach((variable, index) => {
    expect(difference(variable.dataSync(), after[index] ?? []), `variable ${index}`).toBeLessThan(tolerance)
  })
  tf.dispose([args, eager, captured])
  program.dispose()
}

describe('captured', () => {
  it.each([
    ['cifar_resnet', { depth: 8, shortcut: 'padding' }],
    ['cifar_resnet', { depth: 8 }],
    ['wrn', { depth: 10, width: 1, names: 'layer', bias: true }],
    ['senet', {}],
    ['cifar_resnext', { groups: '32x4d' }],
    ['cifar_resnext', { groups: '2x64d' }],
    ['small_vgg', {}],
    ['lenet', { half: true }],
    ['vgg', { depth: '8' }],
    ['vgg_torchvision', { depth: '11', head: 'pooled', hidden: 16 }],
    ['vgg_torchvision', { depth: '11', head: 'dropoutFirst', hidden: 16 }],
    ['mobilenet_v2', { width: 0.25, smallImages: true }],
    ['mobilenet_v3', { size: 'small', smallImages: true }],
    ['efficientnet', { layout: 'smallTorchvision' }],
    ['densenet', { depth: 16, growth: 8, layout: 'threeBlocks' }],
    ['googlenet', { layout: 'large' }],
    ['vit', { width: 64, depth: 2, heads: 2 }],
    ['shufflenet_v2', { size: '0.2', stem: 'small' }],
  ] as [string, Record<string, string | number | boolean>][])('teacher step of %s %o', (id, params) => {
    const network = make(id, params)
    const optimizer = createSgd(network.parameters, { momentum: 0.9, weightDecay: 5e-4 })
    expectSame(
      network,
      optimizer,
      (args) => teacherStep(network, optimizer, args),
      () => ({
        images: tf.randomNormal([count, side, side, 3], 0, 1, 'float32', 3),
        labels: tf.tensor1d([0, 1, 2, 3], 'int32'),
        learningRate: tf.scalar(0.01),
        dropoutSeed: tf.tensor1d([5, 6], 'int32'),
      }),
    )
    network.dispose()
    optimizer.dispose()
  })

  it('step of a ZSKT generator whose last block is no doubling', () => {
    const generator = createZsktGenerator({
      latent: 4,
      width: 16,
      channels: 3,
      height: 144,
      imageWidth: 144,
      stream: createStream(1, 'generator'),
    })
    const optimizer = createSgd(generator.parameters, { momentum: 0.9, weightDecay: 5e-4 })
    const step: StepFunction = (args) =>
      tf.tidy(() => {
        const { loss, outputs, gradients, updates } = differentiate(generator.parameters, (wanted) => {
          const images = generator.forward(args.codes as tf.Tensor2D, { training: true, updates: wanted })
          return { loss: mean<tf.Scalar>(tf.mul(images, tf.tanh(images))), outputs: { images } }
        })
        optimizer.apply(gradients, args.learningRate as tf.Scalar)
        applyUpdates(updates)
        return { loss, ...outputs }
      })
    expectSame(generator, optimizer, step, () => ({
      codes: tf.randomNormal([count, 4], 0, 1, 'float32', 3),
      learningRate: tf.scalar(0.01),
    }))
    generator.dispose()
    optimizer.dispose()
  })

  it.each([
    ['wrn', { depth: 10, width: 1 }, side],
    ['cifar_resnext', { groups: '32x4d' }, 16],
    ['vit', { width: 64, depth: 2, heads: 2 }, side],
  ] as [string, Record<string, string | number | boolean>, number][])(
    'Self-Retrospection with the hypergradient of %s %o, %i pixels',
    (id, params, pixels) => {
      const student = make(id, params)
      const optimizer = createAdam(student.parameters)
      const step: StepFunction = (args) =>
        selfRetrospectionStep(
          {
            student,
            optimizer,
            options: { penalty: 0.001, iterations: 5, step: 0.1 },
            distillationLoss: ({ logits }) => klDivergence(logits, args.teacherLogits as tf.Tensor2D),
          },
          args,
        )
      expectSame(student, optimizer, step, () => ({
        images: tf.randomNormal([count, pixels, pixels, 3], 0, 1, 'float32', 3),
        teacherLogits: tf.randomNormal([count, classes], 0, 1, 'float32', 4),
        perturbation: tf.randomNormal([1, pixels, pixels, 3], 0, 0.3, 'float32', 5),
        mask: tf.tensor4d([1, 0, 0, 1], [count, 1, 1, 1]),
        learningRate: tf.scalar(1e-3),
      }))
      student.dispose()
      optimizer.dispose()
    },
  )
})

describe('the levels that a definition tells', () => {
  it.each([
    ['wrn', { depth: 10, width: 1 }],
    ['resnet', { depth: '18' }],
    ['resnet', { depth: '18', stem: 'large' }],
    ['cifar_resnet', { depth: 8 }],
    ['preact_resnet', {}],
    ['senet', {}],
    ['cifar_resnext', {}],
    ['vgg', { depth: '8' }],
    ['vgg_torchvision', { depth: '11', head: 'linear' }],
    ['mobilenet_v2', { width: 0.25 }],
    ['mobilenet_v3', {}],
    ['efficientnet', {}],
    ['efficientnet', { layout: 'small' }],
    ['densenet', { growth: 4 }],
    ['densenet', { depth: 16, growth: 4, layout: 'threeBlocks' }],
    ['googlenet', {}],
    ['googlenet', { layout: 'large' }],
    ['googlenet', { layout: 'smallTorchvision' }],
    ['densenet', { growth: 4, layout: 'pooledTorchvision' }],
    ['vit', { width: 64, depth: 2, heads: 2 }],
    ['shufflenet_v2', { size: '0.2' }],
    ['lenet', {}],
  ] as [string, Record<string, string | number | boolean>][])('are the activations of %s %o', (id, params) => {
    const member = architectures.get(id)
    const network = make(id, params)
    const { levels } = member.outline({ ...defaultsOf(member.params), ...params } as never, {
      classes,
      channels: 3,
      height: side,
      width: side,
    })
    const sizes = tf.tidy(() =>
      network
        .forward(tf.zeros([1, side, side, 3]), { training: false })
        .activations.map(({ shape: [, height, width] }) => ({ height, width })),
    )
    expect(levels).toEqual(sizes)
    network.dispose()
  })
})
