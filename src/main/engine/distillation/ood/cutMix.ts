import type { RandomStream } from '../../random'

/** Beta(α, α) by Jöhnk's method: fits α < 1, where it seldom rejects. */
function betaDraw(alpha: number, stream: RandomStream): number {
  for (;;) {
    const [first = 0, second = 0] = stream.uniform(2)
    const x = Math.pow(first, 1 / alpha)
    const y = Math.pow(second, 1 / alpha)
    if (x + y > 0 && x + y <= 1) return x / (x + y)
  }
}

export interface BatchShape { readonly count: number; readonly height: number; readonly width: number; readonly channels: number }

/**
 * CutMix within a batch: one box, the same for all images, of area 1 − λ with λ ~ Beta(α, α), filled from another image of the batch (a random order).
 * The teacher labels the mixed image, so λ itself is not needed. The box may reach over the border and is then smaller.
 * Reference: Yun et al. 2019, arXiv:1905.04899; ABD cmi/vanilla_kd_ood.py rand_bbox (α = 0.25, always on).
 */
export function cutMix(images: Float32Array, { count, height, width, channels }: BatchShape, alpha: number, stream: RandomStream): void {
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
      images.set(source.subarray(from, from + (right - left) * channels), image * size + (row * width + left) * channels)
    }
  }
}
