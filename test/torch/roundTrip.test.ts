/**
 * Against real PyTorch: it reads our exports with weights_only=True, we read what it writes. Not part of `npm test`.
 * `npm run test:torch` takes the Python that $PYTHON names, else python3, and fails where that has no PyTorch.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeTorch } from '../../src/main/engine/families/exporters/torchArchive'
import { readSafetensors } from '../../src/main/engine/weights/safetensors/read'
import { bytesOf, type WeightMap } from '../../src/main/engine/weights/weightMap'
import { missingShared, requireShared } from '../fixtures/shared'
import { readNetworks, temporaryFolder } from '../unit/importers/craft/files'

interface Facts {
  dtype: string
  shape: number[]
  sha256: string
}

const script = fileURLToPath(new URL('../../tools/torch-check.py', import.meta.url))
const python = process.env.PYTHON ?? 'python3'
const torchCheck = (...args: string[]): unknown =>
  JSON.parse(execFileSync(python, [script, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 }))

function factsOf(weights: WeightMap): Record<string, Facts> {
  return Object.fromEntries(
    [...weights].map(([name, tensor]) => [
      name,
      {
        dtype: tensor.dtype,
        shape: [...tensor.shape],
        sha256: createHash('sha256').update(bytesOf(tensor)).digest('hex'),
      },
    ]),
  )
}

const everyType: WeightMap = new Map([
  ['layer.weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
  ['layer.größe', { dtype: 'float64', shape: [1], data: Float64Array.of(0.1) }],
  ['count', { dtype: 'int64', shape: [], data: BigInt64Array.of(2n ** 40n) }],
  ['half', { dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) }],
  ['brain', { dtype: 'bfloat16', shape: [2], data: Uint16Array.of(0x3f80, 0x4000) }],
  ['small', { dtype: 'int8', shape: [2], data: Int8Array.of(-1, 1) }],
  ['short', { dtype: 'int16', shape: [1], data: Int16Array.of(-300) }],
  ['int', { dtype: 'int32', shape: [1], data: Int32Array.of(-70_000) }],
  ['byte', { dtype: 'uint8', shape: [1], data: Uint8Array.of(255) }],
  ['flag', { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) }],
  ['empty', { dtype: 'float32', shape: [0, 3], data: new Float32Array(0) }],
  ['wide', { dtype: 'float32', shape: [70_000], data: new Float32Array(70_000).fill(0.5) }],
])

describe('PyTorch', () => {
  const folder = temporaryFolder()

  beforeAll(() => {
    const { torch } = torchCheck('version') as { torch: string }
    console.info(`PyTorch ${torch}`)
    torchCheck('write', folder)
  })

  it('reads every type of our export with weights_only=True', async () => {
    const path = join(folder, 'exported.pt')
    await writeTorch(path, everyType)
    expect(torchCheck('read', path)).toEqual({ order: [...everyType.keys()], tensors: factsOf(everyType) })
  })

  it.skipIf(missingShared('golden', 'g1_models'))('reads a whole network of ours', async () => {
    const { tensors } = await readSafetensors(requireShared('golden', 'g1_models', 'wrn16_2.safetensors'))
    const path = join(folder, 'wrn.pt')
    await writeTorch(path, tensors)
    expect(torchCheck('read', path)).toEqual({ order: [...tensors.keys()], tensors: factsOf(tensors) })
  })

  it.each([
    'zip.pt',
    'legacy.pth',
    'protocol4.pt',
    'protocol5.pt',
    'state_dict.pt',
    'model.pth',
    'net.pt',
    'student.pt',
    'parallel.pt',
  ])('its %s imports with the same bytes', async (name) => {
    const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
      string,
      Record<string, Facts>
    >
    // Its tensors are of no network: what lies in the file is read, not which network it is. An optimizer has some too.
    const { networks } = await readNetworks(readFileSync(join(folder, name)), name)
    const bare = (weights: WeightMap): WeightMap =>
      new Map([...weights].map(([tensor, values]) => [tensor.replace(/^module\./, ''), values]))
    expect(Object.values(networks).map((weights) => factsOf(bare(weights)))).toContainEqual(expected[name])
  })
})
