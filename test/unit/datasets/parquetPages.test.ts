/** What pages and headers of Parquet files claim is held against what is there, before anything is made of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ColumnMetaData, SchemaTree } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { describe, expect, it } from 'vitest'
import { openParquet } from '../../../src/main/engine/families/datasets/files/parquet'
import { unpackPages, type PageLimits } from '../../../src/main/engine/families/datasets/files/parquetPages'
import { checkZstd } from '../../../src/main/engine/families/datasets/files/zstdFrames'
import { endOfStruct } from '../../../src/main/engine/families/datasets/files/parquetThrift'
import { RefusedInputError } from '../../../src/shared/errors'
import { createScratch } from './support'

/** Numbers as they lie in headers: signed ones turn between the signs, seven bits in a byte. */
function varint(value: number): number[] {
  const low = value & 127
  return value > 127 ? [low | 128, ...varint(Math.floor(value / 128))] : [low]
}
const signed = (value: number): number[] => varint(value < 0 ? -2 * value - 1 : 2 * value)
/** Whole numbers as fields 1, 2, … of a structure. */
const fields = (...values: number[]): number[] => values.flatMap((value) => [0x15, ...signed(value)])

const encodings = { plain: 0, delta: 5, deltaBytes: 7, dictionary: 8, split: 9 }
const dataPage = (count: number, encoding: number, bytes: number[]): Uint8Array =>
  Uint8Array.of(...fields(0, bytes.length, bytes.length), 0x2c, ...fields(count, encoding, 3, 3), 0, 0, ...bytes)
const dictionaryPage = (count: number, bytes: number[]): Uint8Array =>
  Uint8Array.of(...fields(2, bytes.length, bytes.length), 0x4c, ...fields(count, 0), 0, 0, ...bytes)

function unpack(page: Uint8Array, { type = 'INT32', repetition = 'REQUIRED', length = 0, values = 100 } = {}): unknown {
  const element = { name: 'a', repetition_type: repetition, type_length: length }
  const path = [{ element: { name: 'schema' } }, { element }] as unknown as SchemaTree[]
  let [left, bytes] = [values, 1000]
  const limits: PageLimits = {
    spendValues: (count) => {
      if (!(count <= left)) throw new Error('too many values')
      left -= count
    },
    spendBytes: (count) => {
      if (!(count <= bytes)) throw new Error('too many bytes')
      bytes -= count
    },
    unpack: (packed) => packed,
  }
  return unpackPages(page, { path, metadata: { type } as ColumnMetaData }, limits).map((unpacked) => [...unpacked.page])
}

describe('pages that claim what is not there', () => {
  it.each<[string, Uint8Array, Parameters<typeof unpack>[1], string?]>([
    ['more values than rows', dataPage(101, encodings.plain, []), {}, 'too many values'],
    ['a level repeated', dataPage(4, encodings.plain, [3, 0, 0, 0, ...varint(2e6), 1]), { repetition: 'OPTIONAL' }],
    ['a level packed', dataPage(4, encodings.plain, [3, 0, 0, 0, ...varint(2e6 + 1), 1]), { repetition: 'OPTIONAL' }],
    ['an index repeated', dataPage(4, encodings.dictionary, [1, ...varint(2e6), 1]), {}],
    ['blocks of no part', dataPage(4, encodings.delta, [...varint(128), 0, 4, 2, 2, 2, 2]), {}],
    ['blocks of parts below zero', dataPage(4, encodings.delta, [...varint(128), ...varint(2 ** 32 - 1), 4, 2, 2]), {}],
    ['blocks of a size below zero', dataPage(4, encodings.delta, [...varint(2 ** 32 - 8), 4, 4, 2, 2, 0, 0, 0, 0]), {}],
    // Two values: the second begins as 2,000 bytes of the first, which has 2.
    [
      'a beginning longer than the value before',
      dataPage(2, encodings.deltaBytes, [8, 1, 2, 0, ...signed(2000), 0, 8, 1, 2, ...signed(2), 0, 0, 65, 66, 67, 68]),
      { type: 'BYTE_ARRAY' },
    ],
    ['bytes side by side', dataPage(4, encodings.split, [1, 2, 3, 4]), { length: 1e6 }],
    ['a dictionary', dictionaryPage(50_000, [1, 2, 3, 4]), {}],
    ['no size', Uint8Array.of(...fields(0, 0), 0), {}, 'claims no number of bytes'],
    ['no unpacked size', Uint8Array.of(0x15, 0, 0x25, 0, 0), {}, 'claims no number of unpacked bytes'],
  ])('%s', (_, page, column, said: string = 'a page that claims') => {
    expect(() => unpack(page, column)).toThrow(said)
  })

  it('honest ones are taken', () => {
    const level = [2, 0, 0, 0, ...varint(8), 1]
    expect(
      unpack(dataPage(4, encodings.dictionary, [...level, 1, ...varint(8), 1]), { repetition: 'OPTIONAL' }),
    ).toEqual([[...level, 1, ...varint(8), 1]])
    expect(unpack(dataPage(2, encodings.delta, [...varint(128), 4, 2, 2, 2, 0, 0, 0, 0]))).toHaveLength(1)
    expect(unpack(dictionaryPage(1, [1, 2, 3, 4]))).toHaveLength(1)
  })

  it('a page beyond the end of its column', () => {
    expect(() => unpack(dataPage(4, encodings.plain, [1, 2, 3, 4]).subarray(0, -1))).toThrow(
      'a page that claims 4 bytes',
    )
  })
})

