/** What two images differ in, and what an image is made of: pure functions on bytes. */
import type { ImageBatch } from '@shared/domain'

/** One image. */
export type OneImage = ImageBatch

/** How much a difference is enlarged. */
export const differenceGain = 8

/** 128 + 8 (a − b) per value, clipped to 0 … 255: grey where both are equal. null where their sizes differ. */
export function differenceOf(left: OneImage, right: OneImage): OneImage | null {
  if (left.height !== right.height || left.width !== right.width || left.channels !== right.channels) return null
  const pixels = left.pixels.map((value, at) =>
    Math.min(255, Math.max(0, 128 + differenceGain * (value - (right.pixels[at] ?? 0)))),
  )
  return { ...left, pixels }
}

/**
 * |F(u, v)| of the mean over the channels, F(u, v) = Σ_y Σ_x f(y, x) e^(−2πi (u y / H + v x / W)), row-major [H][W]
 * with the zero frequency in the middle, at (⌊H/2⌋, ⌊W/2⌋): numpy's abs(fftshift(fft2(f))).
 */
export function spectrumOf({ height, width, channels, pixels }: OneImage): Float64Array {
  const real = new Float64Array(height * width)
  for (let at = 0; at < real.length; at++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += pixels[at * channels + channel] ?? 0
    real[at] = sum / channels
  }
  const imaginary = new Float64Array(height * width)
  for (let y = 0; y < height; y++) transform({ real, imaginary, first: y * width, stride: 1, length: width })
  for (let x = 0; x < width; x++) transform({ real, imaginary, first: x, stride: width, length: height })
  const magnitudes = new Float64Array(height * width)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = ((y + Math.ceil(height / 2)) % height) * width + ((x + Math.ceil(width / 2)) % width)
      magnitudes[y * width + x] = Math.hypot(real[from] ?? 0, imaginary[from] ?? 0)
    }
  return magnitudes
}

interface Line {
  readonly real: Float64Array
  readonly imaginary: Float64Array
  readonly first: number
  readonly stride: number
  readonly length: number
}

/** One row or column, in its place. Images have tens of pixels a side: the sum as it stands takes no time. */
function transform({ real, imaginary, first, stride, length }: Line): void {
  const [re, im] = [new Float64Array(length), new Float64Array(length)]
  const angles = Float64Array.from({ length }, (_, turn) => (-2 * Math.PI * turn) / length)
  const [cosines, sines] = [angles.map(Math.cos), angles.map(Math.sin)]
  for (let u = 0; u < length; u++) {
    let [sumRe, sumIm] = [0, 0]
    for (let x = 0; x < length; x++) {
      const turn = (u * x) % length
      const [c, s] = [cosines[turn] ?? 0, sines[turn] ?? 0]
      const [a, b] = [real[first + x * stride] ?? 0, imaginary[first + x * stride] ?? 0]
      sumRe += a * c - b * s
      sumIm += a * s + b * c
    }
    re[u] = sumRe
    im[u] = sumIm
  }
  for (let u = 0; u < length; u++) {
    real[first + u * stride] = re[u] ?? 0
    imaginary[first + u * stride] = im[u] ?? 0
  }
}

/** log(1 + m) / log(1 + largest) as grey; of several images the largest is that of all, so that they compare. */
export function spectrumImage(
  magnitudes: Float64Array,
  { height, width }: Pick<OneImage, 'height' | 'width'>,
  largest: number,
): OneImage {
  const scale = 255 / Math.max(1e-12, Math.log1p(largest))
  const pixels = Uint8Array.from(magnitudes, (value) => Math.round(Math.log1p(value) * scale))
  return { count: 1, height, width, channels: 1, pixels }
}
