import { bytesPerImage } from '../../../images/imageSets'
import type { ImageSet, Normalization } from '../../../images/types'
import type { Yielding } from '../../../images/yielding'

/** Mean and standard deviation per channel over all pixels, in units of [0, 1]. */
export async function measureNormalization(set: ImageSet, yielding: Yielding): Promise<Normalization> {
  const counts = Array.from({ length: set.channels }, () => new Float64Array(256))
  const size = bytesPerImage(set)
  for (let image = 0; image < set.count; image++) {
    for (let place = 0; place < size; place++) counts[place % set.channels]![set.pixels[image * size + place]!]! += 1
    if (yielding.due()) await yielding.pause()
  }
  const moments = counts.map((histogram) => {
    const total = histogram.reduce((sum, count) => sum + count, 0)
    const mean = histogram.reduce((sum, count, value) => sum + (count * value) / 255, 0) / total
    return {
      mean,
      variance: histogram.reduce((sum, count, value) => sum + count * (value / 255 - mean) ** 2, 0) / total,
    }
  })
  // Images of one colour have no deviation; 1 keeps the division harmless.
  return {
    mean: moments.map(({ mean }) => mean),
    standardDeviation: moments.map(({ variance }) => Math.sqrt(variance) || 1),
  }
}
