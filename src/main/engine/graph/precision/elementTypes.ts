/** TensorFlow's DataType numbers of the types met here, and the rounding from one float type to the other. */

export const float32 = 1
export const bfloat16 = 14
export const int32 = 3

/**
 * float32 values (bytes, little-endian) as bfloat16, to nearest and to even where two are as near, as TensorFlow's Cast
 * rounds.
 */
export function roundToBfloat16(content: Uint8Array): Uint8Array {
  const source = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const rounded = new Uint8Array(content.byteLength / 2)
  const target = new DataView(rounded.buffer)
  for (let at = 0; at < rounded.byteLength; at += 2) {
    const bits = source.getUint32(at * 2, true)
    const isNaN = (bits & 0x7fffffff) > 0x7f800000
    target.setUint16(at, isNaN ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16, true)
  }
  return rounded
}
