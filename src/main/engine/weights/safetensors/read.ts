/**
 * safetensors: 8 bytes length N (little-endian), N bytes of JSON, then the tensors back to back.
 * Reference: huggingface/safetensors README ("Format"). Stricter than the reference in two points: the header is capped
 * at 8 MB (100 MB there), and tensors of types without a counterpart here are refused by name.
 */
import { RefusedInputError } from '../../../../shared/errors'
import { openFileSource, type ByteSource } from '../byteSource'
import { importLimits } from '../importLimits'
import { describeFirstBytes, quoteFromFile } from '../fileText'
import { parseHeader, type HeaderEntry } from './header'
import { readTensor, rowMajorStrides, type StoredMap } from '../stored'
import { bytesPer, type WeightDtype, type WeightMap } from '../weightMap'

const lengthBytes = 8

const dtypeOf: ReadonlyMap<string, WeightDtype> = new Map([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
])

export interface SafetensorsFile {
  tensors: WeightMap
  metadata: Record<string, string>
}

/**
 * Reads a whole safetensors file, values included.
 * @throws RefusedInputError when the file is damaged, not safetensors, or holds an unknown element type
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  const source = await openFileSource(path)
  try {
    const file = await readSafetensorsSource(source)
    await source.assertUnchanged()
    return file
  } finally {
    await source.close()
  }
}

/** The same from any byte source. */
export async function readSafetensorsSource(source: ByteSource): Promise<SafetensorsFile> {
  const { stored, metadata } = await locateSafetensors(source, importLimits.ownTensors)
  const tensors: WeightMap = new Map()
  for (const [name, tensor] of stored) tensors.set(name, await readTensor(source, tensor))
  return { tensors, metadata }
}

/**
 * Where the tensors lie, in the order of the data; no value is read.
 * @throws RefusedInputError as `readSafetensors`, and where there are more than `mostTensors`
 */
export async function locateSafetensors(
  source: ByteSource,
  mostTensors: number,
): Promise<{ stored: StoredMap; metadata: Record<string, string> }> {
  const headerBytes = await readHeaderLength(source)
  const text = decodeHeader(await source.read(lengthBytes, headerBytes))
  const { entries, metadata } = parseHeader(text, mostTensors)
  const dataStart = lengthBytes + headerBytes
  const stored: StoredMap = new Map()
  for (const {
    entry: { name, shape, start },
    dtype,
  } of checkLayout(entries, source.size - dataStart)) {
    stored.set(name, { dtype, shape, strides: rowMajorStrides(shape), at: dataStart + start })
  }
  return { stored, metadata }
}

/** Whether a file that begins with `head` looks like this format: a length that fits, then a JSON object. */
export const looksLikeSafetensors = (head: Buffer, size: number): boolean =>
  head.length >= lengthBytes + 1 && head[lengthBytes] === 0x7b && head.readBigUInt64LE(0) <= BigInt(size)

async function readHeaderLength(source: ByteSource): Promise<number> {
  if (source.size < lengthBytes + 2) {
    throw new RefusedInputError('The file is too short for a safetensors file.', {
      wanted: 'at least 10 bytes',
      got: `${source.size} bytes`,
      where: source.name,
    })
  }
  const head = await source.read(0, Math.min(source.size, 16))
  const claimed = head.readBigUInt64LE(0)
  const most = Math.min(importLimits.safetensorsHeaderBytes, source.size - lengthBytes)
  if (claimed < 2n || claimed > BigInt(most)) {
    throw new RefusedInputError('The safetensors header length is impossible.', {
      wanted: `2 to ${most} bytes`,
      got: `${claimed} bytes; ${describeFirstBytes(head)}`,
      where: 'bytes 0 to 8',
    })
  }
  return Number(claimed)
}

function decodeHeader(bytes: Uint8Array): string {
  if (bytes[0] !== 0x7b) {
    throw new RefusedInputError('The safetensors header does not begin with "{".', {
      wanted: 'a JSON object',
      got: describeFirstBytes(bytes),
      where: 'byte 8',
    })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new RefusedInputError('The safetensors header is not UTF-8.', {
      wanted: 'UTF-8 text',
      got: 'other bytes',
      where: 'header',
      cause: error,
    })
  }
}

interface PlacedEntry {
  readonly entry: HeaderEntry
  readonly dtype: WeightDtype
}

/** Every byte of the data part belongs to exactly one tensor; entries come back in the order of the data. */
function checkLayout(entries: readonly HeaderEntry[], dataBytes: number): PlacedEntry[] {
  const placed = entries.map((entry) => ({ entry, dtype: checkEntry(entry) }))
  placed.sort((left, right) => left.entry.start - right.entry.start || left.entry.end - right.entry.end)
  let covered = 0
  for (const { entry } of placed) {
    if (entry.start !== covered) {
      throw new RefusedInputError(
        `The tensor ${quoteFromFile(entry.name)} ${entry.start < covered ? 'overlaps another' : 'leaves a hole before it'}.`,
        {
          wanted: `data from ${covered}`,
          got: `data from ${entry.start}`,
          where: quoteFromFile(entry.name),
        },
      )
    }
    covered = entry.end
  }
  if (covered !== dataBytes) {
    throw new RefusedInputError(
      covered > dataBytes ? 'The safetensors file is truncated.' : 'Bytes follow the last tensor.',
      {
        wanted: `${covered} bytes of data`,
        got: `${dataBytes} bytes`,
        where: 'end of the file',
      },
    )
  }
  return placed
}

function checkEntry(entry: HeaderEntry): WeightDtype {
  const where = quoteFromFile(entry.name)
  const dtype = dtypeOf.get(entry.dtype)
  if (dtype === undefined) {
    throw new RefusedInputError(`The tensor ${where} has an element type that is not read.`, {
      wanted: [...dtypeOf.keys()].join(', '),
      got: quoteFromFile(entry.dtype),
      where,
      action: 'Save the weights as float32.',
    })
  }
  const bytes = entry.shape.reduce((product, extent) => product * BigInt(extent), BigInt(bytesPer(dtype)))
  if (entry.end < entry.start || bytes !== BigInt(entry.end - entry.start)) {
    throw new RefusedInputError(`The size of the tensor ${where} contradicts its shape.`, {
      wanted: `${bytes} bytes for ${entry.dtype} [${entry.shape.join(', ')}]`,
      got: `data_offsets ${entry.start} to ${entry.end}`,
      where,
    })
  }
  return dtype
}
