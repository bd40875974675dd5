/** Every operator that is read from ONNX files computes what ONNX Runtime computes. */
import * as tf from '@tensorflow/tfjs-core'
import { env, InferenceSession, Tensor } from 'onnxruntime-web'
import { beforeAll, describe, expect, it } from 'vitest'
import { describeGraph, onnxGraph } from '../../../src/main/engine/families/architectures/onnx'
import { operators } from '../../../src/main/engine/families/architectures/onnx/operators'
import { readOnnx } from '../../../src/main/engine/families/importers/onnx/model'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { loadWeights } from '../../../src/main/engine/weights/network'
import { readTensor } from '../../../src/main/engine/weights/stored'
import type { WeightMap } from '../../../src/main/engine/weights/weightMap'
import { onnxFile, waves, type CraftModel, type CraftNode, type CraftTensor } from '../importers/craft/onnx'
import { memorySource } from '../importers/craft/memorySource'

beforeAll(async () => {
  env.wasm.numThreads = 1
  await startTensorFlow()
})

const images = 2
const [channels, side] = [3, 8]

interface Case extends Partial<CraftModel> {
  /** The operator that the case is about, where it is not its name. */
  operator?: string
  nodes: readonly CraftNode[]
  /** Extents of one image after the nodes; default: as before. */
  shape?: readonly number[]
}

const weight = (name: string, shape: readonly number[], scale = 0.4): CraftTensor => ({
  name,
  shape,
  values: waves(
    shape.reduce((product, extent) => product * extent, 1),
    scale,
    name.length,
  ),
})
const whole = (name: string, ...values: number[]): CraftTensor => ({
  name,
  shape: [values.length],
  values,
  integers: true,
})
const one = (name: string, value: number): CraftTensor => ({ name, shape: [], values: [value] })
const of = (op: string, attributes: CraftNode['attributes'] = {}, ...others: string[]): CraftNode => ({
  op,
  inputs: ['x', ...others],
  outputs: ['z'],
  attributes,
})
const unary = (op: string, attributes?: CraftNode['attributes']): Case => ({ nodes: [of(op, attributes)] })
/** What is defined for positive numbers alone. */
const positive = (op: string): Case => ({
  nodes: [
    { op: 'Mul', inputs: ['x', 'x'], outputs: ['square'] },
    { op: 'Add', inputs: ['square', 'half'], outputs: ['p'] },
    { op, inputs: ['p'], outputs: ['z'] },
  ],
  tensors: [one('half', 0.5)],
})
const normTensors = ['scale', 'shift', 'mean'].map((name) => weight(name, [3]))
const variance: CraftTensor = { name: 'variance', shape: [3], values: [0.5, 1.5, 1] }
const binary = (op: string): Case => ({
  nodes: [of(op, {}, 'w')],
  tensors: [{ ...weight('w', [3, 1, 8]), values: waves(24, 0.4).map((value) => value + 1) }],
})
const filters = (name: string, ...shape: number[]): CraftTensor => weight(name, shape)

