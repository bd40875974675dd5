/** Networks that come back from ONNX files: the same logits, batch norms, gradients and steps as before. */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { architectures, trainableArchitectures } from '../../../src/main/engine/families/architectures'
import { describeGraph, onnxGraph } from '../../../src/main/engine/families/architectures/onnx'
import { encodeOnnx } from '../../../src/main/engine/families/exporters/onnx'
import { readOnnx } from '../../../src/main/engine/families/importers/onnx/model'
import { createStepProgram } from '../../../src/main/engine/graph'
import { shuffledLayers } from '../../../src/main/engine/maths/losses/shufflingVaccine'
import { differentiate } from '../../../src/main/engine/maths/nn'
import type { BatchStatistics, Classifier, StateUpdate } from '../../../src/main/engine/maths/nn/types'
import { createStream } from '../../../src/main/engine/maths/random'
import { sum } from '../../../src/main/engine/maths/ops'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { traceForward } from '../../../src/main/engine/trainer/traceForward'
import { loadWeights, weightsOf } from '../../../src/main/engine/weights/network'
import { decodeGraph, encodeGraph } from '../../../src/main/engine/weights/onnxGraph'
import { readTensor } from '../../../src/main/engine/weights/stored'
import type { WeightMap } from '../../../src/main/engine/weights/weightMap'
import { memorySource } from '../importers/craft/memorySource'

beforeAll(() => startTensorFlow())

const image = { height: 32, width: 32, channels: 3 } as const

function original(id: string, params: Record<string, unknown> = {}): Classifier {
  const { member, values } = architectures.open({ id, params }, 'architecture')
  const network = member.create(values, { ...image, classes: 10, stream: createStream(3, 'original') })
  for (const [index, { name, variable }] of network.buffers.entries()) {
    if (name.endsWith('running_var')) variable.assign(tf.randomUniform(variable.shape, 0.5, 1.5, 'float32', index))
    if (name.endsWith('running_mean')) variable.assign(tf.randomNormal(variable.shape, 0, 0.1, 'float32', index))
  }
  return network
}

function fileOf(network: Classifier, layout: 'nchw' | 'nhwc' = 'nchw'): Uint8Array {
  const provenance = {
    producerVersion: '1',
    run: 'r',
    stage: 's',
    data: 'd',
    attack: 'a',
    target: 0,
    poisoned: 'no',
    precision: 'float32',
  } as const
  return encodeOnnx(
    {
      weights: weightsOf(network),
      architecture: { id: 'any', params: {} },
      title: 'Network',
      provenance,
      classNames: [],
      input: { ...image, normalization: { mean: [0, 0, 0], standardDeviation: [1, 1, 1] } },
      program: traceForward(network, image, 13),
    },
    { layout, normalization: 'outside' },
  )
}

/** Read from the file, kept as JSON, made again, as a run does it. */
async function copyOf(bytes: Uint8Array) {
  const source = memorySource(bytes)
  const read = await readOnnx(source)
  const shapes = new Map([...read.tensors].map(([name, { shape }]) => [name, shape]))
  const graph = decodeGraph(encodeGraph(read.graph), 'a test')
  const { params, plan } = describeGraph(graph, shapes)
  const network = onnxGraph.create(params, { ...plan, stream: createStream(1, 'copy'), graph: { graph, shapes } })
  const weights: WeightMap = new Map()
  for (const [name, stored] of read.tensors) weights.set(name, await readTensor(source, stored))
  loadWeights(network, weights)
  return { network, params, plan }
}

const images = () => tf.randomNormal([2, 32, 32, 3], 0, 1, 'float32', 9) as tf.Tensor4D
const distance = (left: tf.Tensor, right: tf.Tensor): number => tf.max(tf.abs(tf.sub(left, right))).dataSync()[0] ?? NaN

