/** Builds zip archives entry by entry, honest ones and liars. */
import { crc32 } from 'node:zlib'

export interface CraftedEntry {
  name: string | Buffer
  bytes: Uint8Array
  method?: number
  flags?: number
  crc?: number
  /** Sizes as the directory claims them. */
  uncompressed?: number
  compressed?: number
  /** Unix mode in the external attributes. */
  mode?: number
  localName?: string
  /** Offset of the local header as the directory claims it. */
  offset?: number
}

export interface CraftedArchive {
  before?: Uint8Array
  after?: Uint8Array
  gap?: Uint8Array
  /** Number of entries as a zip64 record claims it. */
  zip64Count?: bigint
  count?: number
}

export function zipOf(
  entries: readonly CraftedEntry[],
  { before, after, gap, zip64Count, count }: CraftedArchive = {},
): Buffer {
  const parts: Buffer[] = [Buffer.from(before ?? [])]
  const directory: Buffer[] = []
  let at = parts[0]?.length ?? 0
  for (const entry of entries) {
    const name = Buffer.from(entry.name)
    const local = header(0x04034b50, 30, entry, Buffer.from(entry.localName ?? entry.name))
    directory.push(directoryEntry(entry, name, entry.offset ?? at))
    parts.push(local, Buffer.from(entry.bytes))
    at += local.length + entry.bytes.length
  }
  parts.push(Buffer.from(gap ?? []))
  at += gap?.length ?? 0
  const central = Buffer.concat(directory)
  parts.push(central)
  if (zip64Count !== undefined) parts.push(zip64Records(zip64Count, central.length, at))
  parts.push(
    endRecord(zip64Count === undefined ? (count ?? entries.length) : 0xffff, central.length, at),
    Buffer.from(after ?? []),
  )
  return Buffer.concat(parts)
}

function header(signature: number, length: number, entry: CraftedEntry, name: Buffer): Buffer {
  const bytes = Buffer.alloc(length)
  const shift = length === 46 ? 2 : 0
  bytes.writeUInt32LE(signature, 0)
  bytes.writeUInt16LE(entry.flags ?? 0x800, 6 + shift)
  bytes.writeUInt16LE(entry.method ?? 0, 8 + shift)
  bytes.writeUInt32LE(entry.crc ?? crc32(entry.bytes), 14 + shift)
  bytes.writeUInt32LE(entry.compressed ?? entry.bytes.length, 18 + shift)
  bytes.writeUInt32LE(entry.uncompressed ?? entry.bytes.length, 22 + shift)
  bytes.writeUInt16LE(Math.min(name.length, 0xffff), 26 + shift)
  return Buffer.concat([bytes, name])
}

function directoryEntry(entry: CraftedEntry, name: Buffer, offset: number): Buffer {
  const bytes = header(0x02014b50, 46, entry, name)
  bytes.writeUInt32LE(((entry.mode ?? 0) << 16) >>> 0, 38)
  bytes.writeUInt32LE(offset, 42)
  return bytes
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

function zip64Records(count: bigint, length: number, start: number): Buffer {
  const record = Buffer.alloc(76)
  record.writeUInt32LE(0x06064b50, 0)
  record.writeBigUInt64LE(44n, 4)
  record.writeBigUInt64LE(count, 24)
  record.writeBigUInt64LE(count, 32)
  record.writeBigUInt64LE(BigInt(length), 40)
  record.writeBigUInt64LE(BigInt(start), 48)
  record.writeUInt32LE(0x07064b50, 56)
  record.writeBigUInt64LE(BigInt(start + length), 64)
  record.writeUInt32LE(1, 72)
  return record
}
