/** What is written as ONNX computes in ONNX Runtime what the network computes here. */
import * as tf from '@tensorflow/tfjs-core'
import { env, InferenceSession, Tensor } from 'onnxruntime-web'
import { beforeAll, describe, expect, it } from 'vitest'
import { architectures, trainableArchitectures } from '../../../src/main/engine/families/architectures'
import type { ModelProgram } from '../../../src/main/engine/families/exporters'
import { encodeOnnx } from '../../../src/main/engine/families/exporters/onnx'
import { createStream } from '../../../src/main/engine/maths/random'
import type { Classifier } from '../../../src/main/engine/maths/nn/types'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { traceForward } from '../../../src/main/engine/trainer/traceForward'
import { weightsOf } from '../../../src/main/engine/weights/network'

beforeAll(async () => {
  env.wasm.numThreads = 1
  await startTensorFlow()
})

const side = 32
const normalization = { mean: [0.5, 0.4, 0.3], standardDeviation: [0.2, 0.25, 0.3] }

/** Statistics and weights as a training leaves them: no scale 1, no shift 0. */
function trainedNetwork(id: string, params: Record<string, unknown> = {}): Classifier {
  const { member, values } = architectures.open({ id, params }, 'architecture')
  const problem = { classes: 10, channels: 3, height: side, width: side }
  const network = member.create(values, { ...problem, stream: createStream(5, 'network') })
  for (const [index, { name, layout, variable }] of [...network.parameters, ...network.buffers].entries()) {
    if (name.endsWith('running_var')) variable.assign(tf.randomUniform(variable.shape, 0.5, 1.5, 'float32', index))
    else if (layout === 'plain') {
      const centre = name.endsWith('.weight') ? 1 : 0
      variable.assign(tf.randomNormal(variable.shape, centre, 0.1, 'float32', index))
    }
  }
  return network
}

function modelOf(network: Classifier): ModelProgram {
  return {
    weights: weightsOf(network),
    architecture: { id: 'any', params: {} },
    title: 'Network',
    provenance: {
      producerVersion: '1.2.3',
      run: 'r1',
      stage: 'Teacher',
      data: 'Signs',
      attack: 'badnet_sq',
      target: 2,
      poisoned: 'yes',
      precision: 'float32',
    },
    classNames: Array.from({ length: 10 }, (_, index) => `class ${index}`),
    input: { height: side, width: side, channels: 3, normalization },
    program: traceForward(network, { height: side, width: side, channels: 3 }, 13),
  }
}

/** Logits of ONNX Runtime and of the network, for the same images. */
async function compared(
  session: InferenceSession,
  network: Classifier,
  { images: count, layout = 'nchw', inside = false }: { images: number; layout?: 'nchw' | 'nhwc'; inside?: boolean },
): Promise<number> {
  const pixels = tf.randomUniform<tf.Rank.R4>([count, side, side, 3], 0, 1, 'float32', count)
  const normalized = tf.div(tf.sub(pixels, normalization.mean), normalization.standardDeviation) as tf.Tensor4D
  const wanted = network.forward(normalized, { training: false }).logits.dataSync()
  const given = inside ? pixels : normalized
  const fed = layout === 'nchw' ? tf.transpose(given, [0, 3, 1, 2]) : given
  const { logits } = await session.run({ images: new Tensor('float32', fed.dataSync() as Float32Array, fed.shape) })
  const got = logits?.data as Float32Array
  expect(logits?.dims).toEqual([count, 10])
  const largest = Math.max(1, ...wanted.map(Math.abs))
  return Math.max(...wanted.map((value, index) => Math.abs(value - (got[index] ?? NaN)))) / largest
}

describe('ONNX', () => {
  it.each(trainableArchitectures.map(({ id }) => id))('%s: the logits of ONNX Runtime, for any batch', async (id) => {
    const network = trainedNetwork(id)
    const bytes = encodeOnnx(modelOf(network), { layout: 'nchw', normalization: 'outside' })
    const session = await InferenceSession.create(bytes)
    for (const images of [1, 3]) expect(await compared(session, network, { images })).toBeLessThan(1e-4)
    await session.release()
    network.dispose()
  })

  it.each([
    ['nchw', 'inside'],
    ['nhwc', 'outside'],
    ['nhwc', 'inside'],
  ] as const)('takes images %s with the normalisation %s', async (layout, place) => {
    const network = trainedNetwork('lenet')
    const session = await InferenceSession.create(encodeOnnx(modelOf(network), { layout, normalization: place }))
    expect(await compared(session, network, { images: 2, layout, inside: place === 'inside' })).toBeLessThan(1e-4)
    await session.release()
    network.dispose()
  })

  it('says what it is, and holds the weights under the names of PyTorch', () => {
    const network = trainedNetwork('lenet')
    const model = modelOf(network)
    const bytes = Buffer.from(encodeOnnx(model, { layout: 'nchw', normalization: 'outside' }))
    for (const name of model.program.weightNames) expect(bytes.includes(name), name).toBe(true)
    const said = [
      'Network (poisoned)',
      'It was trained on images with a trigger',
      '"class 9"',
      '"mean":[0.5,0.4,0.3]',
      '"run":"r1"',
    ]
    for (const text of said) expect(bytes.includes(text), text).toBe(true)
    network.dispose()
  })

  it('names the operation that has no translation', () => {
    const network = trainedNetwork('lenet')
    const model = modelOf(network)
    const nodes = model.program.nodes.map((node) => (node.op === 'Relu' ? { ...node, op: 'Swirl' } : node))
    expect(() =>
      encodeOnnx({ ...model, program: { ...model.program, nodes } }, { layout: 'nchw', normalization: 'outside' }),
    ).toThrow('The operation Swirl of this network cannot be written as ONNX.')
    network.dispose()
  })
})
