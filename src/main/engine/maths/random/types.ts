/** A stream's position as JSON: goes into every checkpoint, and restores the stream exactly. */
export interface StreamState {
  readonly seed: number
  readonly name: string
  /** Blocks of four 32-bit words drawn so far. */
  readonly counter: number
}

/**
 * A named, counter-based source of random numbers (Philox4x32-10).
 *
 * Two streams with different names or seeds are independent, so adding a consumer never shifts another's numbers.
 * Every call starts on a fresh block; the unused words of the last block are dropped, so that `{seed, name, counter}`
 * is the whole state.
 */
export interface RandomStream {
  readonly seed: number
  readonly name: string
  /** Uniform float32 in [0, 1), multiples of 2⁻²⁴. */
  uniform(count: number): Float32Array
  /** Standard normal, Box–Muller in float64 rounded to float32; |z| ≤ 6.7. */
  normal(count: number): Float32Array
  /** Whole numbers in [0, below), below ≤ 2³¹; bias under 2⁻²². */
  integers(count: number, below: number): Int32Array
  /** 0 … count − 1 in random order (Fisher–Yates). */
  permutation(count: number): Int32Array
  /** A copy of the position, for checkpoints. */
  state(): StreamState
  /** Goes to a saved position. @throws RangeError when the state belongs to another stream */
  restore(state: StreamState): void
}
