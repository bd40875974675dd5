/** What an exporter of programs is given computes what the network computes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { tracedNodes } from '../../../examples/exporter/tracedNodes'
import { weightShapes } from '../../../examples/exporter/weightShapes'
import { architectures } from '../../../src/main/engine/families/architectures'
import { exporters, type Exporter, type ForwardProgram } from '../../../src/main/engine/families/exporters'
import { nodeBackend, typeNumber, type OpAttribute } from '../../../src/main/engine/graph/backend'
import { createStream } from '../../../src/main/engine/maths/random'
import type { Classifier } from '../../../src/main/engine/maths/nn/types'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { exportProgram } from '../../../src/main/engine/trainer/exportProgram'
import { traceForward } from '../../../src/main/engine/trainer/traceForward'
import { weightsOf } from '../../../src/main/engine/weights/network'
import { writeSafetensors } from '../../../src/main/engine/weights/safetensors/write'
import { createRegistry, defaultsOf } from '../../../src/shared/schema'
import { temporaryFolder, tinyExperiment } from '../../contract/support'

beforeAll(() => startTensorFlow())

const registry = createRegistry<Exporter>('exporter', 'Formats', [...exporters.members, tracedNodes, weightShapes])
const side = 32

function networkOf(id: string, params: Record<string, unknown> = {}): Classifier {
  const { member, values } = architectures.open({ id, params }, 'architecture')
  const network = member.create(values, {
    classes: 10,
    channels: 3,
    height: side,
    width: side,
    stream: createStream(5, 'network'),
  })
  // Statistics that a training leaves: not 0 and 1.
  for (const { name, variable } of network.buffers) {
    if (name.endsWith('running_mean')) variable.assign(tf.randomNormal(variable.shape, 0, 0.1, 'float32', 1))
    if (name.endsWith('running_var')) variable.assign(tf.randomUniform(variable.shape, 0.5, 1.5, 'float32', 2))
  }
  return network
}

/** Runs the nodes one after the other as they are written down, on the binding that TensorFlow.js uses itself. */
function interpret(program: ForwardProgram, images: tf.Tensor): Float32Array {
  const { binding } = nodeBackend()
  const types = { float32: binding.TF_FLOAT, int32: binding.TF_INT32, int64: binding.TF_INT64, bool: binding.TF_BOOL }
  const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }
  const make = (shape: readonly number[], type: number, values: Float32Array | Int32Array | Uint8Array): number =>
    binding.createTensor([...shape], type, values)
  const input = make(images.shape, typeNumber(binding, 'float32'), images.dataSync() as Float32Array)
  const weights = new Map(
    [...program.weights].map(([name, { shape, values }]) => [name, make(shape, binding.TF_FLOAT, values)]),
  )
  const constants = program.constants.map(({ elementType, shape, content }) => {
    if (elementType === 'int64') throw new Error('No 64-bit constants here.')
    return make(shape, types[elementType], new arrays[elementType](content.slice().buffer))
  })
  const results: number[][] = []
  const idOf = (source: ForwardProgram['nodes'][number]['inputs'][number]): number => {
    switch (source.kind) {
      case 'input':
        return input
      case 'weight':
        return weights.get(source.name) ?? Number.NaN
      case 'constant':
        return constants[source.index] ?? Number.NaN
      case 'node':
        return results[source.index]?.[source.output] ?? Number.NaN
    }
  }
  const kinds: Record<string, number> = {
    string: binding.TF_ATTR_STRING,
    int: binding.TF_ATTR_INT,
    ints: binding.TF_ATTR_INT,
    float: binding.TF_ATTR_FLOAT,
    floats: binding.TF_ATTR_FLOAT,
    bool: binding.TF_ATTR_BOOL,
    bools: binding.TF_ATTR_BOOL,
    type: binding.TF_ATTR_TYPE,
    shape: binding.TF_ATTR_SHAPE,
  }
  for (const { op, attributes, inputs, outputs } of program.nodes) {
    const given = Object.entries(attributes).map(
      ([name, { kind, value }]) => ({ name, type: kinds[kind], value }) as OpAttribute,
    )
    const made = binding.executeOp(op, given, inputs.map(idOf), outputs.length)
    expect(
      made.map(({ shape, dtype }) => ({ shape, dtype })),
      op,
    ).toEqual(outputs.map(({ shape, elementType }) => ({ shape: [...shape], dtype: types[elementType] })))
    results.push(made.map(({ id }) => id))
  }
  const [logits] = program.outputs
  if (!logits) throw new Error('The program has no output.')
  return binding.tensorDataSync(idOf(logits.source)) as Float32Array
}

