import type { RandomStream } from '../../../maths/random'

/**
 * Beta(α, α) by Jöhnk's method, in logarithms where both powers vanish: for α ≤ 1, where it accepts at least every
 * other draw.
 */
function smallBeta(alpha: number, stream: RandomStream): number {
  for (;;) {
    const [first = 0, second = 0] = stream.uniform(2)
    const x = Math.pow(first, 1 / alpha)
    const y = Math.pow(second, 1 / alpha)
    if (x + y > 1) continue
    if (x + y > 0) return x / (x + y)
    const distance = (Math.log(second) - Math.log(first)) / alpha
    if (Number.isFinite(distance)) return 1 / (1 + Math.exp(distance))
  }
}

/**
 * Gamma(α, 1) for α ≥ 1. Reference: Marsaglia & Tsang 2000, A simple method for generating gamma variables; accepts
 * more than 95 of 100 draws.
 */
function gammaDraw(alpha: number, stream: RandomStream): number {
  const d = alpha - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const [x = 0] = stream.normal(1)
    const [u = 0] = stream.uniform(1)
    const v = Math.pow(1 + c * x, 3)
    if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** Beta(α, α), for any α > 0 in a few draws. */
export function betaDraw(alpha: number, stream: RandomStream): number {
  if (alpha <= 1) return smallBeta(alpha, stream)
  const x = gammaDraw(alpha, stream)
  return x / (x + gammaDraw(alpha, stream))
}

export interface BatchShape {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly channels: number
}

/**
 * CutMix within a batch: one box, the same for all images, of area 1 − λ with λ ~ Beta(α, α), filled from another image
 * of the batch (a random order).
 * The teacher labels the mixed image, so λ itself is not needed. The box may reach over the border and is then smaller.
 * Reference: Yun et al. 2019, arXiv:1905.04899; ABD cmi/vanilla_kd_ood.py rand_bbox (α = 0.25, always on).
 */
export function cutMix(
  images: Float32Array,
  { count, height, width, channels }: BatchShape,
  alpha: number,
  stream: RandomStream,
): void {
  const cut = Math.sqrt(1 - betaDraw(alpha, stream))
  const order = stream.permutation(count)
  const [rowDraw = 0, columnDraw = 0] = stream.uniform(2)
  const range = (extent: number, draw: number): [number, number] => {
    const half = Math.floor(Math.floor(extent * cut) / 2)
    const centre = Math.floor(draw * extent)
    return [Math.max(0, centre - half), Math.min(extent, centre + half)]
  }
  const [top, bottom] = range(height, rowDraw)
  const [left, right] = range(width, columnDraw)
  const source = images.slice()
  const size = height * width * channels
  for (let image = 0; image < count; image++) {
    for (let row = top; row < bottom; row++) {
      const from = (order[image] ?? 0) * size + (row * width + left) * channels
      images.set(
        source.subarray(from, from + (right - left) * channels),
        image * size + (row * width + left) * channels,
      )
    }
  }
}
