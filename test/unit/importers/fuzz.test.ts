/** Damaged files: whatever bytes change, a reader refuses in words or gives tensors, within its bounds. */
import { describe, expect, it } from 'vitest'
import { encodeSafetensors } from '../../../src/main/engine/weights/safetensors/write'
import { encodeTorch } from '../../../src/main/engine/families/exporters/torchArchive'
import { memorySource } from './craft/memorySource'
import { readTensors } from '../../../src/main/engine/weights/stored'
import { elementCount, type WeightMap } from '../../../src/main/engine/weights/weightMap'
import { runPickle } from '../../../src/main/engine/families/importers/pickle/machine'
import { requireReadable } from '../../../src/main/engine/families/importers/readable'
import { createStorageTable } from '../../../src/main/engine/families/importers/torch/storages'
import { importers, type Importer } from '../../../src/main/engine/families/importers'
import { RefusedInputError } from '../../../src/shared/errors'
import { randomOf } from '../../fixtures/random'
import { honest, torchLegacy, torchZip } from './craft/files'
import { dictOf, globalName, pickled, program, text, tupleOf } from './craft/pickle'

const trials = 1500
const weights: WeightMap = new Map([
  ['a', { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
  ['b', { dtype: 'int64', shape: [], data: BigInt64Array.of(3n) }],
  ['c', { dtype: 'float16', shape: [3], data: Uint16Array.of(1, 2, 3) }],
])
const rich = pickled(
  dictOf(
    text('args'),
    program(globalName('argparse', 'Namespace'), ')\x81}b'),
    text('model'),
    program(honest.subarray(2, -1)),
    text('list'),
    tupleOf('NK\x01G', Buffer.alloc(8), '\x88'),
  ),
)

function damaged(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes)
  const changes = 1 + Math.floor(random() * 4)
  for (let change = 0; change < changes; change++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256)
  return random() < 0.2 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy
}

async function survives(bytes: Buffer, open: (damagedBytes: Buffer) => Promise<void>): Promise<{ refused: number }> {
  const random = randomOf(20_230_723)
  const start = process.cpuUsage()
  let refused = 0
  for (let trial = 0; trial < trials; trial++) {
    const input = damaged(bytes, random)
    try {
      await open(input)
    } catch (error) {
      if (!(error instanceof RefusedInputError))
        throw new Error(`Trial ${trial}: ${input.toString('hex')}`, { cause: error })
      refused++
    }
  }
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(20)
  return { refused }
}

const openWith =
  (format: Importer) =>
  async (bytes: Buffer): Promise<void> => {
    const source = memorySource(bytes, 'fuzz')
    const { networks, verify } = await format.open(source)
    await verify()
    for (const { tensors } of networks) {
      requireReadable(tensors, source.size)
      for (const { data, shape } of (await readTensors(source, tensors)).values())
        expect(data.length).toBe(elementCount(shape))
    }
  }

describe('random damage', () => {
  it.each([
    ['zip', Buffer.concat(encodeTorch(weights)), importers.get('torch-zip')],
    ['zip with objects', torchZip(rich), importers.get('torch-zip')],
    ['old format', torchLegacy({ objects: rich }), importers.get('torch-legacy')],
    ['safetensors', Buffer.concat(encodeSafetensors(weights, { a: 'b' })), importers.get('safetensors')],
  ] as const)('%s', async (_, bytes, format) => {
    await openWith(format)(bytes)
    const { refused } = await survives(bytes, openWith(format))
    expect(refused).toBeGreaterThan(trials / 10)
  })

  it('pickles without the shield of a checksum', async () => {
    const { refused } = await survives(rich, async (bytes) => {
      runPickle(bytes, 0, createStorageTable().load)
    })
    expect(refused).toBeGreaterThan(trials / 10)
  })
})