describe('the traced forward pass', () => {
  it.each([
    ['wrn', { depth: 10, width: 1 }],
    ['lenet', {}],
    ['mobilenet_v2', {}],
  ])('of %s, run node by node, gives the network’s logits', (id, params) => {
    const network = networkOf(id, params)
    const before = tf.memory().numTensors
    const program = traceForward(network, { height: side, width: side, channels: 3 }, 2)
    expect(tf.memory().numTensors).toBe(before)
    const images = tf.randomNormal([2, side, side, 3], 0, 1, 'float32', 7)
    const { logits } = network.forward(images as tf.Tensor4D, { training: false })
    const wanted = logits.dataSync()
    const got = interpret(program, images)
    expect(got).toHaveLength(20)
    wanted.forEach((value, index) => expect(got[index]).toBeCloseTo(value, 5))
    expect(program.inputs).toEqual([{ name: 'images', elementType: 'float32', shape: [2, side, side, 3] }])
    expect(program.outputs).toMatchObject([{ name: 'logits', elementType: 'float32', shape: [2, 10] }])
    network.dispose()
  })

  it('reads every weight by its PyTorch name, and nothing that the logits do not need', () => {
    const network = networkOf('wrn', { depth: 10, width: 1 })
    const { nodes, weights, weightNames, constants } = traceForward(network, { height: side, width: side, channels: 3 })
    const names = [...network.parameters, ...network.buffers].map(({ name }) => name)
    expect([...weightNames].sort()).toEqual(names.filter((name) => !name.endsWith('num_batches_tracked')).sort())
    expect([...weights.keys()].sort()).toEqual([...weightNames].sort())
    const read = new Set(nodes.flatMap(({ inputs }) => inputs.map((source) => JSON.stringify(source))))
    for (const index of constants.keys()) expect(read).toContain(JSON.stringify({ kind: 'constant', index }))
    for (const [index, { inputs }] of nodes.entries())
      for (const source of inputs) if (source.kind === 'node') expect(source.index).toBeLessThan(index)
    network.dispose()
  })
})

describe('the examples, as a trainer runs them', () => {
  const folder = temporaryFolder('exportProgram')
  const architecture = { id: 'wrn', params: { depth: 10, width: 1 } }
  const weights = join(folder, 'weights.safetensors')
  const provenance = {
    producerVersion: '1.2.3',
    run: 'r1',
    stage: 'Teacher',
    data: 'signs',
    attack: 'badnet_sq',
    target: 0,
    poisoned: 'yes',
    precision: 'float32',
  } as const
  beforeAll(async () => {
    const network = networkOf(architecture.id, architecture.params)
    await writeSafetensors(weights, weightsOf(network), { format: 'pt' })
    network.dispose()
  })
  async function exported(id: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const path = join(folder, `${id}.json`)
    const { data, execution } = tinyExperiment()
    await exportProgram(
      {
        kind: 'export',
        exporter: { id, params },
        path,
        weights,
        architecture,
        data,
        normalization: 'unit',
        provenance,
        execution,
        cacheFolder: folder,
      },
      registry,
    )
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  }

  it('list the nodes with class names, shapes and normalisation', async () => {
    const listing = await exported('traced-nodes')
    expect(listing).toMatchObject({
      architecture,
      input: { height: side, width: side, channels: 3, normalization: { mean: [0, 0, 0] } },
      outputs: [{ name: 'logits', shape: [13, 10] }],
    })
    expect(listing.classNames).toHaveLength(10)
    const nodes = listing.nodes as { op: string; attributes?: unknown }[]
    expect(nodes.filter(({ op }) => op.includes('Conv2D'))).toHaveLength(9)
    expect(nodes.every(({ attributes }) => attributes !== undefined)).toBe(true)
    const bare = (await exported('traced-nodes', { attributes: false })).nodes as { attributes?: unknown }[]
    expect(bare.every(({ attributes }) => attributes === undefined)).toBe(true)
  })

  it('a format of weights can be written there too', async () => {
    const { shapes } = await exported('weight-shapes')
    expect(shapes).toMatchObject({ 'conv1.weight': { dtype: 'float32', shape: [16, 3, 3, 3] } })
  })

  it('is refused with a format or a value that is none', async () => {
    await expect(exported('matlab')).rejects.toMatchObject({ name: 'RefusedInputError', where: 'format.id' })
    await expect(exported('traced-nodes', { attributes: 'yes' })).rejects.toMatchObject({
      name: 'RefusedInputError',
      where: 'format.params.attributes',
    })
    expect(defaultsOf(tracedNodes.params)).toEqual({ attributes: true })
  })
})
