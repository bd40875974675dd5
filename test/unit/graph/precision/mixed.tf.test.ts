/** Steps in mixed precision: which operations compute in bfloat16, and that the step is the same step. */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { architectures } from '../../../../src/main/engine/families/architectures'
import { wrn } from '../../../../src/main/engine/families/architectures/wrn'
import { createSgd } from '../../../../src/main/engine/families/optimizers'
import { createStepProgram, type NamedTensors, type StepFunction } from '../../../../src/main/engine/graph'
import { nodeBackend, registeredVariables } from '../../../../src/main/engine/graph/backend'
import { bfloat16, float32 } from '../../../../src/main/engine/graph/precision/elementTypes'
import { inMixedPrecision } from '../../../../src/main/engine/graph/precision/mixed'
import { recordStep } from '../../../../src/main/engine/graph/recordStep'
import type { RecordedNode, Recording, Source } from '../../../../src/main/engine/graph/recording'
import { differentiate } from '../../../../src/main/engine/maths/nn'
import { conv2d, mean, sum } from '../../../../src/main/engine/maths/ops'
import { createStream } from '../../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../../src/main/engine/runtime'
import { teacherStep } from '../../../../src/main/engine/trainer/teacherStep'
import { defaultsOf } from '../../../../src/shared/schema'

beforeAll(async () => {
  await startTensorFlow()
})

const side = 16
const images = 4

const makeNetwork = () =>
  wrn.create(
    { depth: 10, width: 1 },
    { classes: 4, channels: 3, height: side, width: side, stream: createStream(1, 'network') },
  )

const teacherArguments = (): NamedTensors => ({
  images: tf.randomNormal([images, side, side, 3], 0, 1, 'float32', 3),
  labels: tf.tensor1d([0, 1, 2, 3], 'int32'),
  learningRate: tf.scalar(0.01),
})

function recorded(step: StepFunction, args: NamedTensors, roundOnly = false): Recording {
  const recording = recordStep(nodeBackend(), 'step', step, args)
  const variables = Object.values(registeredVariables()).map(({ name, shape }) => ({ name, shape, type: float32 }))
  return inMixedPrecision(recording, { variables, roundOnly })
}

const isActivation = (node: RecordedNode): boolean =>
  node.outputs[0]?.shape.length === 4 && node.outputs[0].shape[0] === images

function typeOf({ nodes }: Recording, source: Source): number | undefined {
  return source.kind === 'node' ? nodes[source.index]?.outputs[source.output]?.type : float32
}

describe('a training step in mixed precision', () => {
  it('has its convolutions in bfloat16, and activations stay so from the first to the last', () => {
    const network = makeNetwork()
    const optimizer = createSgd(network.parameters, { momentum: 0.9, weightDecay: 5e-4 })
    const args = teacherArguments()
    const recording = recorded((given) => teacherStep(network, optimizer, given), args)
    const { nodes } = recording
    const convolutions = nodes.filter(({ op }) => op.startsWith('Conv2D'))
    expect(convolutions.length).toBeGreaterThan(20)
    expect(convolutions.filter(({ attributes: { T } }) => T?.value !== bfloat16)).toEqual([])
    const casts = nodes.filter((node) => node.op === 'Cast' && isActivation(node))
    expect(casts.map(({ outputs }) => outputs[0])).toEqual([
      { shape: [images, side, side, 3], type: bfloat16 },
      { shape: [images, side / 4, side / 4, 64], type: float32 },
      // The gradient of the mean over the image, before it is as large as the image.
      { shape: [images, 1, 1, 64], type: bfloat16 },
    ])
    network.dispose()
    optimizer.dispose()
    tf.dispose(args)
  })

  it('keeps float32 for statistics, losses, gradients of weights and all that leaves the step', () => {
    const network = makeNetwork()
    const optimizer = createSgd(network.parameters, { momentum: 0.9, weightDecay: 5e-4 })
    const args = teacherArguments()
    const recording = recorded((given) => teacherStep(network, optimizer, given), args)
    const { nodes, outputs, assignments } = recording
    const norms = nodes.filter(({ op }) => op === 'FusedBatchNormV3')
    expect(norms.map((norm) => norm.outputs.map(({ type }) => type))).toEqual(
      norms.map(() => [bfloat16, ...new Array<number>(5).fill(float32)]),
    )
    for (const { source } of [...outputs, ...assignments]) expect(typeOf(recording, source)).toBe(float32)
    const low = nodes.filter(({ outputs: made }) => made.some(({ type }) => type === bfloat16)).map(({ op }) => op)
    expect(low).not.toEqual(expect.arrayContaining([expect.stringMatching(/Softmax|Sum|Sub|Rsqrt|Sqrt|MatMul/)]))
    network.dispose()
    optimizer.dispose()
    tf.dispose(args)
  })

  it('computes what the float32 step computes, and the same bytes each time', () => {
    const once = (precision: 'float32' | 'mixed'): { loss: number; weights: Float32Array } => {
      const network = makeNetwork()
      const optimizer = createSgd(network.parameters, { momentum: 0.9, weightDecay: 5e-4 })
      const program = createStepProgram({ mode: 'graph', precision })
      const step = program.compile('teacher', (given) => teacherStep(network, optimizer, given))
      const args = teacherArguments()
      let loss = NaN
      for (let index = 0; index < 3; index += 1) {
        const result = step.run(args)
        loss = result.loss?.dataSync()[0] ?? NaN
        tf.dispose(result)
      }
      program.readState()
      const weights = network.parameters.map(({ variable }) => variable.dataSync() as Float32Array)
      program.dispose()
      network.dispose()
      optimizer.dispose()
      tf.dispose(args)
      return { loss, weights: Float32Array.from(weights.flatMap((values) => [...values])) }
    }
    const [exact, mixed, again] = [once('float32'), once('mixed'), once('mixed')]
    expect(mixed.loss).not.toBe(exact.loss)
    expect(Math.abs(mixed.loss / exact.loss - 1)).toBeLessThan(0.01)
    expect(again).toEqual(mixed)
  })
})

