/** Zip archives with stored entries: contents lie in the file as they are. Sizes above 4 GB are refused. */
import { crc32 } from 'node:zlib'

export interface ZipEntry {
  readonly name: string
  readonly bytes: Uint8Array
}

interface PlacedEntry extends ZipEntry {
  readonly crc: number
  readonly offset: number
}

export const largestArchive = 0xffffffff
const mostEntries = 0xfffe
const utf8Flag = 0x800

export interface ZipOptions {
  /** Contents begin at multiples of so many bytes; default 1. */
  readonly alignment?: number
}

/**
 * The archive as chunks.
 * @throws RangeError with sizes where it would pass 4 GB or 65,534 entries
 */
export function zipChunks(entries: readonly ZipEntry[], { alignment = 1 }: ZipOptions = {}): Uint8Array[] {
  const chunks: Uint8Array[] = []
  const placed: PlacedEntry[] = []
  let at = 0
  for (const { name, bytes } of entries) {
    const entry = { name, bytes, crc: crc32(bytes), offset: at }
    const head = localHeader(entry, alignment)
    placed.push(entry)
    chunks.push(head, bytes)
    at += head.byteLength + bytes.byteLength
  }
  const directory = Buffer.concat(placed.map(directoryEntry))
  if (at + directory.length > largestArchive || placed.length > mostEntries)
    throw new RangeError(`${at} bytes, ${placed.length} entries`)
  return [...chunks, directory, endRecord(placed.length, directory.length, at)]
}

/** Padded by an extra field ("FB", as PyTorch writes it). */
function localHeader({ name, bytes, crc, offset }: PlacedEntry, alignment: number): Buffer {
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

function directoryEntry({ name, bytes, crc, offset }: PlacedEntry): Buffer {
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
