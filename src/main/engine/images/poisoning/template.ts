/** The pattern of a trigger, and how strongly images bear it. */
import type { ImageShape } from '../types'
import type { Trigger } from './trigger'

/** The places of an image (HWC) that the pattern is looked for in, and what the trigger would have there. */
export interface TriggerTemplate {
  readonly places: Int32Array
  readonly values: Float64Array
  /**
   * replaces: the pixels become the pattern's; mixes: the pattern is blended in; adds: it is added. What is looked for
   * is the pattern in each case.
   */
  readonly kind: 'replaces' | 'mixes' | 'adds'
}

const close = (left: number, right: number): boolean => Math.abs(left - right) < 1e-6
const grey = 128

/**
 * A trigger that treats each byte alone by x' = α x + β is known by what it makes of black and of white. Null where it
 * does not: it brings an image of its own for each, or changes an image by what is in it.
 */
export function templateOf(trigger: Trigger, shape: ImageShape): TriggerTemplate | null {
  if (trigger.known) return null
  const size = shape.height * shape.width * shape.channels
  const plain = (value: number): Float64Array => trigger.exact(new Uint8Array(size).fill(value), 1, 'test')
  const [black, middle, white] = [plain(0), plain(grey), plain(255)]
  const alpha = black.map((value, place) => ((white[place] ?? 0) - value) / 255)
  if (middle.some((value, place) => !close(value, (alpha[place] ?? 0) * grey + (black[place] ?? 0)))) return null
  const changed = (place: number): boolean => !close(alpha[place] ?? 0, 1) || !close(black[place] ?? 0, 0)
  const touched = Array.from({ length: size }, (_, place) => place).filter(changed)
  const [first] = touched
  if (first === undefined) return null
  const kept = alpha[first] ?? 0
  const kind = close(kept, 0) ? 'replaces' : close(kept, 1) ? 'adds' : 'mixes'
  // A pattern that is added to nearly everything is looked for everywhere, also where it happens to be 0.
  const isEverywhere = kind === 'adds' && touched.length > size / 2
  const support = isEverywhere ? Array.from({ length: size }, (_, place) => place) : touched
  const values = support.map((place) => {
    const [share, added] = [alpha[place] ?? 0, black[place] ?? 0]
    return close(share, 1) ? added : added / (1 - share)
  })
  if (values.some((value) => !close(value, values[0] ?? 0)))
    return { places: Int32Array.from(support), values: Float64Array.from(values), kind }
  return plainTemplate(support, { value: values[0] ?? 0, kind }, shape)
}

/**
 * A pattern of one value has no variation of its own: it is told from a ring around it, half as wide as the pattern,
 * brighter inside for a bright one. Null where it fills the image.
 */
function plainTemplate(
  support: readonly number[],
  { value, kind }: { readonly value: number; readonly kind: TriggerTemplate['kind'] },
  { height, width, channels }: ImageShape,
): TriggerTemplate | null {
  const inside = new Set(support)
  const rowOf = (place: number): number => Math.floor(place / (width * channels))
  const columns = support.map((place) => Math.floor(place / channels) % width)
  // Places ascend. They may be more than one call takes as arguments.
  const [top, bottom] = [rowOf(support[0] ?? 0), rowOf(support.at(-1) ?? 0)]
  const left = columns.reduce((least, column) => Math.min(least, column))
  const right = columns.reduce((most, column) => Math.max(most, column))
  const ring = Math.max(1, Math.round(Math.max(bottom - top + 1, right - left + 1) / 2))
  const places: number[] = []
  for (let row = Math.max(0, top - ring); row <= Math.min(height - 1, bottom + ring); row++)
    for (let column = Math.max(0, left - ring); column <= Math.min(width - 1, right + ring); column++)
      for (let channel = 0; channel < channels; channel++) places.push((row * width + column) * channels + channel)
  if (places.every((place) => inside.has(place))) return null
  const bright = kind === 'adds' ? value >= 0 : value >= grey
  const inner = bright ? 1 : -1
  return {
    places: Int32Array.from(places),
    values: Float64Array.from(places, (place) => (inside.has(place) ? inner : 0)),
    kind,
  }
}

/**
 * Pearson's correlation of each image with the template over its places:
 * Σ (x − x̄)(t − t̄) / √(Σ (x − x̄)² Σ (t − t̄)²), −1…1; 0 for an image without variation there. float64.
 * @param pixels bytes of any number of images, one after the other
 */
export function correlations(pixels: Uint8Array, size: number, { places, values }: TriggerTemplate): Float64Array {
  const count = Math.floor(pixels.length / size)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const centred = values.map((value) => value - mean)
  const norm = Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0))
  return Float64Array.from({ length: count }, (_, image) => {
    let [sum, squares, product] = [0, 0, 0]
    for (let index = 0; index < places.length; index++) {
      const x = pixels[image * size + (places[index] ?? 0)] ?? 0
      sum += x
      squares += x * x
      product += x * (centred[index] ?? 0)
    }
    const variation = squares - (sum * sum) / places.length
    return variation <= 1e-9 || norm === 0 ? 0 : product / (Math.sqrt(variation) * norm)
  })
}

/**
 * The mean over images of (x − x̄) / √Σ (x − x̄)², place by place: with it the mean correlation with a template that
 * covers the whole image is one product, however many images there are.
 */
export function meanStandardised(pixels: Uint8Array, size: number): Float64Array {
  const count = Math.max(1, Math.floor(pixels.length / size))
  const total = new Float64Array(size)
  for (let image = 0; image < count; image++) {
    const own = pixels.subarray(image * size, (image + 1) * size)
    const mean = own.reduce((sum, value) => sum + value, 0) / size
    const norm = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0))
    if (norm > 0) own.forEach((value, place) => (total[place] = (total[place] ?? 0) + (value - mean) / norm / count))
  }
  return total
}

/** Mean of `correlations` over the images behind `standardised`, of a template that covers the whole image. */
export function meanCorrelation(standardised: Float64Array, { places, values }: TriggerTemplate): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let [product, squares] = [0, 0]
  places.forEach((place, index) => {
    const centred = (values[index] ?? 0) - mean
    product += centred * (standardised[place] ?? 0)
    squares += centred * centred
  })
  return squares > 0 ? product / Math.sqrt(squares) : 0
}
