/**
 * Reads the kind of zip that torch.save writes, and no other: stored entries back to back from the first byte to the
 * central directory, which ends the file. Every claim is made twice in a zip (local header and directory); both must
 * agree.
 * A general zip library accepts what this must refuse: gaps, overlaps, leading or trailing bytes, unchecked CRCs.
 * Reference: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
 */
import { crc32 } from 'node:zlib'
import { RefusedInputError } from '../../../../../shared/errors'
import { chunksOf, type ByteSource } from '../../../weights/byteSource'
import { quoteFromFile } from '../../../weights/fileText'
import { readDirectory, requireStored, type DirectoryEntry } from './zipDirectory'

export interface ZipEntry {
  readonly name: string
  readonly size: number
  /** First byte of the contents in the file. */
  readonly start: number
  readonly crc: number
}

export interface ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>
  /** The contents, their CRC checked. */
  read(entry: ZipEntry): Promise<Buffer>
  /** Checks an entry's CRC without keeping its contents. */
  verify(entry: ZipEntry): Promise<void>
}

const localHeaderBytes = 30
const descriptorFlag = 0x8

/**
 * Opens an archive and checks its whole layout; `checkNames` may refuse by the names of the directory, before an entry
 * is looked at.
 * @throws RefusedInputError
 */
export async function openZip(
  source: ByteSource,
  checkNames: (names: ReadonlySet<string>) => void,
): Promise<ZipArchive> {
  const { entries: listed, directoryStart } = await readDirectory(source)
  checkNames(distinctNames(listed))
  for (const entry of listed) requireStored(entry)
  const entries = await locate(source, listed, directoryStart)
  return {
    entries,
    read: async (entry) => {
      const bytes = await source.read(entry.start, entry.size)
      requireCrc(entry, crc32(bytes))
      return bytes
    },
    verify: async (entry) => {
      let sum = 0
      for await (const chunk of chunksOf(source, entry.start, entry.size)) sum = crc32(chunk, sum)
      requireCrc(entry, sum)
    },
  }
}

function requireCrc(entry: ZipEntry, actual: number): void {
  if (actual === entry.crc) return
  const hexadecimal = (value: number): string => value.toString(16).padStart(8, '0')
  throw new RefusedInputError(`The entry ${quoteFromFile(entry.name)} is damaged.`, {
    wanted: `CRC-32 ${hexadecimal(entry.crc)}`,
    got: hexadecimal(actual),
    where: quoteFromFile(entry.name),
    action: 'Copy or download the file again.',
  })
}

function distinctNames(listed: readonly DirectoryEntry[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { name } of listed) {
    if (names.has(name))
      throw layoutRefusal('The archive has two entries of one name.', 'each name once', 'twice', name)
    names.add(name)
  }
  return names
}

/** Walks the entries in file order: each begins where the one before it ended. */
async function locate(
  source: ByteSource,
  listed: readonly DirectoryEntry[],
  directoryStart: number,
): Promise<Map<string, ZipEntry>> {
  const entries = new Map<string, ZipEntry>()
  let next = 0
  for (const entry of [...listed].sort((left, right) => left.offset - right.offset)) {
    if (entry.offset !== next) {
      throw layoutRefusal(
        next === 0 ? 'Bytes precede the archive.' : 'The entries of the archive do not follow one another.',
        `an entry at byte ${next}`,
        `byte ${entry.offset}`,
        entry.name,
      )
    }
    const start = await checkLocalHeader(source, entry, directoryStart)
    next = start + entry.size + (await descriptorLength(source, entry, start + entry.size))
    if (next > directoryStart)
      throw layoutRefusal(
        'An entry reaches into the directory of the archive.',
        `at most byte ${directoryStart}`,
        `byte ${next}`,
        entry.name,
      )
    entries.set(entry.name, { name: entry.name, size: entry.size, start, crc: entry.crc })
  }
  if (next !== directoryStart)
    throw layoutRefusal(
      'Bytes lie hidden before the directory of the archive.',
      `a directory at byte ${next}`,
      `byte ${directoryStart}`,
    )
  return entries
}

