/**
 * Resizing of trigger pictures as the reference does it: skimage.transform.resize with order 1 and anti-aliasing.
 * A Gaussian of standard deviation (factor − 1)/2 per axis (SciPy: radius int(4σ + 0.5), mirrored without repeating the
 * edge), then linear
 * interpolation at pixel centres. An image library's resampling gives other bytes, and the trigger must be the
 * reference's to the bit.
 */

import { createYielding, type Yielding } from '../../images/yielding'

export interface Plane {
  readonly height: number
  readonly width: number
  readonly channels: number
  /** HWC. */
  readonly values: Float64Array
}

function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5)
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, index) =>
    Math.exp((-0.5 / (sigma * sigma)) * (index - radius) ** 2),
  )
  const sum = kernel.reduce((total, value) => total + value, 0)
  return kernel.map((value) => value / sum)
}

/** −1 → 1, n → n − 2: the edge pixel is not repeated. */
function mirror(index: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const wrapped = ((index % period) + period) % period
  return wrapped < length ? wrapped : period - wrapped
}

/**
 * Source places and weights of one output position: a blurred value at each of two neighbours, then linear
 * interpolation.
 */
function tapsAt(
  position: number,
  before: number,
  after: number,
  kernel: Float64Array,
): readonly (readonly [number, number])[] {
  const place = (position + 0.5) * (before / after) - 0.5
  const lower = Math.floor(place)
  const fraction = place - lower
  const radius = (kernel.length - 1) / 2
  const blurredAt = (centre: number, share: number): [number, number][] =>
    Array.from(kernel, (weight, index) => [mirror(mirror(centre, before) + index - radius, before), weight * share])
  return [...blurredAt(lower, 1 - fraction), ...blurredAt(lower + 1, fraction)]
}

async function resizeAxis(plane: Plane, axis: 'rows' | 'columns', after: number, yielding: Yielding): Promise<Plane> {
  const { height, width, channels, values } = plane
  const before = axis === 'rows' ? height : width
  const sigma = Math.max(0, (before / after - 1) / 2)
  const kernel = sigma === 0 ? Float64Array.of(1) : gaussianKernel(sigma)
  const size = axis === 'rows' ? { height: after, width } : { height, width: after }
  const out = new Float64Array(size.height * size.width * channels)
  for (let position = 0; position < after; position++) {
    const sources = tapsAt(position, before, after, kernel)
    const others = axis === 'rows' ? width : height
    for (let other = 0; other < others; other++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0
        for (const [source, weight] of sources)
          sum +=
            weight * values[(axis === 'rows' ? source * width + other : other * width + source) * channels + channel]!
        out[(axis === 'rows' ? position * width + other : other * after + position) * channels + channel] = sum
      }
    }
    if (yielding.due()) await yielding.pause()
  }
  return { ...size, channels, values: out }
}

/** @returns the plane itself when the size is right already */
export async function resizePlane(plane: Plane, height: number, width: number): Promise<Plane> {
  if (plane.height === height && plane.width === width) return plane
  const yielding = createYielding()
  return resizeAxis(await resizeAxis(plane, 'rows', height, yielding), 'columns', width, yielding)
}
