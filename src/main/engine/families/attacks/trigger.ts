/** The arithmetic that all triggers share: float64 on 0..255, then clip, then truncation to bytes. */
import type { AttackContext } from './types'
import type { Trigger, TriggerVariant } from '../../images/poisoning/trigger'

/** Large stacks are worked through in pieces: float64 takes eight times the memory of bytes. */
const imagesPerPiece = 128

/** Clips to 0..255 and drops the fraction, as NumPy's clip and astype(uint8) do. */
export function toBytes(values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(values.length)
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!
    bytes[index] = value >= 255 ? 255 : value > 0 ? value : 0
  }
  return bytes
}

/** A trigger out of its exact arithmetic. */
export function triggerOf(exact: Trigger['exact'], notes: readonly string[] = []): Trigger {
  return {
    exact,
    notes,
    apply(pixels, count, variant, indices) {
      if (count === 0) return new Uint8Array(0)
      const size = pixels.length / count
      const out = new Uint8Array(pixels.length)
      for (let first = 0; first < count; first += imagesPerPiece) {
        const last = Math.min(first + imagesPerPiece, count)
        const piece = indices === undefined ? undefined : (Array.prototype.slice.call(indices, first, last) as number[])
        out.set(toBytes(exact(pixels.subarray(first * size, last * size), last - first, variant, piece)), first * size)
      }
      return out
    },
  }
}

/**
 * A trigger that treats each byte alone: x'[p] = f(x[p], p), p the place within the image (HWC).
 */
export function pixelwise(
  context: AttackContext,
  change: (value: number, place: number) => number,
  notes: readonly string[] = [],
): Trigger {
  const size = context.height * context.width * context.channels
  return triggerOf((pixels) => {
    const out = new Float64Array(pixels.length)
    for (let index = 0, place = 0; index < pixels.length; index++) {
      out[index] = change(pixels[index]!, place)
      place = place + 1 === size ? 0 : place + 1
    }
    return out
  }, notes)
}

/** One pixel that a stamp sets, all channels alike. */
export interface StampPixel {
  readonly row: number
  readonly column: number
  readonly value: number
}

/** The bytes with the stamp's pixels replaced. */
export function stampExact(pixels: Uint8Array, stamp: readonly StampPixel[], context: AttackContext): Float64Array {
  const { width, channels } = context
  const size = context.height * width * channels
  const out = Float64Array.from(pixels)
  for (let image = 0; image < pixels.length; image += size) {
    for (const { row, column, value } of stamp) {
      const place = image + (row * width + column) * channels
      for (let channel = 0; channel < channels; channel++) out[place + channel] = value
    }
  }
  return out
}

/** A trigger that replaces pixels. */
export const stampTrigger = (stamp: readonly StampPixel[], context: AttackContext): Trigger =>
  triggerOf((pixels: Uint8Array, _count: number, _variant: TriggerVariant) => stampExact(pixels, stamp, context))
