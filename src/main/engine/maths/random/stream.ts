import { createHash } from 'node:crypto'
import { philoxBlock } from './philox'
import type { RandomStream, StreamState } from './types'

const wordsPerBlock = 4
const twoTo32 = 4294967296

/** Four words that tell streams apart: two become the Philox key, two the upper half of its counter. */
function identify(seed: number, name: string): [number, number, number, number] {
  const digest = createHash('sha256').update(`${seed}\n${name}`, 'utf8').digest()
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), digest.readUInt32LE(12)]
}

function requireCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`Wanted a whole number of draws, got ${count}.`)
}

/**
 * A random stream that depends on the seed and the name alone.
 * @param seed whole number, 0 … 2⁵³ − 1
 * @param name what the numbers are for, e.g. `teacher/order` or `student-1/latent`
 */
export function createStream(seed: number, name: string): RandomStream {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`Wanted a whole number of at least 0 as seed, got ${seed}.`)
  const [key0, key1, upper0, upper1] = identify(seed, name)
  let counter = 0
  let scratch = new Uint32Array(1024)

  const words = (count: number): Uint32Array => {
    const blocks = Math.ceil(count / wordsPerBlock)
    if (scratch.length < blocks * wordsPerBlock) scratch = new Uint32Array(blocks * wordsPerBlock)
    for (let block = 0; block < blocks; block++) {
      const position = counter + block
      philoxBlock(
        position >>> 0,
        (position / twoTo32) >>> 0,
        upper0,
        upper1,
        key0,
        key1,
        scratch,
        block * wordsPerBlock,
      )
    }
    counter += blocks
    return scratch
  }

  return {
    seed,
    name,
    uniform(count) {
      requireCount(count)
      const source = words(count)
      const values = new Float32Array(count)
      for (let index = 0; index < count; index++) values[index] = (source[index]! >>> 8) / 16777216
      return values
    },
    normal(count) {
      requireCount(count)
      const source = words(count + (count & 1))
      const values = new Float32Array(count)
      for (let index = 0; index < count; index += 2) {
        // The logarithm's argument lies in (0, 1]: never 0.
        const radius = Math.sqrt(-2 * Math.log((source[index]! + 1) / twoTo32))
        const angle = 2 * Math.PI * (source[index + 1]! / twoTo32)
        values[index] = radius * Math.cos(angle)
        if (index + 1 < count) values[index + 1] = radius * Math.sin(angle)
      }
      return values
    },
    integers(count, below) {
      requireCount(count)
      if (!Number.isSafeInteger(below) || below < 1 || below > 2 ** 31)
        throw new RangeError(`Wanted an upper bound from 1 to 2³¹, got ${below}.`)
      const source = words(2 * count)
      const values = new Int32Array(count)
      for (let index = 0; index < count; index++) values[index] = Math.floor(fraction53(source, index) * below)
      return values
    },
    permutation(count) {
      requireCount(count)
      const values = new Int32Array(count)
      for (let index = 0; index < count; index++) values[index] = index
      const source = words(2 * Math.max(0, count - 1))
      for (let last = count - 1, draw = 0; last > 0; last--, draw++) {
        const chosen = Math.floor(fraction53(source, draw) * (last + 1))
        const kept = values[last]!
        values[last] = values[chosen]!
        values[chosen] = kept
      }
      return values
    },
    state: () => ({ seed, name, counter }),
    restore(state) {
      if (state.seed !== seed || state.name !== name) {
        throw new RangeError(
          `The saved position belongs to the stream "${state.name}" of seed ${state.seed}, not to "${name}" of seed ${seed}.`,
        )
      }
      requireCount(state.counter)
      counter = state.counter
    },
  }
}

/** [0, 1) with 53 random bits, out of words 2·index and 2·index + 1. */
const fraction53 = (words: Uint32Array, index: number): number =>
  ((words[2 * index]! >>> 5) * 67108864 + (words[2 * index + 1]! >>> 6)) / 9007199254740992

/** The stream at a saved position. */
export function restoreStream(state: StreamState): RandomStream {
  const stream = createStream(state.seed, state.name)
  stream.restore(state)
  return stream
}
