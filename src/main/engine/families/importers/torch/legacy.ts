/**
 * PyTorch's old format (torch.save before 1.6): pickles of magic number, protocol version, system facts, objects and
 * storage
 * keys, then each storage as an element count (int64) and its bytes, in the order of the keys.
 * Reference: pytorch/pytorch torch/serialization.py, _legacy_save.
 */
import { RefusedInputError } from '../../../../../shared/errors'
import type { ByteSource } from '../../../weights/byteSource'
import { defineImporter, type OpenedCheckpoint } from '../types'
import { importLimits } from '../../../weights/importLimits'
import { ForbiddenNameError } from '../pickle/globals'
import { runPickle, type PickleProgram } from '../pickle/machine'
import { refusePickle } from '../pickle/refusal'
import { describeValue, type PickleValue } from '../pickle/values'
import { describeFirstBytes, quoteFromFile } from '../../../weights/fileText'
import { placeTensors, type SavedObjects } from './placement'
import { describeContents, findNetworks } from './networks'
import { foreignFindings } from './objects'
import { createStorageTable, type StorageRecord } from './storages'

const magicNumber = 0x1950a86a20f9469cfc6cn
const protocolVersion = 1001
const headBytes = 2 ** 17

export const torchLegacy = defineImporter({
  id: 'torch-legacy',
  title: 'PyTorch (before 1.6)',
  summary:
    'The format that torch.save wrote before 1.6: pickles, then the storages; read by a machine that executes nothing.',
  extensions: ['.pt', '.pth', '.pkl', '.ckpt', '.tar'],
  reference: {
    citation: 'PyTorch, torch/serialization.py',
    link: 'https://github.com/pytorch/pytorch',
    place: '_legacy_save',
  },
  match: ({ head, name }) => head[0] === 0x80 || /\.(pth?|pkl|ckpt|tar)$/i.test(name),
  open: openTorchLegacy,
})

async function openTorchLegacy(source: ByteSource): Promise<OpenedCheckpoint> {
  const { value, foreign, startOf, verify } = await readTorchLegacy(source)
  const found = findNetworks(value)
  return {
    networks: found.networks.map(({ key, tensors }) => ({ key, tensors: placeTensors(tensors, startOf) })),
    metadata: {},
    ignored: found.ignored,
    findings: foreignFindings(foreign),
    advice: found.advice,
    verify,
  }
}

/** What the file's program of objects left behind, whatever that is. */
export async function readTorchLegacy(source: ByteSource): Promise<SavedObjects> {
  const bytes = await source.read(0, Math.min(source.size, importLimits.pickleBytes))
  const noStorage = (): never => {
    throw refusePickle('The head of the file refers to a storage.', { wanted: 'numbers and text', got: 'a storage' })
  }
  // Bounds grow with the program: those of the head stay small.
  const headFrom = (start: number): Buffer => bytes.subarray(0, start + headBytes)
  const magic = readMagic(headFrom(0), bytes, noStorage)
  const version = runPickle(headFrom(magic), magic, noStorage)
  if (version.value !== protocolVersion)
    throw refusePickle('The protocol version of the file is unknown.', {
      wanted: `${protocolVersion}`,
      got: String(describeNumber(version.value)),
      at: magic,
    })
  const system = runPickle(headFrom(version.end), version.end, noStorage)
  requireLittleEndian(system.value)
  const table = createStorageTable()
  const objects = runPickle(bytes, system.end, table.load)
  const keys = runPickle(bytes, objects.end, noStorage)
  const places = await placeStorages(source, orderOf(keys.value, table.records), keys.end)
  const startOf = (storage: string): number => {
    const start = places.get(storage)
    if (start === undefined)
      throw refusePickle('A tensor refers to a storage that the file lacks.', { wanted: quoteFromFile(storage) })
    return start
  }
  // The format has no checksums.
  return { value: objects.value, foreign: objects.foreign, program: bytes, startOf, verify: () => Promise.resolve() }
}

/**
 * The first pickle must be the magic number; a hostile program in its place is refused by the name it wants, and any
 * other as what it is.
 */
