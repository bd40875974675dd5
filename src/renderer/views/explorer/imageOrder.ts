/** Which images are shown, and in which order. */
import type { ImageTable } from './imageTable'

/** Images whose value in the column lies within; both ends belong to it. An image of which it is not known does not. */
export interface ColumnFilter {
  readonly column: string
  readonly from: number
  readonly to: number
}

export interface ColumnOrder {
  readonly column: string
  readonly descending: boolean
}

export interface ImageQuestion {
  /** All have to hold. */
  readonly filters: readonly ColumnFilter[]
  /** null: as they were made. */
  readonly order: ColumnOrder | null
  /** The images of this span alone; null: of all. */
  readonly span: number | null
  /** 1 for each image that may be shown at all; left out: every one. */
  readonly among?: Uint8Array | undefined
}

/**
 * The images that match, in that order; those of equal rank as they were made, those without a value at the end in
 * either direction.
 */
export function imagesInOrder(table: ImageTable, { filters, order, span, among }: ImageQuestion): Int32Array {
  const within = span === null ? null : table.spans[span]
  const [first, end] = within ? [within.first, within.first + within.count] : [0, table.count]
  const tests = filters.map(({ column, ...range }) => ({ ...range, values: table.columns.get(column) }))
  const found = new Int32Array(Math.max(0, end - first))
  let count = 0
  for (let image = first; image < end; image++) {
    const matches =
      (among?.[image] ?? 1) === 1 &&
      tests.every(({ values, from, to }) => {
        const value = values?.[image] ?? NaN
        return value >= from && value <= to
      })
    if (matches) found[count++] = image
  }
  const images = found.slice(0, count)
  return order === null ? images : sorted(images, table.columns.get(order.column), order.descending)
}

function sorted(images: Int32Array, values: Float32Array | undefined, descending: boolean): Int32Array {
  if (!values) return images
  const rank = (image: number): number => {
    const value = values[image] ?? NaN
    if (Number.isNaN(value)) return Infinity
    return descending ? -value : value
  }
  // Infinity − Infinity is NaN, which falls through to the order in which they were made.
  return images.sort((left, right) => rank(left) - rank(right) || left - right)
}