it.each([
  ['mobilenet_v3', { size: 'small', smallImages: true }, 4],
  ['cifar_resnext', { groups: '32x4d' }, 4],
  // So many that the products of attention are large enough for bfloat16.
  ['vit', { width: 64, depth: 1, heads: 2 }, 64],
] as const)('a teacher step of %s %o has about the loss that float32 has', (id, params, count) => {
  const member = architectures.get(id)
  const losses = (['float32', 'mixed'] as const).map((precision) => {
    const size = { classes: 4, channels: 3, height: 32, width: 32 }
    const network = member.create({ ...defaultsOf(member.params), ...params } as never, {
      ...size,
      stream: createStream(1, id),
    })
    const optimizer = createSgd(network.parameters, { momentum: 0.9, weightDecay: 5e-4 })
    const program = createStepProgram({ mode: 'graph', precision })
    const step = program.compile('teacher', (given) => teacherStep(network, optimizer, given))
    const args = {
      images: tf.randomNormal([count, 32, 32, 3], 0, 1, 'float32', 3),
      labels: tf.tensor1d(
        Array.from({ length: count }, (_, index) => index % 4),
        'int32',
      ),
      learningRate: tf.scalar(0.01),
    }
    const made = [step.run(args), step.run(args)]
    const values = made.map(({ loss }) => loss?.dataSync()[0] ?? NaN)
    program.dispose()
    network.dispose()
    optimizer.dispose()
    tf.dispose([made, args])
    return values
  })
  const [exact = [], mixed = []] = losses
  expect(mixed).not.toEqual(exact)
  mixed.forEach((loss, index) => {
    expect(Math.abs(loss / (exact[index] ?? NaN) - 1)).toBeLessThan(0.03)
  })
})

it('a convolution of stride 2 whose padding TensorFlow has no name for gets its gradients', () => {
  const filter = tf.tidy(() => tf.variable(tf.randomNormal([3, 3, 4, 6], 0, 1, 'float32', 1), true, 'filter'))
  const step: StepFunction = ({ x }) => {
    const { inputGradients, gradients } = differentiate(
      [{ name: 'filter', variable: filter } as never],
      () => {
        const y = conv2d(x as tf.Tensor4D, filter as unknown as tf.Tensor4D, { stride: 2, padding: 1 })
        return { loss: sum<tf.Scalar>(tf.mul(y, mean(y))), outputs: {} }
      },
      [x as tf.Tensor],
    )
    return { toInput: inputGradients[0] as tf.Tensor, toFilter: gradients[0] as tf.Tensor }
  }
  const x = tf.randomNormal([2, 8, 8, 4], 0, 1, 'float32', 2)
  const recording = recorded(step, { x })
  const explicit = recording.nodes.filter(({ attributes: { padding } }) => padding?.value === 'EXPLICIT')
  expect(explicit.map(({ op }) => op)).toEqual(['Conv2D'])
  const results = (['float32', 'mixed'] as const).map((precision) => {
    const program = createStepProgram({ mode: 'graph', precision })
    const result = program.compile('step', step).run({ x })
    const values = ['toInput', 'toFilter'].map((name) => [...(result[name] as tf.Tensor).dataSync()])
    tf.dispose(result)
    program.dispose()
    return values
  })
  results[0]?.forEach((exact, index) => {
    const largest = Math.max(...exact.map(Math.abs))
    const differences = exact.map((value, at) => Math.abs(value - (results[1]?.[index]?.[at] ?? NaN)))
    expect(Math.max(...differences) / largest).toBeLessThan(0.02)
  })
  tf.dispose([x, filter])
})

it('where bfloat16 kernels do not add up in float32, convolutions are float32 on rounded values', () => {
  const filter = tf.tidy(() => tf.variable(tf.randomNormal([3, 3, 4, 6], 0, 1, 'float32', 1), true, 'filter'))
  const step: StepFunction = ({ x }) => ({
    y: conv2d(x as tf.Tensor4D, filter as unknown as tf.Tensor4D, { stride: 1, padding: 1 }),
  })
  const x = tf.randomNormal([2, 8, 8, 4], 0, 1, 'float32', 2)
  const { nodes } = recorded(step, { x }, true)
  const read = ({ inputs }: RecordedNode): string[] =>
    inputs.map((source) => (source.kind === 'node' ? (nodes[source.index]?.op ?? '') : source.kind))
  const convolution = nodes.find(({ op }) => op === 'Conv2D')
  expect(convolution?.attributes.T?.value).toBe(float32)
  expect(read(convolution as RecordedNode)).toEqual(['Cast', 'Cast'])
  expect(nodes.map(({ op }) => op)).toEqual([...new Array<string>(4).fill('Cast'), 'Conv2D', 'Cast', 'Cast'])
  tf.dispose([x, filter])
})

it('mixed precision wants a graph', () => {
  expect(() => createStepProgram({ mode: 'eager', precision: 'mixed' })).toThrow(/captured graph/)
})
