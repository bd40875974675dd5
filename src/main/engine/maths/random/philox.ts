/**
 * Philox4x32-10, a counter-based generator: ten rounds turn (128-bit counter, 64-bit key) into four random 32-bit
 * words.
 * Reference: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 4.2; constants as
 * in Random123.
 */

const multiplier0 = 0xd2511f53
const multiplier1 = 0xcd9e8d57
const weyl0 = 0x9e3779b9
const weyl1 = 0xbb67ae85
const rounds = 10

/** Upper 32 bits of the unsigned product a · b, as a signed integer. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const crossLow = aHigh * bLow + ((aLow * bLow) >>> 16)
  const crossHigh = aLow * bHigh + (crossLow % 0x10000)
  return (aHigh * bHigh + Math.floor(crossLow / 0x10000) + Math.floor(crossHigh / 0x10000)) | 0
}

/**
 * Writes the four words of one block to `out` at `offset`.
 * Counter words c0 (lowest) … c3 and key words k0, k1 in Random123's order.
 */
export function philoxBlock(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
  offset: number,
): void {
  let key0 = k0 | 0
  let key1 = k1 | 0
  for (let round = 0; round < rounds; round++) {
    const high0 = multiplyHigh(multiplier0, c0)
    const low0 = Math.imul(multiplier0, c0)
    const high1 = multiplyHigh(multiplier1, c2)
    const low1 = Math.imul(multiplier1, c2)
    c0 = high1 ^ c1 ^ key0
    c1 = low1
    c2 = high0 ^ c3 ^ key1
    c3 = low0
    key0 = (key0 + weyl0) | 0
    key1 = (key1 + weyl1) | 0
  }
  out[offset] = c0
  out[offset + 1] = c1
  out[offset + 2] = c2
  out[offset + 3] = c3
}
