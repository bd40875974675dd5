/** Tensors in their file: the whole of one, and its values piece by piece, are the same values whatever the strides. */
import { describe, expect, it } from 'vitest'
import { memorySource } from './craft/memorySource'
import {
  createPieceReader,
  readTensor,
  rowMajorStrides,
  spanOf,
  type StoredTensor,
} from '../../../src/main/engine/weights/stored'

const count = 2 ** 19
const lead = 4
/** Four bytes, then 0, 1, 2 … as float32. */
const source = memorySource(new Uint8Array(Float32Array.from({ length: count + 1 }, (_, index) => index - 1).buffer))
const stored = (shape: number[], strides: number[], offset = 0): StoredTensor => ({
  dtype: 'float32',
  shape,
  strides,
  at: lead + 4 * offset,
})

async function valuesOf(tensor: StoredTensor): Promise<number[]> {
  const values: number[] = []
  for await (const piece of createPieceReader(source)(tensor)) {
    expect(piece.byteLength).toBeLessThanOrEqual(2 ** 20)
    for (const value of piece) values.push(Number(value))
  }
  return values.sort((left, right) => left - right)
}

describe('stored tensors', () => {
  it.each([
    ['contiguous, several pieces', stored([1024, 512], [512, 1])],
    ['transposed', stored([512, 1024], [1, 512])],
    ['channels last', stored([64, 32, 3, 3], [288, 1, 96, 32], 7)],
    ['columns of a matrix', stored([512, 3], [1024, 1], 5)],
    ['one column', stored([512], [1024], 1023)],
    ['every third', stored([150_000], [3])],
    ['a scalar', stored([], [], 9)],
    ['windows that overlap', stored([1000, 25], [1, 1])],
    ['windows of windows, beyond a piece', stored([600, 600, 2], [3, 2, 1])],
    ['windows with as many gaps as repetitions', stored([3, 3], [2, 2])],
    ['odd halves', stored([7, 5, 11], [55_000, 5_500, 3])],
  ])('%s', async (_, tensor) => {
    const { data, shape } = await readTensor(source, tensor)
    expect(shape).toEqual(tensor.shape)
    const strides = tensor.strides
    const at = (index: number): number =>
      rowMajorStrides(shape).reduce(
        (place, step, axis) => place + (Math.floor(index / step) % (shape[axis] ?? 1)) * (strides[axis] ?? 0),
        (tensor.at - lead) / 4,
      )
    expect(Array.from(data, Number).every((value, index) => value === at(index))).toBe(true)
    expect(await valuesOf(tensor)).toEqual(Array.from(data, Number).sort((left, right) => left - right))
  })

  it('a repeated value comes once, an empty tensor has none', async () => {
    const repeated = stored([3, 2], [0, 1], 4)
    expect(Array.from((await readTensor(source, repeated)).data, Number)).toEqual([4, 5, 4, 5, 4, 5])
    expect(await valuesOf(repeated)).toEqual([4, 5])
    expect(await valuesOf(stored([0, 3], [3, 1]))).toEqual([])
    expect((await readTensor(source, stored([0, 3], [3, 1]))).data.length).toBe(0)
  })

  it('span', () => {
    expect(spanOf({ shape: [4, 3], strides: [10, 1] })).toBe(33)
    expect(spanOf({ shape: [2 ** 52, 0], strides: [2 ** 52, 1] })).toBe(0)
  })
})
