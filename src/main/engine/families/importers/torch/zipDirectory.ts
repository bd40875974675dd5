/** The central directory of a zip archive, with zip64, read strictly (APPNOTE.TXT 4.3.12 to 4.3.16). */
import { RefusedInputError } from '../../../../../shared/errors'
import type { ByteSource } from '../../../weights/byteSource'
import { importLimits } from '../../../weights/importLimits'
import { stackImages } from '../pickle/refusal'
import { quoteFromFile } from '../../../weights/fileText'

export interface DirectoryEntry {
  readonly name: string
  readonly rawName: Buffer
  readonly flags: number
  readonly crc: number
  readonly size: number
  readonly compressedSize: number
  /** Compression method; 0 is stored. */
  readonly method: number
  /** Of the local header. */
  readonly offset: number
}

interface DirectoryPlace {
  count: number
  start: number
  end: number
}

const endBytes = 22
const locatorBytes = 20
const end64Bytes = 56
const headerBytes = 46
/** Sizes deferred to after the contents, and names in UTF-8: what PyTorch sets. */
const allowedFlags = 0x8 | 0x800
const largestDirectory = 32 * 2 ** 20

export async function readDirectory(
  source: ByteSource,
): Promise<{ entries: DirectoryEntry[]; directoryStart: number }> {
  const place = await findDirectory(source)
  const length = place.end - place.start
  if (place.count > importLimits.zipEntries || length > largestDirectory) {
    throw new RefusedInputError('The archive claims too many entries.', {
      wanted: `at most ${importLimits.zipEntries} entries`,
      got: `${place.count} entries, ${length} bytes of directory`,
      where: 'zip directory',
      action: stackImages,
    })
  }
  if (place.count * headerBytes > length)
    throw refusal(
      'The archive claims more entries than its directory has room for.',
      `at most ${Math.floor(length / headerBytes)} entries`,
      `${place.count}`,
    )
  const bytes = await source.read(place.start, length)
  const entries: DirectoryEntry[] = []
  let at = 0
  for (let index = 0; index < place.count; index++) {
    const { entry, next } = readEntry(bytes, at)
    entries.push(entry)
    at = next
  }
  if (at !== bytes.length)
    throw refusal('Bytes lie hidden in the directory of the archive.', `${at} bytes`, `${bytes.length} bytes`)
  return { entries, directoryStart: place.start }
}

function refusal(message: string, wanted: string, got: string, name?: string): RefusedInputError {
  return new RefusedInputError(message, {
    wanted,
    got,
    where: name === undefined ? 'zip directory' : quoteFromFile(name),
  })
}

/** The end record must be the last bytes of the file: no comment, nothing after it. */
async function findDirectory(source: ByteSource): Promise<DirectoryPlace> {
  if (source.size < endBytes)
    throw refusal('The zip archive is truncated.', 'at least 22 bytes', `${source.size} bytes`)
  const end = await source.read(source.size - endBytes, endBytes)
  if (end.readUInt32LE(0) !== 0x06054b50 || end.readUInt16LE(20) !== 0) {
    throw refusal(
      'The zip archive is truncated or has bytes after its end.',
      'an end record as the last 22 bytes, without comment',
      `${end.toString('hex', 0, 4)} …`,
    )
  }
  if (end.readUInt16LE(4) !== 0 || end.readUInt16LE(6) !== 0)
    throw refusal('The zip archive is split over several files.', 'one file', `part ${end.readUInt16LE(4)}`)
  const place32 = { count: end.readUInt16LE(10), length: end.readUInt32LE(12), start: end.readUInt32LE(16) }
  const endAt = source.size - endBytes
  const place64 = await findZip64(source, endAt)
  if (place64) {
    const agrees = (small: number, large: number, limit: number): boolean => small === large || small === limit
    if (
      !agrees(place32.count, place64.count, 0xffff) ||
      !agrees(place32.start, place64.start, 0xffffffff) ||
      !agrees(place32.length, place64.end - place64.start, 0xffffffff)
    ) {
      throw refusal(
        'The two end records of the archive contradict each other.',
        'the same directory in both',
        'different ones',
      )
    }
    return place64
  }
  if (place32.start + place32.length !== endAt || end.readUInt16LE(8) !== place32.count) {
    throw refusal(
      'The directory of the archive is not where its end record says.',
      `up to byte ${endAt}`,
      `up to byte ${place32.start + place32.length}`,
    )
  }
  return { count: place32.count, start: place32.start, end: endAt }
}

async function findZip64(source: ByteSource, endAt: number): Promise<DirectoryPlace | null> {
  if (endAt < locatorBytes + end64Bytes) return null
  const locator = await source.read(endAt - locatorBytes, locatorBytes)
  if (locator.readUInt32LE(0) !== 0x07064b50) return null
  const recordAt = endAt - locatorBytes - end64Bytes
  const record = await source.read(recordAt, end64Bytes)
  const valid =
    record.readUInt32LE(0) === 0x06064b50 &&
    record.readBigUInt64LE(4) === BigInt(end64Bytes - 12) &&
    locator.readUInt32LE(4) === 0 &&
    locator.readBigUInt64LE(8) === BigInt(recordAt) &&
    locator.readUInt32LE(16) === 1 &&
    record.readUInt32LE(16) === 0 &&
    record.readUInt32LE(20) === 0 &&
    record.readBigUInt64LE(24) === record.readBigUInt64LE(32)
  const count = record.readBigUInt64LE(32)
  const length = record.readBigUInt64LE(40)
  const start = record.readBigUInt64LE(48)
  if (!valid || start + length !== BigInt(recordAt) || count * BigInt(headerBytes) > length) {
    throw refusal(
      'The zip64 end record of the archive is not valid.',
      `entries of ${headerBytes} bytes and more up to byte ${recordAt}`,
      `${count} entries, ${length} bytes from ${start}`,
    )
  }
  return { count: Number(count), start: Number(start), end: recordAt }
}