const cases: Record<string, Case> = {
  Conv: {
    nodes: [of('Conv', { pads: [1, 1, 1, 1], kernel_shape: [3, 3] }, 'w', 'b')],
    tensors: [filters('w', 4, 3, 3, 3), filters('b', 4)],
    shape: [4, 8, 8],
  },
  'Conv, stride 2 and padding on one side': {
    nodes: [of('Conv', { pads: [0, 0, 1, 1], strides: [2, 2] }, 'w')],
    tensors: [filters('w', 4, 3, 3, 3)],
    shape: [4, 4, 4],
  },
  'Conv, automatic padding': {
    nodes: [of('Conv', { auto_pad: 'SAME_LOWER', strides: [2, 2] }, 'w')],
    tensors: [filters('w', 2, 3, 3, 3)],
    shape: [2, 4, 4],
  },
  'Conv, one group for each channel': {
    nodes: [of('Conv', { group: 3, pads: [1, 1, 1, 1] }, 'w')],
    tensors: [filters('w', 3, 1, 3, 3)],
  },
  'Conv, groups': { nodes: [of('Conv', { group: 3 }, 'w')], tensors: [filters('w', 6, 1, 1, 1)], shape: [6, 8, 8] },
  MaxPool: { nodes: [of('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })], shape: [3, 4, 4] },
  'MaxPool, last window cut off': {
    nodes: [of('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 })],
    shape: [3, 4, 4],
  },
  AveragePool: { nodes: [of('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })] },
  'AveragePool, padding counted': {
    nodes: [of('AveragePool', { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], count_include_pad: 1 })],
    shape: [3, 4, 4],
  },
  GlobalAveragePool: { nodes: [of('GlobalAveragePool')], shape: [3, 1, 1] },
  BatchNormalization: {
    nodes: [of('BatchNormalization', { epsilon: { float: 0.01 } }, 'scale', 'shift', 'mean', 'variance')],
    tensors: [...normTensors, variance],
  },
  InstanceNormalization: {
    nodes: [of('InstanceNormalization', {}, 'scale', 'shift')],
    tensors: normTensors.slice(0, 2),
  },
  LayerNormalization: {
    nodes: [of('LayerNormalization', { axis: -1 }, 'w', 'b')],
    tensors: [weight('w', [8]), weight('b', [8])],
  },
  Relu: unary('Relu'),
  LeakyRelu: unary('LeakyRelu', { alpha: { float: 0.1 } }),
  PRelu: { nodes: [of('PRelu', {}, 'w')], tensors: [weight('w', [3, 1, 1])] },
  Clip: { nodes: [of('Clip', {}, 'low', 'high')], tensors: [one('low', -0.5), one('high', 0.75)] },
  'Clip, 0 to 6': { nodes: [of('Clip', {}, 'low', 'high')], tensors: [one('low', 0), one('high', 6)] },
  'Clip, bounds as attributes': { nodes: [of('Clip', { min: { float: 0 } })], operatorSet: 10 },
  Sigmoid: unary('Sigmoid'),
  HardSigmoid: unary('HardSigmoid', { alpha: { float: 0.25 }, beta: { float: 0.4 } }),
  HardSwish: unary('HardSwish'),
  Tanh: unary('Tanh'),
  Elu: unary('Elu', { alpha: { float: 0.7 } }),
  Erf: unary('Erf'),
  Gelu: { ...unary('Gelu'), operatorSet: 20 },
  'Gelu, tanh': { ...unary('Gelu', { approximate: 'tanh' }), operatorSet: 20 },
  Softplus: unary('Softplus'),
  Exp: unary('Exp'),
  Log: positive('Log'),
  Sqrt: positive('Sqrt'),
  Reciprocal: positive('Reciprocal'),
  Neg: unary('Neg'),
  Add: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  Div: binary('Div'),
  'Sub, a number first': {
    nodes: [{ op: 'Sub', inputs: ['number', 'x'], outputs: ['z'] }],
    tensors: [one('number', 1.5)],
  },
  Pow: { nodes: [of('Pow', {}, 'number')], tensors: [one('number', 2)] },
  Max: binary('Max'),
  Min: binary('Min'),
  Sum: { nodes: [of('Sum', {}, 'x', 'w')], tensors: [weight('w', [1, 3, 1, 1])] },
  Cast: unary('Cast', { to: 1 }),
  Gemm: {
    nodes: [
      { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
      {
        op: 'Gemm',
        inputs: ['f', 'w', 'b'],
        outputs: ['z'],
        attributes: { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } },
      },
    ],
    tensors: [weight('w', [5, 192], 0.1), weight('b', [5])],
    shape: [5],
  },
  MatMul: { nodes: [of('MatMul', {}, 'w')], tensors: [weight('w', [8, 5])], shape: [3, 8, 5] },
  'MatMul, of two tensors': {
    nodes: [
      { op: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: [0, 1, 3, 2] } },
      { op: 'MatMul', inputs: ['x', 't'], outputs: ['z'] },
    ],
  },
  Softmax: unary('Softmax', { axis: 1 }),
  LogSoftmax: unary('LogSoftmax', { axis: -1 }),
  Identity: unary('Identity'),
  Dropout: unary('Dropout'),
  ReduceMean: { nodes: [of('ReduceMean', { axes: [2, 3], keepdims: 0 })], shape: [3] },
  ReduceSum: { nodes: [of('ReduceSum', {}, 'axes')], tensors: [whole('axes', 1)], shape: [1, 8, 8] },
  Reshape: { nodes: [of('Reshape', {}, 'to')], tensors: [whole('to', 0, 3, 4, -1)], shape: [3, 4, 16] },
  'Reshape, to tokens': {
    nodes: [
      of('Reshape', {}, 'to'),
      { op: 'Transpose', inputs: ['z'], outputs: ['t'], attributes: { perm: [0, 2, 1] } },
      { op: 'Relu', inputs: ['t'], outputs: ['u'] },
    ],
    tensors: [whole('to', 0, 3, 64)],
    outputs: ['u'],
    shape: [64, 3],
  },
  Flatten: { nodes: [of('Flatten')], shape: [192] },
  Transpose: { nodes: [of('Transpose', { perm: [0, 2, 3, 1] })], shape: [8, 8, 3] },
  Squeeze: {
    nodes: [
      { op: 'ReduceMean', inputs: ['x'], outputs: ['m'], attributes: { axes: [1] } },
      { op: 'Squeeze', inputs: ['m', 'axes'], outputs: ['z'] },
    ],
    tensors: [whole('axes', 1)],
    shape: [8, 8],
  },
  Unsqueeze: { nodes: [of('Unsqueeze', {}, 'axes')], tensors: [whole('axes', 2)], shape: [3, 1, 8, 8] },
  Concat: { nodes: [{ op: 'Concat', inputs: ['x', 'x'], outputs: ['z'], attributes: { axis: 1 } }], shape: [6, 8, 8] },
  Slice: {
    nodes: [of('Slice', {}, 'from', 'to', 'axes')],
    tensors: [whole('from', 1, -4), whole('to', 3, 1000), whole('axes', 1, 2)],
    shape: [2, 4, 8],
  },
  'Slice, every second pixel': {
    nodes: [of('Slice', {}, 'from', 'to', 'axes', 'steps')],
    tensors: [whole('from', 0, 0), whole('to', 1000, 1000), whole('axes', 2, 3), whole('steps', 2, 2)],
    shape: [3, 4, 4],
  },
  Split: {
    nodes: [
      { op: 'Split', inputs: ['x', 'sizes'], outputs: ['a', 'b'], attributes: { axis: 1 } },
      { op: 'Concat', inputs: ['b', 'a'], outputs: ['z'], attributes: { axis: 1 } },
    ],
    tensors: [whole('sizes', 1, 2)],
  },
  Pad: {
    nodes: [of('Pad', {}, 'pads', 'value')],
    tensors: [whole('pads', 0, 0, 1, 2, 0, 1, 0, 1), one('value', 0.5)],
    shape: [4, 9, 11],
  },
  Gather: {
    nodes: [of('Gather', { axis: 1 }, 'place')],
    tensors: [{ name: 'place', shape: [], values: [2], integers: true }],
    shape: [8, 8],
  },
  'Gather, a list': {
    nodes: [of('Gather', { axis: 3 }, 'places')],
    tensors: [whole('places', 4, 0, -1)],
    shape: [3, 8, 3],
  },
  Expand: {
    nodes: [
      { op: 'ReduceMean', inputs: ['x'], outputs: ['m'], attributes: { axes: [1] } },
      { op: 'Expand', inputs: ['m', 'to'], outputs: ['z'] },
    ],
    tensors: [whole('to', 1, 3, 1, 8)],
  },
  'Expand, to the number of images': {
    nodes: [
      { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
      { op: 'Gather', inputs: ['shape', 'first'], outputs: ['count'] },
      { op: 'Concat', inputs: ['count', 'rest'], outputs: ['to'], attributes: { axis: 0 } },
      { op: 'Expand', inputs: ['token', 'to'], outputs: ['tokens'] },
      { op: 'Reshape', inputs: ['x', 'flat'], outputs: ['r'] },
      { op: 'Concat', inputs: ['tokens', 'r'], outputs: ['z'], attributes: { axis: 1 } },
    ],
    tensors: [whole('first', 0), whole('rest', 1, 64), whole('flat', 0, 3, 64), weight('token', [1, 1, 64])],
    shape: [4, 64],
    operator: 'Expand',
  },
}

/** The nodes, and a layer that makes logits of what they give: its weights mix all values. */
function modelOf({ nodes, tensors = [], shape = [channels, side, side], outputs = ['z'], operatorSet }: Case): Buffer {
  const count = shape.reduce((product, extent) => product * extent, 1)
  return onnxFile({
    nodes: [
      ...nodes,
      { op: 'Flatten', inputs: [outputs[0] ?? 'z'], outputs: ['flat_z'] },
      { op: 'MatMul', inputs: ['flat_z', 'head'], outputs: ['y'] },
    ],
    tensors: [...tensors, { name: 'head', shape: [count, 4], values: waves(count * 4, 0.2, 2) }],
    ...(operatorSet === undefined ? {} : { operatorSet }),
  })
}

async function classifierOf(bytes: Buffer) {
  const source = memorySource(bytes)
  const { graph, tensors } = await readOnnx(source)
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]))
  const { plan, params } = describeGraph(graph, shapes)
  const network = onnxGraph.create(params, {
    ...plan,
    stream: { normal: () => new Float32Array(), uniform: () => new Float32Array() },
    graph: { graph, shapes },
  })
  const read = new Set([...network.parameters, ...network.buffers].map(({ name }) => name))
  const weights: WeightMap = new Map()
  for (const [name, stored] of tensors) if (read.has(name)) weights.set(name, await readTensor(source, stored))
  loadWeights(network, weights)
  return network
}

describe('operators of ONNX', () => {
  it.each(Object.entries(cases))('%s', async (_name, made) => {
    const bytes = modelOf(made)
    const session = await InferenceSession.create(bytes)
    const network = await classifierOf(bytes)
    const x = tf.tensor4d(waves(images * side * side * channels, 1.5), [images, side, side, channels])
    const { y } = await session.run({
      x: new Tensor('float32', tf.transpose(x, [0, 3, 1, 2]).dataSync() as Float32Array, [
        images,
        channels,
        side,
        side,
      ]),
    })
    const got = network.forward(x, { training: false }).logits
    const wanted = y?.data as Float32Array
    expect([...got.shape]).toEqual([...(y?.dims ?? [])])
    got.dataSync().forEach((value, index) => expect(value).toBeCloseTo(wanted[index] ?? NaN, 4))
    await session.release()
    network.dispose()
  })

  it('are all tried', () => {
    const tried = new Set(Object.entries(cases).map(([name, { operator }]) => operator ?? name.split(',')[0] ?? ''))
    expect([...operators.keys()].filter((name) => !tried.has(name))).toEqual([])
  })
})