function readMagic(head: Buffer, bytes: Buffer, noStorage: () => never): number {
  const first = readable(head, noStorage) ?? (bytes[0] === pickleOpcode ? readable(bytes, noStorage) : null)
  if (first?.value === magicNumber) return first.end
  if (first && bytes[0] === pickleOpcode) throw plainPickle(first.value)
  throw new RefusedInputError('The file is no PyTorch checkpoint.', {
    wanted: 'a zip archive or the magic number of torch.save',
    got: describeFirstBytes(bytes),
    where: 'byte 0',
    action: 'Import a file written by torch.save, or safetensors.',
  })
}

const pickleOpcode = 0x80

function readable(bytes: Buffer, noStorage: () => never): PickleProgram | null {
  try {
    return runPickle(bytes, 0, noStorage)
  } catch (error) {
    if (error instanceof ForbiddenNameError || !(error instanceof RefusedInputError)) throw error
    return null
  }
}

const plainPickle = (value: PickleValue): RefusedInputError =>
  new RefusedInputError('The file is a plain pickle, not written by torch.save.', {
    wanted: 'a state_dict saved with torch.save',
    got: describeContents(value),
    where: 'byte 0',
    action:
      'Load it where it was made, with what it was written by (pickle.load), and run torch.save(model.state_dict(), path); of arrays by name, save safetensors.',
  })

function describeNumber(value: PickleValue): PickleValue {
  return typeof value === 'number' || typeof value === 'bigint' ? value : describeValue(value)
}

function requireLittleEndian(value: PickleValue): void {
  const pairs = value !== null && typeof value === 'object' && value.kind === 'dict' ? value.pairs : []
  const at = pairs.indexOf('little_endian')
  if (at % 2 === 0 && pairs[at + 1] === true) return
  throw new RefusedInputError('The file was written on a big-endian machine, or does not say.', {
    wanted: 'little_endian: True',
    got: describeValue(pairs[at + 1]),
    where: 'system facts',
    action: 'Save it again on a little-endian machine.',
  })
}

/** The storages in file order; exactly those that the objects refer to. */
function orderOf(value: PickleValue, records: ReadonlyMap<string, StorageRecord>): StorageRecord[] {
  const keys = value !== null && typeof value === 'object' && value.kind === 'list' ? value.items : []
  const ordered: StorageRecord[] = []
  for (const key of new Set(keys)) {
    const record = typeof key === 'string' ? records.get(key) : undefined
    if (!record)
      throw refusePickle('The list of storages names one that no object refers to.', { got: describeValue(key) })
    ordered.push(record)
  }
  if (ordered.length !== records.size || ordered.length !== keys.length) {
    throw refusePickle('The list of storages does not match the objects.', {
      wanted: `${records.size} storages`,
      got: `${keys.length}`,
    })
  }
  return ordered
}

/** The byte at which each storage's values begin. */
async function placeStorages(
  source: ByteSource,
  ordered: readonly StorageRecord[],
  from: number,
): Promise<Map<string, number>> {
  const places = new Map<string, number>()
  let at = from
  for (const record of ordered) {
    const bytes = record.count * record.elementBytes
    if (at + 8 + bytes > source.size) throw truncated(at + 8 + bytes, source.size)
    const claimed = (await source.read(at, 8)).readBigInt64LE(0)
    if (claimed !== BigInt(record.count))
      throw new RefusedInputError('A storage of the file has the wrong size.', {
        wanted: `${record.count} elements`,
        got: `${claimed}`,
        where: `byte ${at}`,
      })
    places.set(record.key, at + 8)
    at += 8 + bytes
  }
  if (at !== source.size)
    throw new RefusedInputError('Bytes follow the last storage.', {
      wanted: `${at} bytes`,
      got: `${source.size} bytes`,
      where: 'end of the file',
    })
  return places
}

function truncated(wanted: number, got: number): RefusedInputError {
  return new RefusedInputError('The file is truncated.', {
    wanted: `${wanted} bytes`,
    got: `${got} bytes`,
    where: 'storages',
    action: 'Copy or download the file again.',
  })
}
