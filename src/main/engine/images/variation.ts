/** How far the pixels of a set of images vary: what tells images from plain areas, and one image from many. */
import type { ImageBatch, ImageVariation } from '../../../shared/domain'

/**
 * within = mean over images i of √Var_p x(i, p), between = mean over pixels p of √Var_i x(i, p), x in bytes / 255.
 * Both 0 of no images; noise of all byte values has 0.29 in both.
 */
export function variationOf({ count, pixels }: Pick<ImageBatch, 'count' | 'pixels'>): ImageVariation {
  if (count === 0) return { within: 0, between: 0 }
  const size = pixels.length / count
  const [sums, squares] = [new Float64Array(size), new Float64Array(size)]
  let within = 0
  for (let image = 0; image < count; image++) {
    let [sum, square] = [0, 0]
    for (let pixel = 0; pixel < size; pixel++) {
      const value = pixels[image * size + pixel] ?? 0
      sum += value
      square += value * value
      sums[pixel] = (sums[pixel] ?? 0) + value
      squares[pixel] = (squares[pixel] ?? 0) + value * value
    }
    within += deviation(sum, square, size)
  }
  const between = sums.reduce((total, sum, pixel) => total + deviation(sum, squares[pixel] ?? 0, count), 0)
  return { within: within / count / 255, between: between / size / 255 }
}

/** Of n values with this sum and sum of squares. */
const deviation = (sum: number, squares: number, n: number): number =>
  Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2))
