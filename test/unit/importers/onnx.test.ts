/** What an ONNX file is refused for, by name; and that damaged ones are refused in words. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importCheckpoint, importers, type ImportedCheckpoint } from '../../../src/main/engine/families/importers'
import { selectGraph } from '../../../src/main/engine/families/importers/graphSelection'
import { readOnnx } from '../../../src/main/engine/families/importers/onnx/model'
import { MessageWriter } from '../../../src/main/engine/graph/protobuf'
import { encodeGraph, graphMetadata } from '../../../src/main/engine/weights/onnxGraph'
import { writeSafetensors } from '../../../src/main/engine/weights/safetensors/write'
import { RefusedInputError } from '../../../src/shared/errors'
import { temporaryFolder } from './craft/files'
import { memorySource } from './craft/memorySource'
import { onnxFile, tensorMessage, waves, type CraftModel, type CraftNode } from './craft/onnx'

const folder = temporaryFolder()
let files = 0

async function imported(bytes: Uint8Array, name = `model${files++}.onnx`): Promise<ImportedCheckpoint> {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return importCheckpoint(path)
}

const head: CraftNode[] = [
  { op: 'Flatten', inputs: ['a'], outputs: ['flat'] },
  { op: 'Gemm', inputs: ['flat', 'head'], outputs: ['y'], attributes: { transB: 1 } },
]
const filters = { name: 'filters', shape: [4, 3, 3, 3], values: waves(108) }
const linear = { name: 'head', shape: [10, 256], values: waves(2560) }
const convolution: CraftNode = {
  op: 'Conv',
  inputs: ['x', 'filters'],
  outputs: ['a'],
  attributes: { pads: [1, 1, 1, 1] },
}
const plain: CraftModel = { nodes: [convolution, ...head], tensors: [filters, linear] }
/** The network with another first node. */
const beginning = (change: Partial<CraftNode>): CraftModel => ({
  ...plain,
  nodes: [{ ...convolution, ...change }, ...head],
})
const external = new MessageWriter().int(1, 4).int(1, 3).int(1, 3).int(1, 3).int(2, 1).string(8, 'filters')
external.message(13, new MessageWriter().string(1, 'location').string(2, '/etc/passwd')).int(14, 1)

