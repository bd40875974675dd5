import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeSafetensors, writeSafetensors } from '../../../src/main/engine/weights/safetensors/write'
import { readSafetensors, readSafetensorsSource } from '../../../src/main/engine/weights/safetensors/read'
import { memorySource } from './craft/memorySource'
import { toFloat32, type WeightMap } from '../../../src/main/engine/weights/weightMap'
import { temporaryFolder } from './craft/files'

const read = (bytes: Uint8Array) => readSafetensorsSource(memorySource(bytes, 'test.safetensors'))

function file(header: string, data: Uint8Array = new Uint8Array(0), claimed?: bigint): Buffer {
  const text = Buffer.from(header)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(claimed ?? BigInt(text.length))
  return Buffer.concat([length, text, data])
}
const entry = (name: string, start: number, end: number, shape = [(end - start) / 4], dtype = 'F32'): string =>
  `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":${JSON.stringify(shape)},"data_offsets":[${start},${end}]}`

const everyType: WeightMap = new Map([
  ['z.float', { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1.5, -2) }],
  ['10', { dtype: 'float64', shape: [1], data: Float64Array.of(Math.PI) }],
  ['9', { dtype: 'int64', shape: [], data: BigInt64Array.of(-(2n ** 62n)) }],
  ['half', { dtype: 'float16', shape: [3], data: Uint16Array.of(0x3c00, 0x0001, 0xfc00) }],
  ['brain', { dtype: 'bfloat16', shape: [2], data: Uint16Array.of(0x3fc0, 0xc040) }],
  ['flags', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['empty', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
])

describe('safetensors', () => {
  const folder = temporaryFolder()

  it('gives back every type, shape and the metadata, and leaves no temporary file', async () => {
    const path = join(folder, 'weights.safetensors')
    await writeSafetensors(path, everyType, { note: 'a "quoted" note' })
    const { tensors, metadata } = await readSafetensors(path)
    expect(metadata).toEqual({ note: 'a "quoted" note' })
    expect(new Map([...tensors].sort())).toEqual(new Map([...everyType].sort()))
    expect(readdirSync(folder)).toEqual(['weights.safetensors'])
  })

  it('widens half precision exactly', () => {
    const floats = (name: string): number[] =>
      Array.from(toFloat32(everyType.get(name) ?? { dtype: 'float32', shape: [], data: new Float32Array(0) }))
    expect(floats('half')).toEqual([1, 2 ** -24, -Infinity])
    expect(floats('brain')).toEqual([1.5, -3])
  })

  it('keeps __proto__ as a name like any other', async () => {
    const { tensors } = await read(file(`{${entry('__proto__', 0, 4)}}`, Buffer.alloc(4)))
    expect([...tensors.keys()]).toEqual(['__proto__'])
  })

  const refused: [string, Uint8Array, RegExp][] = [
    ['a header longer than the file', file('{}', undefined, 1000n), /header length is impossible/],
    ['a header length of 2^63', file('{}', undefined, 2n ** 63n), /header length is impossible/],
    ['a file of 4 bytes', Buffer.alloc(4), /too short/],
    [
      'overlapping tensors',
      file(`{${entry('a', 0, 8)},${entry('b', 4, 12)}}`, Buffer.alloc(12)),
      /"b" overlaps another/,
    ],
    [
      'many tensors on the same bytes',
      file(`{${entry('a', 0, 8)},${entry('b', 0, 8)}}`, Buffer.alloc(8)),
      /overlaps another/,
    ],
    ['a hole', file(`{${entry('a', 0, 4)},${entry('b', 8, 12)}}`, Buffer.alloc(12)), /leaves a hole/],
    ['trailing bytes', file(`{${entry('a', 0, 4)}}`, Buffer.alloc(5)), /Bytes follow the last tensor/],
    ['two missing bytes', file(`{${entry('a', 0, 4)}}`, Buffer.alloc(2)), /truncated/],
    ['a shape that contradicts the size', file(`{${entry('a', 0, 4, [2])}}`, Buffer.alloc(4)), /contradicts its shape/],
    [
      'a product beyond 2^64',
      file(`{${entry('a', 0, 4, [2 ** 40, 2 ** 40])}}`, Buffer.alloc(4)),
      /contradicts its shape/,
    ],
    [
      'an unknown type',
      file(`{${entry('a', 0, 4, [4], 'F8_E4M3')}}`, Buffer.alloc(4)),
      /element type that is not read/,
    ],
    ['a duplicate name', file(`{${entry('a', 0, 4)},${entry('a', 4, 8)}}`, Buffer.alloc(8)), /not valid/],
    ['a negative offset', file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}'), /not valid/],
    ['a missing offset', file('{"a":{"dtype":"F32","shape":[1]}}'), /not valid/],
    ['nested arrays', file(`{"a":${'['.repeat(200_000)}`), /not valid/],
    ['text after the header', file('{} {}'), /not valid/],
    ['a header that is not UTF-8', file('{"a').fill(0xff, 10), /not UTF-8/],
    ['a header of another kind', file('[1,2]'), /does not begin with/],
  ]
  it.each(refused)('refuses %s', async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(message)
  })

  it('refuses 10^7 tensors at once by the size of the header', async () => {
    const path = join(folder, 'many.safetensors')
    writeFileSync(path, file(`{${' '.repeat(9 * 2 ** 20)}}`))
    await expect(readSafetensors(path)).rejects.toThrow(/header length is impossible/)
  })

  it('refuses more entries than any model has', async () => {
    const entries = Array.from({ length: 70_000 }, (_, index) => entry(`${index}`, 0, 0))
    await expect(read(file(`{${entries.join(',')}}`))).rejects.toThrow(/too many tensors/)
  })

  it('is what encodeSafetensors makes', async () => {
    const bytes = Buffer.concat(encodeSafetensors(everyType))
    expect(bytes.readUInt32LE(0) % 8).toBe(0)
    expect((await read(bytes)).tensors.size).toBe(everyType.size)
  })
})
