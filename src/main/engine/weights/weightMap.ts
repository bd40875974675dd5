/**
 * The neutral weight map: what every importer gives and every exporter takes. The file's layout (OIHW, [out, in]) is
 * kept.
 */
import { ExhaustiveError } from '../../../shared/errors'

/** Element types of a weight; float16 and bfloat16 keep their raw bits until a reader asks for float32. */
export type WeightDtype =
  'float64' | 'float32' | 'float16' | 'bfloat16' | 'int64' | 'int32' | 'int16' | 'int8' | 'uint8' | 'bool'

export type WeightData =
  Float64Array | Float32Array | Uint16Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array

/**
 * One tensor, contiguous, row major. Arrays by dtype: float64 Float64Array, float32 Float32Array, float16 and bfloat16
 * Uint16Array (raw bits), int64 BigInt64Array, int32 Int32Array, int16 Int16Array, int8 Int8Array, uint8 and bool
 * Uint8Array.
 */
export interface WeightTensor {
  readonly dtype: WeightDtype
  readonly shape: readonly number[]
  readonly data: WeightData
}

/** Parameter name to tensor, in the order of the file. */
export type WeightMap = Map<string, WeightTensor>

const bytesPerElement: Record<WeightDtype, number> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
}

/** Size of one element in bytes. */
export function bytesPer(dtype: WeightDtype): number {
  return bytesPerElement[dtype]
}

/** Number of elements of a shape; 1 for a scalar. Exact only for shapes whose product is a safe integer. */
export function elementCount(shape: readonly number[]): number {
  // Huge extents beside a 0 would give Infinity · 0.
  return shape.includes(0) ? 0 : shape.reduce((product, extent) => product * extent, 1)
}

export function isFloatDtype(dtype: WeightDtype): boolean {
  return dtype === 'float64' || dtype === 'float32' || dtype === 'float16' || dtype === 'bfloat16'
}

/** Sees little-endian bytes as elements of a dtype; copies when the bytes are not aligned for it. */
export function viewAs(dtype: WeightDtype, bytes: Uint8Array): WeightData {
  const size = bytesPer(dtype)
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  const { buffer, byteOffset } = aligned
  const count = aligned.byteLength / size
  switch (dtype) {
    case 'float64':
      return new Float64Array(buffer, byteOffset, count)
    case 'float32':
      return new Float32Array(buffer, byteOffset, count)
    case 'float16':
    case 'bfloat16':
      return new Uint16Array(buffer, byteOffset, count)
    case 'int64':
      return new BigInt64Array(buffer, byteOffset, count)
    case 'int32':
      return new Int32Array(buffer, byteOffset, count)
    case 'int16':
      return new Int16Array(buffer, byteOffset, count)
    case 'int8':
      return new Int8Array(buffer, byteOffset, count)
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer, byteOffset, count)
    default:
      throw new ExhaustiveError(dtype)
  }
}

/** The tensor's elements as little-endian bytes (no copy). */
export function bytesOf(tensor: WeightTensor): Uint8Array {
  const { data } = tensor
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/**
 * The elements as float32. float32 comes back without a copy; float64 and int64 are rounded to the nearest float32,
 * float16 and bfloat16 widen exactly.
 */
export function toFloat32(tensor: WeightTensor): Float32Array {
  const { data, dtype } = tensor
  if (data instanceof Float32Array) return data
  if (dtype === 'bfloat16' && data instanceof Uint16Array) return widenBfloat16(data)
  if (dtype === 'float16' && data instanceof Uint16Array) return widenFloat16(data)
  if (data instanceof BigInt64Array) return Float32Array.from(data, Number)
  return Float32Array.from(data)
}

/** A float32 tensor of the given shape over the given elements. */
export function float32Tensor(shape: readonly number[], data: Float32Array): WeightTensor {
  return { dtype: 'float32', shape, data }
}

function widenBfloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length)
  for (let index = 0; index < bits.length; index++) words[index] = (bits[index] ?? 0) << 16
  return new Float32Array(words.buffer)
}

function widenFloat16(bits: Uint16Array): Float32Array {
  const wide = new Float32Array(bits.length)
  for (let index = 0; index < bits.length; index++) wide[index] = float16ToNumber(bits[index] ?? 0)
  return wide
}

/** IEEE 754 binary16 to number: sign 1 bit, exponent 5 bits (bias 15), fraction 10 bits. */
function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