function readEntry(bytes: Buffer, at: number): { entry: DirectoryEntry; next: number } {
  if (at + headerBytes > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50)
    throw refusal('The directory of the archive is damaged.', `an entry at byte ${at}`, 'other bytes')
  const nameLength = bytes.readUInt16LE(at + 28)
  const extraLength = bytes.readUInt16LE(at + 30)
  const next = at + headerBytes + nameLength + extraLength + bytes.readUInt16LE(at + 32)
  if (next > bytes.length)
    throw refusal('The directory of the archive is damaged.', 'a whole entry', 'the end of the directory')
  const rawName = bytes.subarray(at + headerBytes, at + headerBytes + nameLength)
  const name = decodeName(rawName)
  const flags = bytes.readUInt16LE(at + 8)
  if ((flags & ~allowedFlags) !== 0)
    throw refusal(
      'The archive has an encrypted or otherwise unreadable entry.',
      'plain entries',
      `flags 0x${flags.toString(16)}`,
      name,
    )
  const mode = bytes.readUInt32LE(at + 38) >>> 16
  if ((mode & 0xf000) !== 0 && (mode & 0xf000) !== 0x8000)
    throw refusal(
      'The archive has an entry that is no file.',
      'files',
      `mode 0${mode.toString(8)} (link, folder or device)`,
      name,
    )
  if (bytes.readUInt16LE(at + 34) !== 0)
    throw refusal(
      'The zip archive is split over several files.',
      'one file',
      `part ${bytes.readUInt16LE(at + 34)}`,
      name,
    )
  const wide = readWideFields(
    bytes,
    at,
    name,
    bytes.subarray(at + headerBytes + nameLength, at + headerBytes + nameLength + extraLength),
  )
  return {
    entry: {
      name,
      rawName,
      flags,
      crc: bytes.readUInt32LE(at + 16),
      size: wide.size,
      compressedSize: wide.compressed,
      method: bytes.readUInt16LE(at + 10),
      offset: wide.offset,
    },
    next,
  }
}

/** @throws RefusedInputError for a compressed entry: torch.save writes none, and none is ever unfolded here */
export function requireStored({ name, method, size, compressedSize }: DirectoryEntry): void {
  if (method !== 0) {
    throw new RefusedInputError('The archive has a compressed entry.', {
      wanted: 'stored entries, as torch.save writes them',
      got: `method ${method}`,
      where: quoteFromFile(name),
      action: 'Load the file with PyTorch and save it again.',
    })
  }
  if (compressedSize !== size)
    throw refusal(
      'The sizes of a stored entry contradict each other.',
      `${compressedSize} bytes`,
      `${size} bytes`,
      name,
    )
}

/** Sizes and offset, from the zip64 extra field (4.5.3) where the 32-bit ones say so. */
function readWideFields(
  bytes: Buffer,
  at: number,
  name: string,
  extra: Buffer,
): { size: number; compressed: number; offset: number } {
  const wide = zip64Extra(extra, name)
  let used = 0
  const field = (small: number): number => {
    if (small !== 0xffffffff) return small
    if (used + 8 > wide.length)
      throw refusal('An entry of the archive lacks its zip64 sizes.', '8 bytes each', `${wide.length} bytes`, name)
    const value = wide.readBigUInt64LE(used)
    used += 8
    if (value > BigInt(importLimits.fileBytes))
      throw refusal('An entry claims an absurd size or place.', `at most ${importLimits.fileBytes}`, `${value}`, name)
    return Number(value)
  }
  const size = field(bytes.readUInt32LE(at + 24))
  const compressed = field(bytes.readUInt32LE(at + 20))
  return { size, compressed, offset: field(bytes.readUInt32LE(at + 42)) }
}

function zip64Extra(extra: Buffer, name: string): Buffer {
  let at = 0
  while (at + 4 <= extra.length) {
    const length = extra.readUInt16LE(at + 2)
    if (at + 4 + length > extra.length) break
    if (extra.readUInt16LE(at) === 1) return extra.subarray(at + 4, at + 4 + length)
    at += 4 + length
  }
  if (at !== extra.length)
    throw refusal('An entry of the archive has damaged extra fields.', 'whole fields', 'a part of one', name)
  return extra.subarray(0, 0)
}

/** Relative names of plain segments only; nothing is ever unpacked, yet such a file is not from torch.save. */
function decodeName(raw: Buffer): string {
  if (raw.length === 0 || raw.length > importLimits.nameBytes)
    throw refusal(
      'An entry of the archive has an absurd name.',
      `1 to ${importLimits.nameBytes} bytes`,
      `${raw.length} bytes`,
    )
  let name: string
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw)
  } catch (error) {
    throw new RefusedInputError('An entry of the archive has a name that is not UTF-8.', {
      wanted: 'UTF-8',
      got: raw.toString('hex', 0, 32),
      where: 'zip directory',
      cause: error,
    })
  }
  const segments = name.split('/')
  if (
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\u0000-\u001f\u007f\\]|^[A-Za-z]:/.test(name) ||
    segments.some((segment) => segment === '' || segment === '.' || segment === '..')
  ) {
    throw refusal(
      'An entry of the archive has a name that is a path.',
      'a relative name without "..", "\\" or drive',
      quoteFromFile(name),
      name,
    )
  }
  return name
}
