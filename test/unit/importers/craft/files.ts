/** Checkpoint files for the importer's tests, and what every import must keep to. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from 'vitest'
import type { WeightMap, WeightTensor } from '../../../../src/main/engine/weights/weightMap'
import {
  importCheckpoint,
  importers,
  type IgnoredPart,
  type ImportedCheckpoint,
} from '../../../../src/main/engine/families/importers'
import { requireReadable } from '../../../../src/main/engine/families/importers/readable'
import { readTensors, rowMajorStrides } from '../../../../src/main/engine/weights/stored'
import { memorySource } from './memorySource'
import { dictOf, integer, numbers, pickled, program, proto, stop, storage, tensor, text } from './pickle'
import { zipOf, type CraftedEntry } from './zip'
import { withinBound } from './limits'

export const fourFloats = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer)

export const entry = (name: string, bytes: Uint8Array | string): CraftedEntry => ({
  name,
  bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
})

/** A PyTorch zip file around a pickle, with one storage of four float32 unless told otherwise. */
export function torchZip(
  pickle: Uint8Array,
  storages: Record<string, Uint8Array> = { 0: fourFloats },
  extra: CraftedEntry[] = [],
): Buffer {
  return zipOf([
    entry('a/data.pkl', pickle),
    entry('a/byteorder', 'little'),
    ...Object.entries(storages).map(([key, bytes]) => entry(`a/data/${key}`, bytes)),
    entry('a/version', '3\n'),
    ...extra,
  ])
}

/** The smallest honest program: {'w': tensor of four}. */
export const honest = pickled(dictOf(text('w'), tensor()))

const magic = program(proto, Buffer.from([0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]), stop)
const systemFacts = (little: boolean): Buffer =>
  pickled(dictOf(text('protocol_version'), integer(1001), text('little_endian'), little ? '\x88' : '\x89'))

export interface LegacyOptions {
  objects?: Buffer
  keys?: string[]
  storages?: Buffer[]
  littleEndian?: boolean
  head?: Buffer
  after?: Buffer
}

/** A file in PyTorch's old format with one storage of four float32. */
export function torchLegacy({
  objects = honest,
  keys = ['0'],
  storages = [legacyStorage(fourFloats, 4)],
  littleEndian = true,
  head = magic,
  after,
}: LegacyOptions = {}): Buffer {
  return Buffer.concat([
    head,
    pickled(integer(1001)),
    systemFacts(littleEndian),
    objects,
    pickled(program(']', '(', ...keys.map(text), 'e')),
    ...storages,
    after ?? Buffer.alloc(0),
  ])
}

export function legacyStorage(bytes: Buffer, count: number): Buffer {
  const head = Buffer.alloc(8)
  head.writeBigInt64LE(BigInt(count))
  return Buffer.concat([head, bytes])
}

const float32 = (shape: number[], value = 0.5): WeightTensor => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(value),
})

/** A WRN with PyTorch's names, written here from the paper's table, not from the recognizer. */
export function wideResNet(depth: number, width: number, classes: number): WeightMap {
  const weights: WeightMap = new Map([['conv1.weight', float32([16, 3, 3, 3])]])
  const batchNorm = (name: string, channels: number): void => {
    weights.set(`${name}.weight`, float32([channels]))
    weights.set(`${name}.bias`, float32([channels]))
    weights.set(`${name}.running_mean`, float32([channels], 0.1))
    weights.set(`${name}.running_var`, float32([channels], 0.9))
    weights.set(`${name}.num_batches_tracked`, { dtype: 'int64', shape: [], data: BigInt64Array.of(7n) })
  }
  let channels = 16
  for (const [block, outputs] of [
    [1, 16 * width],
    [2, 32 * width],
    [3, 64 * width],
  ] as const) {
    for (let unit = 0; unit < (depth - 4) / 6; unit++) {
      const name = `block${block}.layer.${unit}`
      batchNorm(`${name}.bn1`, channels)
      weights.set(`${name}.conv1.weight`, float32([outputs, channels, 3, 3]))
      batchNorm(`${name}.bn2`, outputs)
      weights.set(`${name}.conv2.weight`, float32([outputs, outputs, 3, 3]))
      if (channels !== outputs) weights.set(`${name}.convShortcut.weight`, float32([outputs, channels, 1, 1]))
      channels = outputs
    }
  }
  batchNorm('bn1', channels)
  weights.set('fc.weight', float32([classes, channels]))
  weights.set('fc.bias', float32([classes]))
  return weights
}

/** Imports bytes as a file of that name and checks that no other file appears. */
export async function importBytes(bytes: Uint8Array, name = 'model.pt'): Promise<ImportedCheckpoint> {
  const folder = mkdtempSync(join(tmpdir(), 'abd-import-'))
  const path = join(folder, name)
  try {
    writeFileSync(path, bytes)
    const report = await importPath(path)
    expect(readdirSync(folder)).toEqual([name])
    expect(statSync(path).size).toBe(bytes.length)
    return report
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A state_dict as a program: views of one storage, which has the key '0' unless told otherwise. */
export function networkProgram(weights: WeightMap): { storage: Buffer; dict: (key?: Buffer) => Buffer } {
  const storageOf = (key?: Buffer): Buffer => storage({ count: 200_000, ...(key ? { key } : {}) })
  return {
    storage: storageOf(),
    dict: (key) =>
      dictOf(
        ...[...weights].flatMap(([name, { shape }]) => [
          text(name),
          tensor({ from: storageOf(key), size: numbers(...shape), stride: numbers(...rowMajorStrides(shape)) }),
        ]),
      ),
  }
}

/** What lies in the file: its dictionaries of tensors by their keys, whatever networks they are. */
export async function readNetworks(bytes: Uint8Array, name = 'model.pt'): Promise<ReadFile> {
  const source = memorySource(bytes, name)
  const head = Buffer.from(bytes.subarray(0, 64))
  const format = importers.members.find(({ match }) => match({ head, size: bytes.length, name }))
  if (!format) throw new Error('The file is of no known format.')
  const { networks, ignored, verify } = await format.open(source)
  await verify()
  const read: ReadFile = { format: format.id, networks: {}, ignored }
  for (const { key, tensors } of networks) {
    requireReadable(tensors, bytes.length)
    read.networks[key] = await readTensors(source, tensors)
  }
  return read
}

export interface ReadFile {
  format: string
  networks: Record<string, WeightMap>
  ignored: readonly IgnoredPart[]
}

/**
 * Imports within the bound of processor time; memory is measured in processes of their own, see
 * bombs.test.ts.
 */
export const importPath = (path: string): Promise<ImportedCheckpoint> => withinBound(() => importCheckpoint(path))

/** Expects a refusal whose reason matches. */
export async function expectRefused(bytes: Uint8Array, reason: RegExp, name = 'model.pt'): Promise<void> {
  const report = await importBytes(bytes, name)
  expect({ accepted: report.accepted, reason: report.reason }).toEqual({
    accepted: false,
    reason: expect.stringMatching(reason),
  })
  expect(report.weights.size).toBe(0)
}

/** A folder that goes when the test file is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'abd-files-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
