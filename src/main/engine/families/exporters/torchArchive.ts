/**
 * Writes a state_dict as PyTorch's zip format, which torch.load(path, weights_only=True) reads: stored entries,
 * protocol 2
 * pickle, contents aligned to 64 bytes. Reference: pytorch/pytorch torch/serialization.py, _save.
 */
import { basename } from 'node:path'
import { crc32 } from 'node:zlib'
import { UserError } from '../../../../shared/errors'
import { quoteFromFile } from '../../weights/fileText'
import { bytesOf, bytesPer, elementCount, type WeightMap } from '../../weights/weightMap'
import { pickleStateDict } from './pickleWriter'
import { writeAtomically } from '../../weights/atomicFile'

interface StoredEntry {
  name: string
  bytes: Uint8Array
  crc: number
  offset: number
}

const alignment = 64
const largestArchive = 0xffffffff
const utf8Flag = 0x800

/**
 * Writes the map as a PyTorch file, atomically; names, order, types and layout are kept.
 * @throws UserError when a tensor's data contradict its shape, or the file would pass 4 GB
 */
export async function writeTorch(path: string, tensors: WeightMap): Promise<void> {
  await writeAtomically(path, encodeTorch(tensors, rootName(path)))
}

/** The archive as chunks. `root` is the folder inside it. */
export function encodeTorch(tensors: WeightMap, root = 'archive'): Uint8Array[] {
  const chunks: Uint8Array[] = []
  const entries: StoredEntry[] = []
  let at = 0
  const add = (name: string, bytes: Uint8Array): void => {
    const entry = { name: `${root}/${name}`, bytes, crc: crc32(bytes), offset: at }
    const head = localHeader(entry)
    entries.push(entry)
    chunks.push(head, bytes)
    at += head.byteLength + bytes.byteLength
  }
  add('data.pkl', pickleStateDict(tensors))
  add('byteorder', Buffer.from('little'))
  let key = 0
  for (const [name, tensor] of tensors) {
    const bytes = bytesOf(tensor)
    const wanted = elementCount(tensor.shape) * bytesPer(tensor.dtype)
    if (bytes.byteLength !== wanted) {
      throw new UserError(`The tensor ${quoteFromFile(name)} cannot be written.`, {
        wanted: `${wanted} bytes for [${tensor.shape.join(', ')}]`,
        got: `${bytes.byteLength} bytes`,
        where: quoteFromFile(name),
      })
    }
    add(`data/${key}`, bytes)
    key += 1
  }
  add('version', Buffer.from('3\n'))
  const directory = Buffer.concat(entries.map(directoryEntry))
  if (at + directory.length > largestArchive || entries.length > 0xfffe) {
    throw new UserError('The file would be too large for this format.', {
      wanted: 'at most 4 GB and 65,534 entries',
      got: `${at} bytes, ${entries.length} entries`,
      action: 'Export as safetensors.',
    })
  }
  return [...chunks, directory, endRecord(entries.length, directory.length, at)]
}

/** torch.save names the folder after the file; anything but plain characters is replaced. */
function rootName(path: string): string {
  const name = basename(path)
    .replace(/\.[^.]*$/, '')
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .slice(0, 100)
  return name === '' ? 'archive' : name
}

/** Local header with an extra field ("FB", as PyTorch writes it) that pads the contents to the alignment. */
function localHeader({ name, bytes, crc, offset }: StoredEntry): Buffer {
  const rawName = Buffer.from(name)
  const unpadded = offset + 30 + rawName.length + 4
  const padding = (alignment - (unpadded % alignment)) % alignment
  const header = Buffer.alloc(30 + rawName.length + 4 + padding)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(utf8Flag, 6)
  header.writeUInt32LE(crc, 14)
  header.writeUInt32LE(bytes.byteLength, 18)
  header.writeUInt32LE(bytes.byteLength, 22)
  header.writeUInt16LE(rawName.length, 26)
  header.writeUInt16LE(4 + padding, 28)
  rawName.copy(header, 30)
  header.write('FB', 30 + rawName.length, 'latin1')
  header.writeUInt16LE(padding, 32 + rawName.length)
  return header
}

function directoryEntry({ name, bytes, crc, offset }: StoredEntry): Buffer {
  const rawName = Buffer.from(name)
  const entry = Buffer.alloc(46 + rawName.length)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(utf8Flag, 8)
  entry.writeUInt32LE(crc, 16)
  entry.writeUInt32LE(bytes.byteLength, 20)
  entry.writeUInt32LE(bytes.byteLength, 24)
  entry.writeUInt16LE(rawName.length, 28)
  entry.writeUInt32LE(offset, 42)
  rawName.copy(entry, 46)
  return entry
}

function endRecord(count: number, length: number, start: number): Buffer {
  const record = Buffer.alloc(22)
  record.writeUInt32LE(0x06054b50, 0)
  record.writeUInt16LE(count, 8)
  record.writeUInt16LE(count, 10)
  record.writeUInt32LE(length, 12)
  record.writeUInt32LE(start, 16)
  return record
}
