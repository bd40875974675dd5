/**
 * Trigger patterns drawn by code, in place of pictures that cannot be shipped. HWC, 0..255, deterministic in their
 * seed.
 */
import { createStream } from '../../maths/random'
import type { AttackContext } from './types'

const byte = (uniform: number): number => Math.floor(uniform * 256)

/** Random colours in square blocks of `side` pixels; side 1 is plain noise. */
export function blockPattern(context: AttackContext, side: number, seed: number): Float64Array {
  const { height, width, channels } = context
  const across = Math.ceil(width / side)
  const colours = createStream(seed, 'trigger/blocks').uniform(across * Math.ceil(height / side) * channels)
  const values = new Float64Array(height * width * channels)
  for (let index = 0; index < values.length; index++) {
    const pixel = Math.floor(index / channels)
    const block = Math.floor(Math.floor(pixel / width) / side) * across + Math.floor((pixel % width) / side)
    values[index] = byte(colours[block * channels + (index % channels)]!)
  }
  return values
}

/** Vertical stripes: 128 + 127 · sin(2π f j / W), j the column; all channels alike. */
export function sinePattern(context: AttackContext, frequency: number): Float64Array {
  const { height, width, channels } = context
  return Float64Array.from({ length: height * width * channels }, (_, index) => {
    const column = Math.floor(index / channels) % width
    return Math.round(128 + 127 * Math.sin((2 * Math.PI * frequency * column) / width))
  })
}

/** One broad bump of light in a random colour, highest near the middle and 0 at the corners. */
export function smoothPattern(context: AttackContext, amplitude: number, seed: number): Float64Array {
  const { height, width, channels } = context
  const draws = createStream(seed, 'trigger/smooth').uniform(2 + channels)
  const [centreX, centreY] = [0.4 + 0.2 * draws[0]!, 0.4 + 0.2 * draws[1]!]
  const strongest = Math.max(...draws.subarray(2))
  return Float64Array.from({ length: height * width * channels }, (_, index) => {
    const pixel = Math.floor(index / channels)
    const dx = ((pixel % width) + 0.5) / width - centreX
    const dy = (Math.floor(pixel / width) + 0.5) / height - centreY
    const bump = Math.max(0, Math.cos(Math.PI * Math.min(0.5, Math.hypot(dx, dy) / 1.4)))
    return Math.round((amplitude * bump * draws[2 + (index % channels)]!) / strongest)
  })
}

/** Faint noise all over: |normal| · strength in about half of the bytes, 0 in the others. */
export function noisePattern(context: AttackContext, strength: number, seed: number): Float64Array {
  const normals = createStream(seed, 'trigger/noise').normal(context.height * context.width * context.channels)
  return Float64Array.from(normals, (value) => Math.min(255, Math.round(Math.max(0, value) * strength)))
}

/** Random colours in a square of `side` pixels at (top, left), 0 elsewhere. */
export function patchPattern(
  context: AttackContext,
  top: number,
  left: number,
  side: number,
  seed: number,
): Float64Array {
  const { width, channels } = context
  const colours = createStream(seed, 'trigger/patch').uniform(side * side * channels)
  const values = new Float64Array(context.height * width * channels)
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      for (let channel = 0; channel < channels; channel++) {
        values[((top + row) * width + left + column) * channels + channel] = byte(
          colours[(row * side + column) * channels + channel]!,
        )
      }
    }
  }
  return values
}

/** A watermark: a ring and a diagonal in random saturated colours, at about a fifth of the pixels; 0 elsewhere. */
export function watermarkPattern(context: AttackContext, seed: number): Float64Array {
  const { height, width, channels } = context
  const colours = createStream(seed, 'trigger/watermark').uniform(height * width * channels)
  return Float64Array.from({ length: height * width * channels }, (_, index) => {
    const pixel = Math.floor(index / channels)
    const x = ((pixel % width) + 0.5) / width
    const y = (Math.floor(pixel / width) + 0.5) / height
    const onRing = Math.abs(Math.hypot(x - 0.66, y - 0.66) - 0.19) < 0.03
    const onLine = Math.abs(x + y - 0.85) < 0.025
    return onRing || onLine ? (colours[index]! < 0.5 ? 0 : 255) : 0
  })
}

/** A row of `count` saturated pixels in the bottom right corner; `mask` is 1 there. */
export function sparsePattern(
  context: AttackContext,
  count: number,
  seed: number,
): { values: Float64Array; mask: Float32Array } {
  const { height, width, channels } = context
  const values = new Float64Array(height * width * channels)
  const mask = new Float32Array(values.length)
  const colours = createStream(seed, 'trigger/sparse').uniform(count * channels)
  const start = values.length - Math.min(count, width) * channels
  for (let index = start; index < values.length; index++) {
    values[index] = colours[index - start]! < 0.5 ? 0 : 255
    mask[index] = 1
  }
  return { values, mask }
}