/** A frame of blocks that repeat a byte, 128 kB each. */
const zstdFrame = (header: number[], blocks: number): Uint8Array =>
  Uint8Array.of(
    ...[0x28, 0xb5, 0x2f, 0xfd, ...header],
    ...Array.from({ length: blocks }, (_, index) => [index === blocks - 1 ? 3 : 2, 0, 0x10, 65]).flat(),
  )

describe('zstd frames', () => {
  it.each([
    ['a size beyond the page', zstdFrame([0xe0, 0, 0, 0, 0, 1, 0, 0, 0], 1), 'a zstd frame of 4,294,967,296 bytes'],
    ['blocks without end', zstdFrame([0x00, 0x38], 300), 'a zstd frame of 39,321,600 bytes'],
    ['a window of 2 GB', zstdFrame([0x00, 0xa8], 1), 'a large window'],
    ['no end', zstdFrame([0x00, 0x38], 1).subarray(0, 7), 'outside the bounds'],
    ['no frame', Uint8Array.of(1, 2, 3, 4, 5), 'no zstd frame'],
  ])('%s', (_, bytes, said) => {
    expect(() => checkZstd(bytes, 1000)).toThrow(said)
  })

  it('honest ones are taken, one after the other', () => {
    const frame = zstdFrame([0x00, 0x38], 2)
    checkZstd(Buffer.concat([frame, Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9), frame]), 4 * 2 ** 17)
    expect(compressors.ZSTD?.(frame, 2 ** 18)).toHaveLength(2 ** 18)
  })
})

describe('headers that claim what is not there', () => {
  it.each([
    ['a list of 30 million', [0x19, 0xf5, ...varint(30e6), 0], 'a list that claims 30,000,000 elements'],
    ['bytes', [0x18, ...varint(1000), 0], 'claims 1,000 bytes more'],
    ['a number without end', [0x16, ...new Array<number>(50).fill(0x80), 0, 0], 'a number of more than 10 bytes'],
    ['structures in each other', new Array<number>(50).fill(0x1c), 'more than 32 deep'],
    ['an end', [0x15, 2], 'ends early'],
  ])('%s', (_, bytes, said) => {
    expect(() => endOfStruct(Uint8Array.of(...bytes))).toThrow(said)
  })

  it('honest ones are walked to their end', () => {
    expect(endOfStruct(Uint8Array.of(0x15, 2, 0x19, 0x25, 2, 2, 0x1c, 0x11, 0, 0x28, 1, 65, 0, 9, 9))).toBe(13)
  })
})

describe('whole files', () => {
  const refusalOf = async (bytes: Buffer, names?: string[]): Promise<unknown> => {
    const scratch = createScratch()
    try {
      const file = await openParquet(scratch.write('input.parquet', bytes))
      try {
        const columns = names ?? file.columns.map(({ name }) => name)
        for await (const rows of file.read(columns)) expect(rows).toBeDefined()
        return null
      } finally {
        await file.close()
      }
    } catch (error) {
      return error instanceof RefusedInputError ? error.got : error
    } finally {
      scratch.remove()
    }
  }

  it('one of 662 bytes that repeats a level 52 million times, whose other column has a page of no size', async () => {
    const bytes = readFileSync(join(import.meta.dirname, '../../fuzz/corpus/parquet/found-b7e88ce2353e'))
    for (let again = 0; again < 20; again++)
      expect(await refusalOf(bytes)).toBe('a page that claims 52,304,952 values where 2 are left')
    expect(await refusalOf(bytes, ['label'])).toBe('a page that claims no number of bytes')
  })

  it('rows that a file of its size cannot have', async () => {
    const bytes = readFileSync(join(import.meta.dirname, '../../fuzz/corpus/parquet/none'))
    expect(await refusalOf(bytes)).toBeNull()
    const at = bytes.lastIndexOf(Buffer.from([0x16, ...signed(2), 0x26])) + 1
    const claimed = Buffer.concat([bytes.subarray(0, at), Buffer.from(signed(70_000)), bytes.subarray(at + 1)])
    claimed.writeUInt32LE(bytes.readUInt32LE(bytes.length - 8) + claimed.length - bytes.length, claimed.length - 8)
    expect(await refusalOf(claimed)).toBe('70,000 rows in 571 bytes')
  })
})
