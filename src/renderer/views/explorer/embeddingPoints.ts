/** Kept images as points of the plane in which an analysis placed them: tens of thousands are drawn and searched. */
import { imageKey } from './imageKey'
import type { Lane } from './useLanes'
import { placeColumns } from './measuredNumbers'

export interface EmbeddingPoints {
  readonly count: number
  /** In the units of the embedding, upwards. */
  readonly x: Float32Array
  readonly y: Float32Array
  /** Place of the lane, and of the image in its table. */
  readonly lanes: Int32Array
  readonly images: Int32Array
  readonly keys: Float64Array
}

/** Those of one run: each run has a plane of its own. */
export function embeddingPoints(lanes: readonly Lane[], runId: string | null): EmbeddingPoints {
  const parts = lanes.flatMap(({ student, table, number }, lane) => {
    const [x, y] = placeColumns.map((id) => table.columns.get(id))
    return student.runId === runId && x && y ? [{ x, y, table, number, lane }] : []
  })
  const most = parts.reduce((sum, { table }) => sum + table.count, 0)
  const found = {
    x: new Float32Array(most),
    y: new Float32Array(most),
    lanes: new Int32Array(most),
    images: new Int32Array(most),
    keys: new Float64Array(most),
  }
  let count = 0
  for (const { x, y, table, number, lane } of parts)
    for (const { at, first, count: images } of table.spans)
      for (let index = 0; index < images; index++) {
        const [left, up] = [x[first + index] ?? NaN, y[first + index] ?? NaN]
        if (Number.isNaN(left) || Number.isNaN(up)) continue
        found.x[count] = left
        found.y[count] = up
        found.lanes[count] = lane
        found.images[count] = first + index
        found.keys[count++] = imageKey(number, at, index)
      }
  return { count, ...found }
}

/** What is in sight: the middle, and how many units lie between two pixels. */
export interface PlaneView {
  readonly x: number
  readonly y: number
  readonly unit: number
}
export interface PlaneSize {
  readonly width: number
  readonly height: number
}

const margin = 10

/** All points, with some pixels around them. */
export function wholeView({ count, x, y }: EmbeddingPoints, { width, height }: PlaneSize): PlaneView {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let point = 0; point < count; point++) {
    left = Math.min(left, x[point] ?? NaN)
    right = Math.max(right, x[point] ?? NaN)
    low = Math.min(low, y[point] ?? NaN)
    high = Math.max(high, y[point] ?? NaN)
  }
  if (count === 0) return { x: 0, y: 0, unit: 1 }
  const across = (right - left) / Math.max(1, width - 2 * margin)
  const up = (high - low) / Math.max(1, height - 2 * margin)
  return { x: (left + right) / 2, y: (low + high) / 2, unit: Math.max(across, up, 1e-6) }
}

/** Nearer by a factor above 1; what lies under the pixel stays there. */
export function zoomed(view: PlaneView, factor: number, at: readonly [number, number], size: PlaneSize): PlaneView {
  const unit = view.unit / factor
  const [right, down] = [at[0] - size.width / 2, at[1] - size.height / 2]
  return { x: view.x + right * (view.unit - unit), y: view.y - down * (view.unit - unit), unit }
}

/** Pixels of a point. */
export const pixelOf = (
  { x, y }: EmbeddingPoints,
  point: number,
  view: PlaneView,
  { width, height }: PlaneSize,
): [number, number] => [
  width / 2 + ((x[point] ?? NaN) - view.x) / view.unit,
  height / 2 - ((y[point] ?? NaN) - view.y) / view.unit,
]

/** What is searched: the points that may be found, where they are drawn. */
export interface Searched {
  readonly points: EmbeddingPoints
  /** 1: it may be found. */
  readonly able: Uint8Array
  readonly view: PlaneView
  readonly size: PlaneSize
}

/** Those inside a closed line of pixels, by the even–odd rule. */
export function insideLasso({ points, able, view, size }: Searched, line: readonly (readonly [number, number])[]) {
  const found: number[] = []
  const [xs, ys] = [line.map(([x]) => x), line.map(([, y]) => y)]
  const box = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)] as const
  for (let point = 0; point < points.count; point++) {
    if (!able[point]) continue
    const [x, y] = pixelOf(points, point, view, size)
    if (x < box[0] || x > box[1] || y < box[2] || y > box[3]) continue
    if (isInside(x, y, line)) found.push(point)
  }
  return found
}

function isInside(x: number, y: number, line: readonly (readonly [number, number])[]): boolean {
  let inside = false
  for (let at = 0, before = line.length - 1; at < line.length; before = at++) {
    const [[x1 = 0, y1 = 0] = [], [x2 = 0, y2 = 0] = []] = [line[at], line[before]]
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside
  }
  return inside
}

export interface Circle {
  readonly x: number
  readonly y: number
  readonly radius: number
}

export function insideCircle({ points, able, view, size }: Searched, { x, y, radius }: Circle): number[] {
  const found: number[] = []
  for (let point = 0; point < points.count; point++) {
    if (!able[point]) continue
    const [left, top] = pixelOf(points, point, view, size)
    if ((left - x) ** 2 + (top - y) ** 2 <= radius ** 2) found.push(point)
  }
  return found
}

/** The nearest of those inside; −1 of none. */
export function nearestIn(searched: Searched, circle: Circle): number {
  let [nearest, least] = [-1, Infinity]
  for (const point of insideCircle(searched, circle)) {
    const [left, top] = pixelOf(searched.points, point, searched.view, searched.size)
    const distance = (left - circle.x) ** 2 + (top - circle.y) ** 2
    if (distance < least) [nearest, least] = [point, distance]
  }
  return nearest
}
