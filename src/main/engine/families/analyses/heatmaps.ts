/** Where a network looks: saliency and Grad-CAM as numbers per pixel, and as pictures. */
import type { ImageShape } from '../../images/types'

/** Gradient saliency: the largest absolute gradient over the channels of each pixel. [H][W] (Simonyan et al. 2013) */
export function saliencyOf(gradients: Float32Array, { height, width, channels }: ImageShape): Float32Array {
  return Float32Array.from({ length: height * width }, (_, pixel) => {
    let most = 0
    for (let channel = 0; channel < channels; channel++)
      most = Math.max(most, Math.abs(gradients[pixel * channels + channel] ?? 0))
    return most
  })
}

/**
 * Grad-CAM: ReLU(Σ_k α_k A_k), α_k the mean of the gradient of the class's logit over the positions of channel k.
 * @param values and gradients of a layer, [H][W][C]
 * @returns [H][W]
 * Reference: Selvaraju et al. 2017, arXiv:1610.02391, equations 1 and 2.
 */
export function gradCamOf(values: Float32Array, gradients: Float32Array, channels: number): Float32Array {
  const positions = values.length / channels
  const alpha = new Float64Array(channels)
  gradients.forEach((gradient, index) => {
    alpha[index % channels] = (alpha[index % channels] ?? 0) + gradient / positions
  })
  return Float32Array.from({ length: positions }, (_, position) => {
    let sum = 0
    for (let channel = 0; channel < channels; channel++)
      sum += (alpha[channel] ?? 0) * (values[position * channels + channel] ?? 0)
    return Math.max(0, sum)
  })
}

interface Plane {
  readonly height: number
  readonly width: number
}

/** To another size, bilinear with pixel centres aligned, as torch's interpolate(align_corners=False). */
export function resized(map: Float32Array, from: Plane, to: Plane): Float32Array {
  const out = new Float32Array(to.height * to.width)
  const source = (place: number, sizeFrom: number, sizeTo: number): number =>
    Math.max(0, Math.min(sizeFrom - 1, ((place + 0.5) * sizeFrom) / sizeTo - 0.5))
  for (let row = 0; row < to.height; row++) {
    const y = source(row, from.height, to.height)
    const [top, bottom] = [Math.floor(y), Math.min(from.height - 1, Math.floor(y) + 1)]
    for (let column = 0; column < to.width; column++) {
      const x = source(column, from.width, to.width)
      const [left, right] = [Math.floor(x), Math.min(from.width - 1, Math.floor(x) + 1)]
      const at = (one: number, other: number): number => map[one * from.width + other] ?? 0
      const upper = at(top, left) * (1 - (x - left)) + at(top, right) * (x - left)
      const lower = at(bottom, left) * (1 - (x - left)) + at(bottom, right) * (x - left)
      out[row * to.width + column] = upper * (1 - (y - top)) + lower * (y - top)
    }
  }
  return out
}

/** As a grey picture in the channels of the images, brightest where the map is largest; black where it is 0. */
export function greyOf(map: Float32Array, channels: number): Uint8Array {
  const most = map.reduce((largest, value) => Math.max(largest, value), 0)
  return Uint8Array.from({ length: map.length * channels }, (_, index) =>
    most > 0 ? Math.round((255 * (map[Math.floor(index / channels)] ?? 0)) / most) : 0,
  )
}

/** Share of a map that lies on the given pixels: 0…1; 0 for a map of zeros. */
export function shareOn(map: Float32Array, pixels: ReadonlySet<number>): number {
  const all = map.reduce((sum, value) => sum + value, 0)
  return all > 0 ? [...pixels].reduce((sum, pixel) => sum + (map[pixel] ?? 0), 0) / all : 0
}