describe('a network that is exported and read again', () => {
  it.each(trainableArchitectures.map(({ id }) => id))('%s: has the same logits', async (id) => {
    const before = original(id)
    const { network, params, plan } = await copyOf(fileOf(before))
    const x = images()
    const wanted = before.forward(x, { training: false }).logits
    const got = network.forward(x, { training: false }).logits
    expect(distance(got, wanted)).toBeLessThan(1e-4)
    const norms = before.buffers.filter(({ name }) => name.endsWith('running_mean'))
    expect(plan.planner.norms).toHaveLength(norms.length)
    expect(params.batchNorm).toBe(norms.length > 0)
    expect(onnxGraph.label(params)).toContain('ONNX graph')
    expect(network.parameters.map(({ name }) => name).sort()).toEqual(before.parameters.map(({ name }) => name).sort())
    before.dispose()
    network.dispose()
  })

  it('has the statistics, updates and shuffled filters of the original in training mode', async () => {
    const before = original('resnet')
    const { network } = await copyOf(fileOf(before, 'nhwc'))
    const x = images()
    const run = (classifier: Classifier) => {
      const updates: StateUpdate[] = []
      const statistics: BatchStatistics[] = []
      const { logits, activations, features } = classifier.forward(x, { training: true, updates, statistics })
      return { logits, updates, statistics, features, levels: activations.map(({ shape }) => shape) }
    }
    const [wanted, got] = [run(before), run(network)]
    expect(distance(got.logits, wanted.logits)).toBeLessThan(1e-3)
    expect(got.statistics.map(({ layer }) => layer)).toEqual(wanted.statistics.map(({ layer }) => layer))
    expect(got.updates).toHaveLength(wanted.updates.length)
    wanted.updates.forEach(({ value }, index) =>
      expect(distance(got.updates[index]?.value as tf.Tensor, value)).toBeLessThan(1e-3),
    )
    expect(got.levels).toEqual(wanted.levels)
    expect(got.features?.shape).toEqual([2, 512])
    const shuffled = (classifier: Classifier): string[] =>
      shuffledLayers(classifier.parameters, 5).map(({ name }) => name)
    expect(shuffled(network).sort()).toEqual(shuffled(before).sort())
    before.dispose()
    network.dispose()
  })

  it('has second derivatives, and runs as a captured step', async () => {
    const before = original('wrn', { depth: 10, width: 1 })
    const { network } = await copyOf(fileOf(before))
    const x = images()
    const curvature = (classifier: Classifier): tf.Tensor => {
      const slope = tf.grad((input: tf.Tensor) => {
        const { logits } = classifier.forward(input as tf.Tensor4D, { training: false, twiceDifferentiable: true })
        return sum(tf.mul(logits, logits))
      })
      return tf.grad((input: tf.Tensor) => sum(tf.mul(slope(input), slope(input))))(x)
    }
    const [wanted, got] = [curvature(before), curvature(network)]
    const largest = tf.max(tf.abs(wanted)).dataSync()[0] ?? 0
    expect(largest).toBeGreaterThan(0)
    expect(distance(got, wanted) / largest).toBeLessThan(1e-3)
    const program = createStepProgram({ mode: 'graph' })
    const step = program.compile('step', (args) => {
      const input = args.images as tf.Tensor4D
      const { loss, inputGradients } = differentiate(
        network.parameters,
        () => ({ loss: sum<tf.Scalar>(network.forward(input, { training: true }).logits), outputs: {} }),
        [input],
      )
      return { loss, gradient: inputGradients[0] as tf.Tensor }
    })
    const { gradient } = step.run({ images: x })
    const eager = tf.grad((input: tf.Tensor) => sum(network.forward(input as tf.Tensor4D, { training: true }).logits))(
      x,
    )
    expect(distance(gradient as tf.Tensor, eager)).toBeLessThan(1e-3)
    program.dispose()
    before.dispose()
    network.dispose()
  })

  it('is refused for another data set, and without its file', async () => {
    const before = original('lenet')
    const bytes = fileOf(before)
    const source = memorySource(bytes)
    const { graph, tensors } = await readOnnx(source)
    const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]))
    const stream = createStream(1, 'copy')
    const make = (change: object, withGraph = true) =>
      onnxGraph.create({} as never, {
        ...image,
        classes: 10,
        stream,
        ...(withGraph && { graph: { graph, shapes } }),
        ...change,
      })
    expect(() => make({ classes: 43 })).toThrow(/different numbers of classes/)
    expect(() => make({ height: 28, width: 28 })).toThrow(/takes other images/)
    expect(() => make({}, false)).toThrow(/comes only with its file/)
    before.dispose()
  })
})
