/** Which of many calls a short test fails. */
import { createHash } from 'node:crypto'

/** So many of the numbers from 1 to `count`, spread over all of them, the same for the same seed. */
export function sampled(count: number, wanted: number, seed: string): number[] {
  if (count <= wanted) return Array.from({ length: count }, (_, index) => index + 1)
  const width = count / wanted
  return Array.from({ length: wanted }, (_, index) => {
    const bytes = createHash('sha256').update(`${seed}/${index}`).digest()
    return 1 + Math.floor((index + bytes.readUInt32LE(0) / 2 ** 32) * width)
  })
}

/** Numbers from 0 to below 1, the same for the same seed. */
export function createRandom(seed: string): () => number {
  let drawn = 0
  return () => createHash('sha256').update(`${seed}/${drawn++}`).digest().readUInt32LE(0) / 2 ** 32
}
