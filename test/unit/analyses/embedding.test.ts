import { describe, expect, it } from 'vitest'
import { embeddingOf, type EmbeddingInput } from '../../../src/main/engine/families/analyses/embedding'
import reference from '../../fixtures/analyses/embedding.json'

const [count, width, groups] = [240, 16, 6]
/** As embedding.py makes them. */
const values = Float32Array.from({ length: count * width }, (_, place) => {
  const [row, column] = [Math.floor(place / width), place % width]
  const along = Math.floor(row / groups) / (count / groups)
  const shape = Math.sin((row % groups) * 2.1 + column * 1.3) + Math.sin(along * 3 + column)
  return shape + 0.5 * Math.sin(row * 12.9898 + column * 78.233)
})
const input = (more: Partial<EmbeddingInput> = {}): EmbeddingInput => ({
  values,
  count,
  width,
  seed: 0,
  neighbours: 15,
  progress: () => Promise.resolve(),
  ...more,
})

/** The others of each row by their distance. */
function neighbours(of: ArrayLike<number>, columns: number): number[][] {
  const distance = (one: number, other: number): number => {
    let sum = 0
    for (let at = 0; at < columns; at++) sum += ((of[one * columns + at] ?? 0) - (of[other * columns + at] ?? 0)) ** 2
    return sum
  }
  return Array.from({ length: count }, (_, row) => {
    const others = Array.from({ length: count }, (__, other) => other).filter((other) => other !== row)
    const away = others.map((other) => [distance(row, other), other] as const)
    return away.sort((left, right) => left[0] - right[0]).map(([, other]) => other)
  })
}
/** 1 − 2 / (n k (2n − 3k − 1)) Σ over false neighbours of (rank among the vectors − k) (Venna and Kaski 2001). */
function trustworthiness(plane: ArrayLike<number>, k = 10): number {
  const [near, truly] = [neighbours(plane, 2), neighbours(values, width)]
  let sum = 0
  near.forEach((others, row) => {
    for (const other of others.slice(0, k)) sum += Math.max(0, (truly[row]?.indexOf(other) ?? 0) + 1 - k)
  })
  return 1 - (2 / (count * k * (2 * count - 3 * k - 1))) * sum
}
const interleaved = ({ x, y }: { x: Float32Array; y: Float32Array }): number[] =>
  [...x].flatMap((value, row) => [value, y[row] ?? NaN])

describe('the embedding of images', () => {
  it('keeps neighbourhoods as well as umap-learn does', async () => {
    const pair = Array.from({ length: count }, (_, row) => [values[row * width] ?? 0, values[row * width + 1] ?? 0])
    expect(trustworthiness(pair.flat())).toBeCloseTo(reference.firstTwoColumns, 3)
    const places = await embeddingOf(input())
    expect(places && trustworthiness(interleaved(places))).toBeGreaterThan(reference.umap - 0.01)
  })

  it('is the same for the same seed, and tells how far it is', async () => {
    const told: number[] = []
    const few = { values: values.subarray(0, 40 * width), count: 40 }
    const progress = (share: number): Promise<void> => Promise.resolve(void told.push(share))
    const first = await embeddingOf(input({ ...few, progress }))
    expect(await embeddingOf(input(few))).toEqual(first)
    expect(await embeddingOf(input({ ...few, seed: 1 }))).not.toEqual(first)
    expect(told.length).toBeGreaterThan(20)
    expect(told).toEqual([...told].sort((left, right) => left - right))
  })

  it('has places for images that are all alike, and none for too few or for no numbers', async () => {
    const alike = await embeddingOf(input({ values: new Float32Array(30 * 4).fill(1), count: 30, width: 4 }))
    expect(alike?.x.every(Number.isFinite)).toBe(true)
    expect(await embeddingOf(input({ values: values.subarray(0, 3 * width), count: 3 }))).toBeNull()
    expect(await embeddingOf(input({ values: Float32Array.from(values, () => NaN) }))).toBeNull()
  })
})