function layoutRefusal(message: string, wanted: string, got: string, name?: string): RefusedInputError {
  return new RefusedInputError(message, {
    wanted,
    got,
    where: name === undefined ? 'zip archive' : quoteFromFile(name),
  })
}

async function checkLocalHeader(source: ByteSource, entry: DirectoryEntry, directoryStart: number): Promise<number> {
  if (entry.offset + localHeaderBytes > directoryStart)
    throw layoutRefusal('An entry of the archive is truncated.', 'a local header', 'the directory', entry.name)
  // One read for both: many small entries are dear by their number of reads.
  const head = await source.read(
    entry.offset,
    Math.min(localHeaderBytes + entry.rawName.length, directoryStart - entry.offset),
  )
  const fixed = head.subarray(0, localHeaderBytes)
  const nameLength = fixed.readUInt16LE(26)
  const start = entry.offset + localHeaderBytes + nameLength + fixed.readUInt16LE(28)
  if (start + entry.size > directoryStart)
    throw layoutRefusal(
      'An entry claims more bytes than the archive has.',
      `at most ${directoryStart - start} bytes`,
      `${entry.size} bytes`,
      entry.name,
    )
  const name = head.subarray(localHeaderBytes, localHeaderBytes + nameLength)
  const deferred = (entry.flags & descriptorFlag) !== 0
  const fields: [number, number][] = [
    [fixed.readUInt32LE(0), 0x04034b50],
    [fixed.readUInt16LE(6), entry.flags],
    [fixed.readUInt16LE(8), 0],
    [fixed.readUInt32LE(14), deferred && fixed.readUInt32LE(14) === 0 ? 0 : entry.crc],
  ]
  const sizes = [fixed.readUInt32LE(18), fixed.readUInt32LE(22)]
  const sizesAgree = sizes.every(
    (size) =>
      size === entry.size ||
      (size === 0xffffffff && start + entry.size > 0xffffffff) ||
      (deferred && (size === 0 || size === 0xffffffff)),
  )
  if (
    !fields.every(([got, wanted]) => got === wanted) ||
    !sizesAgree ||
    nameLength !== entry.rawName.length ||
    !name.equals(entry.rawName)
  ) {
    throw layoutRefusal(
      'An entry of the archive contradicts its directory.',
      'the same name, size, checksum and flags in both places',
      'different ones',
      entry.name,
    )
  }
  return start
}

/** Length of the data descriptor after an entry (4.3.9): with or without signature, 32- or 64-bit sizes. */
async function descriptorLength(source: ByteSource, entry: DirectoryEntry, at: number): Promise<number> {
  if ((entry.flags & descriptorFlag) === 0) return 0
  const bytes = await source.read(at, Math.min(24, source.size - at))
  for (const { length, signed, wide } of [
    { length: 24, signed: true, wide: true },
    { length: 16, signed: true, wide: false },
    { length: 20, signed: false, wide: true },
    { length: 12, signed: false, wide: false },
  ]) {
    if (bytes.length < length || (signed && bytes.readUInt32LE(0) !== 0x08074b50)) continue
    const crcAt = signed ? 4 : 0
    const size = (offset: number): bigint => (wide ? bytes.readBigUInt64LE(offset) : BigInt(bytes.readUInt32LE(offset)))
    const wanted = BigInt(entry.size)
    if (
      bytes.readUInt32LE(crcAt) === entry.crc &&
      size(crcAt + 4) === wanted &&
      size(crcAt + (wide ? 12 : 8)) === wanted
    )
      return length
  }
  throw layoutRefusal(
    'An entry of the archive contradicts its directory.',
    'the same size and checksum after the contents',
    'different ones',
    entry.name,
  )
}