describe('ONNX files', () => {
  it('are read, with what they are', async () => {
    const report = await imported(onnxFile(plain))
    expect(report.reason).toBeNull()
    expect(report).toMatchObject({
      accepted: true,
      format: 'onnx',
      tensors: 2,
      architecture: {
        id: 'onnx_graph',
        title: 'ONNX graph, 3 nodes, 1 convolution',
        params: { classes: 10, nodes: 3, convolutions: 1, batchNorm: false, parameters: 2668 },
      },
    })
    expect(report.findings.map(({ message }) => message)).toEqual([
      'The file has its images as [N, C, H, W]: 3 channels, 8 × 8 pixels.',
      expect.stringContaining('The file has no batch-norm layers') as string,
    ])
    expect([...report.weights.keys()]).toEqual(['filters', 'head'])
  })

  it('are told apart by their first bytes, whatever they are called', async () => {
    expect((await imported(onnxFile(plain), 'model.bin')).format).toBe('onnx')
  })

  it('end in probabilities: the Softmax is left away, with a warning', async () => {
    const [flatten, gemm] = head as [CraftNode, CraftNode]
    const nodes = [convolution, flatten, { ...gemm, outputs: ['l'] }, { op: 'Softmax', inputs: ['l'] }]
    const { accepted, findings } = await imported(onnxFile({ ...plain, nodes }))
    expect(accepted).toBe(true)
    expect(findings).toContainEqual({
      severity: 'warning',
      message: expect.stringContaining('ends in Softmax') as string,
    })
  })

  it('keep what they compute beside the weights of a teacher', async () => {
    const report = await imported(onnxFile(plain))
    const path = join(folder, 'weights.safetensors')
    if (!report.graph) throw new Error('No graph came.')
    await writeSafetensors(path, report.weights, { [graphMetadata]: encodeGraph(report.graph) })
    const kept = await importCheckpoint(path)
    expect(kept).toMatchObject({
      accepted: true,
      format: 'safetensors',
      architecture: report.architecture,
      graph: report.graph,
    })
    await writeSafetensors(path, report.weights, { [graphMetadata]: '{"nodes":[]}' })
    expect((await importCheckpoint(path)).reason).toMatch(/The graph in this file is damaged/)
  })

  it.each([
    ['an operator that is not supported', beginning({ op: 'NonMaxSuppression' }), /"NonMaxSuppression".*node "node0"/],
    [
      'an attribute that is not known',
      beginning({ attributes: { sharpness: 1 } }),
      /node "node0", operator "Conv", attribute "sharpness"/,
    ],
    ['a value of an attribute', beginning({ attributes: { dilations: [2, 2] } }), /Wanted: 1.*attribute "dilations"/],
    [
      'an attribute of another type',
      beginning({ attributes: { group: 'one' } }),
      /Wanted: int.*Got: text.*attribute "group"/,
    ],
    [
      'another stride along each side',
      beginning({ attributes: { strides: [1, 2] } }),
      /the same stride.*attribute strides/,
    ],
    [
      'an operator of another domain',
      beginning({ domain: 'com.microsoft' }),
      /domain "com.microsoft".*operator "Conv"/,
    ],
    [
      'a graph in a graph',
      beginning({ attributes: { then_branch: { graph: true } } }),
      /a graph in a graph.*attribute "then_branch"/,
    ],
    [
      'a tensor as an attribute',
      beginning({ attributes: { w: { tensor: tensorMessage(filters) } } }),
      /Got: a tensor.*attribute "w"/,
    ],
    ['an input that nothing makes', beginning({ inputs: ['x', 'nowhere'] }), /none called "nowhere"/],
    [
      'filters for other images',
      beginning({ attributes: { group: 3 } }),
      /filters for 3 channels in 3 groups.*attribute group/,
    ],
    [
      'weights in another file',
      { ...plain, tensors: [linear], graph: (graph) => graph.message(5, external) },
      /a name of another file.*"filters"/,
    ],
    [
      'functions',
      { ...plain, model: (model) => model.message(25, new MessageWriter().string(1, 'f')) },
      /defines functions/,
    ],
    ['sparse tensors', { ...plain, graph: (graph) => graph.message(15, new MessageWriter()) }, /has sparse tensors/],
    [
      'quantised tensors',
      { ...plain, graph: (graph) => graph.message(14, new MessageWriter()) },
      /has quantised tensors/,
    ],
    [
      'a tensor of bytes',
      {
        ...plain,
        graph: (graph) =>
          graph.message(5, new MessageWriter().int(1, 1).int(2, 3).string(8, 'q').bytes(9, Buffer.of(1))),
      },
      /element type 3.*"q"/,
    ],
    ['a name twice', { ...plain, tensors: [filters, filters, linear] }, /a name of its own for each tensor.*"filters"/],
    [
      'two inputs',
      { ...plain, graph: (graph) => graph.message(11, new MessageWriter().string(1, 'mask')) },
      /Wanted: one input.*"mask"/,
    ],
    ['no images', { ...plain, input: ['N', 192] }, /not images.*2 axes/],
    ['five channels', { ...plain, input: ['N', 5, 8, 8] }, /1 or 3 channels.*5/],
    ['no logits', { ...plain, outputs: ['a'] }, /no output that is clearly the logits.*"a" \[N, 4, 8, 8\]/],
    ['an old operator set', { ...plain, operatorSet: 3 }, /operator set.*7 to 25.*Got: 3/],
    [
      'a part of the images',
      {
        ...plain,
        nodes: [
          { op: 'Slice', inputs: ['x', 'from', 'to', 'from'], outputs: ['part'] },
          { ...convolution, inputs: ['part', 'filters'] },
          ...head,
        ],
        tensors: [
          filters,
          linear,
          { name: 'from', shape: [1], values: [0], integers: true },
          { name: 'to', shape: [1], values: [1], integers: true },
        ],
      },
      /all images.*a part of them/,
    ],
  ] as [string, CraftModel, RegExp][])('are refused for %s', async (_, model, words) => {
    const { accepted, reason } = await imported(onnxFile(model))
    expect(reason).toMatch(words)
    expect(accepted).toBe(false)
  })

  it('are refused wherever they are cut off', async () => {
    const whole = onnxFile(plain)
    for (let end = 0; end < whole.length; end += end < 600 ? 1 : 97) {
      const read = readOnnx(memorySource(whole.subarray(0, end), 'cut'))
      await expect(read, `at ${end}`).rejects.toBeInstanceOf(RefusedInputError)
    }
  })

  it('are refused or read, whatever bytes change', async () => {
    const whole = onnxFile({ ...plain, nodes: [...plain.nodes, { op: 'Shape', inputs: ['x'], outputs: ['s'] }] })
    let state = 7
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return state % below
    }
    const places = [
      ...Array.from({ length: 900 }, () => random(420)),
      ...Array.from({ length: 300 }, () => random(whole.length)),
    ]
    let refused = 0
    for (const place of places) {
      const bytes = Buffer.from(whole)
      bytes[place] = random(256)
      try {
        const { graph, tensors } = await importers
          .get('onnx')
          .open(memorySource(bytes, 'fuzz'))
          .then(({ graph: read, networks }) => ({ graph: read, tensors: networks[0]?.tensors }))
        if (graph && tensors) selectGraph(graph, tensors)
      } catch (error) {
        if (!(error instanceof RefusedInputError)) throw new Error(`byte ${place}`, { cause: error })
        refused++
      }
    }
    expect(refused).toBeGreaterThan(places.length / 10)
  })
})
