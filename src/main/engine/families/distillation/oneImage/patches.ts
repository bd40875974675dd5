/** A data set out of one picture: turned, mirrored and recoloured patches of all sizes. */
import type { ImageSet } from '../../../images/types'
import type { RandomStream } from '../../../maths/random'
import type { Picture } from '../types'

export interface PatchOptions {
  readonly count: number
  readonly height: number
  readonly width: number
  /** Area of the smallest patch as a share of the picture; sizes are log-uniform up to the largest. */
  readonly smallest: number
  readonly largest: number
  /** Degrees to either side. */
  readonly rotation: number
  /** Whether half of them are mirrored. */
  readonly flips: boolean
  /** Light and each channel are scaled by 1 ± colour. */
  readonly colour: number
}

export interface Patches {
  readonly set: ImageSet
  /** Draws those of the patches that are not drawn yet. */
  need(indices: ArrayLike<number>): void
}

interface Level {
  readonly side: number
  readonly pixels: Float32Array
}

/** Half as large, each pixel the mean of four. */
function halved({ side, pixels }: Level, channels: number): Level {
  const half = Math.floor(side / 2)
  const means = new Float32Array(half * half * channels)
  for (let row = 0, place = 0; row < half; row++) {
    for (let column = 0; column < half; column++) {
      const start = (2 * row * side + 2 * column) * channels
      for (let channel = 0; channel < channels; channel++, place++) {
        const at = start + channel
        const below = at + side * channels
        means[place] =
          ((pixels[at] ?? 0) + (pixels[at + channels] ?? 0) + (pixels[below] ?? 0) + (pixels[below + channels] ?? 0)) /
          4
      }
    }
  }
  return { side: half, pixels: means }
}

/** The picture at full, half, quarter … size: a large patch reads averages instead of single pixels. */
function levelsOf({ side, channels, pixels }: Picture, smallest: number): Level[] {
  const levels: Level[] = [{ side, pixels: Float32Array.from(pixels) }]
  for (let level = levels[0] as Level; level.side >= 2 * smallest; level = levels[levels.length - 1] as Level)
    levels.push(halved(level, channels))
  return levels
}

/** The picture halved until it is at most so large. */
export function reducedPicture(picture: Picture, largest: number): Picture {
  const { side, pixels } = levelsOf(picture, (largest + 1) / 2).at(-1) as Level
  return { side, channels: picture.channels, pixels: Uint8Array.from(pixels, Math.round) }
}

/** Positions beyond a border are reflected. */
function reflected(position: number, extent: number): number {
  const period = 2 * (extent - 1)
  const folded = ((position % period) + period) % period
  return folded < extent ? folded : period - folded
}

const drawsPerPatch = 9

/**
 * Patches as Asano & Saeed make them from one picture: a square of log-uniform area anywhere in it, turned, mirrored
 * and recoloured. Which patch is which depends on
 * the stream alone; each is drawn when it is first needed.
 * Reference: Asano & Saeed 2023, Extrapolating from a single image to a thousand classes using distillation,
 * arXiv:2112.00725. Differs: no shearing, own ranges.
 */
export function createPatches(picture: Picture, options: PatchOptions, stream: RandomStream): Patches {
  const { count, height, width } = options
  const { channels } = picture
  const size = height * width * channels
  const levels = levelsOf(picture, Math.max(height, width))
  const draws = stream.uniform(count * drawsPerPatch)
  const set: ImageSet = {
    count,
    height,
    width,
    channels,
    pixels: new Uint8Array(count * size),
    labels: new Int32Array(0),
  }
  const done = new Uint8Array(count)

  const draw = (patch: number): void => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, ...g] = draws.subarray(
      patch * drawsPerPatch,
      (patch + 1) * drawsPerPatch,
    )
    const share = Math.sqrt(Math.exp(Math.log(options.smallest) * a + Math.log(options.largest) * (1 - a)))
    const perPixel = (picture.side * share) / Math.max(height, width)
    const { side, pixels } = levels[Math.max(0, Math.min(levels.length - 1, Math.round(Math.log2(perPixel))))] as Level
    const [centreX, centreY] = [(share / 2 + (1 - share) * b) * side, (share / 2 + (1 - share) * c) * side]
    const angle = ((2 * d - 1) * options.rotation * Math.PI) / 180
    const step = (side * share) / Math.max(height, width)
    const [cosine, sine, mirror] = [Math.cos(angle) * step, Math.sin(angle) * step, options.flips && e < 0.5 ? -1 : 1]
    const gains = Array.from(
      { length: channels },
      (_unused, channel) => (1 + options.colour * (2 * f - 1)) * (1 + options.colour * (2 * (g[channel] ?? 0) - 1)),
    )
    const at = (column: number, row: number, channel: number): number =>
      pixels[(row * side + column) * channels + channel] ?? 0
    for (let pixel = 0; pixel < height * width; pixel++) {
      const right = mirror * ((pixel % width) - (width - 1) / 2)
      const down = Math.floor(pixel / width) - (height - 1) / 2
      const x = reflected(centreX - 0.5 + right * cosine - down * sine, side)
      const y = reflected(centreY - 0.5 + right * sine + down * cosine, side)
      const column = Math.min(side - 2, Math.floor(x))
      const row = Math.min(side - 2, Math.floor(y))
      const toRight = x - column
      const toBelow = y - row
      for (let channel = 0; channel < channels; channel++) {
        const upper = at(column, row, channel) * (1 - toRight) + at(column + 1, row, channel) * toRight
        const lower = at(column, row + 1, channel) * (1 - toRight) + at(column + 1, row + 1, channel) * toRight
        const value = (upper * (1 - toBelow) + lower * toBelow) * (gains[channel] ?? 1)
        set.pixels[patch * size + pixel * channels + channel] = Math.max(0, Math.min(255, Math.round(value)))
      }
    }
    done[patch] = 1
  }
  return {
    set,
    need(indices) {
      for (let place = 0; place < indices.length; place++) {
        const patch = indices[place] ?? 0
        if (done[patch] === 0) draw(patch)
      }
    },
  }
}
