/** Where in an image a known trigger correlates: normalised cross correlation at every place that it fits. */
import type { Panel } from '../../../../shared/domain'
import { correlations, type TriggerTemplate } from '../../images/poisoning/template'
import type { ImageSet, ImageShape } from '../../images/types'
import type { NamedTrigger } from './askedTypes'
import { greyOf } from './heatmaps'
import { imagesOf } from './pictures'

/** By the pixel that lies under the middle of the pattern, [H][W]; NaN where the pattern would leave the image. */
export interface SlidingCorrelation {
  readonly map: Float64Array
  /** At the trigger's own place. */
  readonly own: number
  /** Pixel under the middle there. */
  readonly ownPixel: number
  /** Of all places the one that correlates most; the first of several. */
  readonly best: number
  readonly bestPixel: number
  /** How many places there are, and how many correlate at least as much as the own one, itself included. */
  readonly places: number
  readonly asMuch: number
}

/** Equal squares give equal sums only up to it. */
const roundingOfSums = 1e-12

interface Box {
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
}

function boxOf({ places }: TriggerTemplate, { width, channels }: ImageShape): Box {
  let [top, bottom, left, right] = [Infinity, 0, Infinity, 0]
  for (const place of places) {
    const pixel = Math.floor(place / channels)
    const [row, column] = [Math.floor(pixel / width), pixel % width]
    top = Math.min(top, row)
    bottom = Math.max(bottom, row)
    left = Math.min(left, column)
    right = Math.max(right, column)
  }
  return { top, left, height: bottom - top + 1, width: right - left + 1 }
}

/**
 * Pearson's correlation of the pixels under the pattern with it, at each place: ρ(y, x) = Σ (f − f̄)(t − t̄) /
 * √(Σ (f − f̄)² Σ (t − t̄)²), over the pattern's places. A pattern that covers the image has one place to lie at:
 * there it goes around the edges, and the map tells by how far it was moved from the middle.
 * @param pixels of one image
 * Reference: Lewis 1995, Fast normalized cross-correlation, equation 2.
 */
export function slidingCorrelation(
  pixels: Uint8Array,
  template: TriggerTemplate,
  shape: ImageShape,
): SlidingCorrelation {
  const { height, width, channels } = shape
  const box = boxOf(template, shape)
  const goesAround = box.height === height || box.width === width
  const [rows, columns] = goesAround ? [height, width] : [height - box.height + 1, width - box.width + 1]
  const map = new Float64Array(height * width).fill(NaN)
  const middle = [Math.floor((box.height - 1) / 2), Math.floor((box.width - 1) / 2)] as const
  const pixelAt = (row: number, column: number): number =>
    ((row + middle[0]) % height) * width + ((column + middle[1]) % width)
  const moved = (down: number, right: number): TriggerTemplate => ({
    ...template,
    places: template.places.map((place) => {
      const pixel = Math.floor(place / channels)
      const row = (Math.floor(pixel / width) + down + height) % height
      const column = ((pixel % width) + right + width) % width
      return (row * width + column) * channels + (place % channels)
    }),
  })
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      map[pixelAt(row, column)] = correlations(pixels, pixels.length, moved(row - box.top, column - box.left))[0] ?? NaN
  const ownPixel = pixelAt(box.top, box.left)
  const own = map[ownPixel] ?? NaN
  let bestPixel = ownPixel
  let [places, asMuch] = [0, 0]
  map.forEach((value, pixel) => {
    if (Number.isNaN(value)) return
    places++
    if (value >= own - roundingOfSums) asMuch++
    if (value > (map[bestPixel] ?? NaN)) bestPixel = pixel
  })
  return { map, own, ownPixel, best: map[bestPixel] ?? NaN, bestPixel, places, asMuch }
}

/** A pattern over a whole large image would take minutes: products of all places. */
const mostProducts = 3e8

const definition =
  'Pearson’s correlation of the pixels under the trigger’s pattern with it, at every place at which the pattern lies within the image (normalised cross correlation); a pattern that covers the image goes around its edges, the middle being its own place. The map is brightest where it is largest and black where it is 0 or less.'

/** None of a trigger without a fixed pattern, and of one that would take too long. */
export function slidingPanels(
  image: ImageSet,
  trigger: NamedTrigger | null,
  template: TriggerTemplate | null,
): Panel[] {
  const { height, width, channels, pixels } = image
  if (!trigger || !template || template.places.length * height * width > mostProducts) return []
  const found = slidingCorrelation(pixels, template, image)
  const map = Float32Array.from(found.map, (value) => Math.max(0, Number.isNaN(value) ? 0 : value))
  const placeText = (pixel: number): string => `row ${Math.floor(pixel / width)}, column ${pixel % width}`
  return [
    {
      kind: 'images',
      title: `Where ${trigger.title} correlates`,
      definition,
      content: imagesOf(image, [
        { caption: 'The image', pixels },
        { caption: `Correlation, up to ${found.best.toFixed(2)}`, pixels: greyOf(map, channels) },
      ]),
    },
    {
      kind: 'table',
      title: 'How strongly, and how specially',
      definition,
      content: {
        columns: [{ title: 'Quantity' }, { title: 'Correlation' }, { title: 'Middle of the pattern' }],
        rows: [
          ['At the trigger’s own place', found.own, placeText(found.ownPixel)],
          ['Where it is largest', found.best, placeText(found.bestPixel)],
          [`Places that correlate at least as much as its own: ${found.asMuch} of ${found.places}`, null, null],
        ],
      },
    },
  ]
}
