/** Draws points as discs straight into the bytes of a picture: tens of thousands within a frame, without a GPU. */
import { pixelOf, type EmbeddingPoints, type PlaneSize, type PlaneView } from './embeddingPoints'

/** How a point stands out. */
export const prominence = { hidden: 0, faint: 1, shown: 2, chosen: 3, selected: 4 } as const

export interface PaintedPoints {
  readonly points: EmbeddingPoints
  /** Of each point, as pixels have it. */
  readonly words: Uint32Array
  readonly faintWords: Uint32Array
  /** One of `prominence` each. */
  readonly levels: Uint8Array
  readonly view: PlaneView
  readonly size: PlaneSize
  /** Pixels of the screen for one of the page. */
  readonly scale: number
  /** Around those that are selected. */
  readonly ring: number
}

/** Pixels of the page; smaller where there are many. */
const radiusOf = (count: number): number => (count > 10_000 ? 1.4 : count > 2000 ? 2 : count > 500 ? 2.7 : 3.5)

/** Half the width of each row of a disc. */
function rowsOf(radius: number): Int32Array {
  const reach = Math.ceil(radius)
  return Int32Array.from({ length: 2 * reach + 1 }, (_, row) =>
    Math.floor(Math.sqrt(Math.max(0, (radius + 0.3) ** 2 - (row - reach) ** 2))),
  )
}

/** @param pixels of a picture of `size` × `scale`, each a word of red, green, blue and alpha; they are overwritten */
export function paintPoints(pixels: Uint32Array, painted: PaintedPoints): void {
  const { points, levels, size, scale, words, faintWords } = painted
  const [width, height] = [Math.round(size.width * scale), Math.round(size.height * scale)]
  pixels.fill(0)
  const radius = radiusOf(points.count) * scale
  const discs = { normal: rowsOf(radius), large: rowsOf(radius + 1.2 * scale), ring: rowsOf(radius + 2.2 * scale) }
  const disc = (point: number, rows: Int32Array, color: number): void => {
    const [x, y] = pixelOf(points, point, painted.view, size).map((value) => Math.round(value * scale)) as [
      number,
      number,
    ]
    const reach = (rows.length - 1) / 2
    for (let row = 0; row < rows.length; row++) {
      const top = y + row - reach
      if (top < 0 || top >= height) continue
      const half = rows[row] ?? 0
      const [from, to] = [Math.max(0, x - half), Math.min(width - 1, x + half)]
      if (to >= from) pixels.fill(color, top * width + from, top * width + to + 1)
    }
  }
  // What stands out lies above what does not.
  for (let level: number = prominence.faint; level <= prominence.selected; level++)
    for (let point = 0; point < points.count; point++) {
      if (levels[point] !== level) continue
      const color = words[point] ?? 0
      if (level === prominence.faint) disc(point, discs.normal, faintWords[point] ?? 0)
      else if (level === prominence.selected) disc(point, discs.ring, painted.ring)
      if (level >= prominence.shown) disc(point, level === prominence.shown ? discs.normal : discs.large, color)
    }
}
