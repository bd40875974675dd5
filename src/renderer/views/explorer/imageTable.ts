/** What is known of the kept images of one student, column by column: tens of thousands are ordered and filtered. */
import type { KeptGrid } from '@shared/domain'

/** One number per image; NaN where it is not known. */
export type Column = Float32Array

/** The images of one kept step or call: so many from `first` on. */
export interface GridSpan {
  readonly at: number
  readonly first: number
  readonly count: number
}

export interface ImageTable {
  readonly count: number
  /** In ascending order of `at`. */
  readonly spans: readonly GridSpan[]
  /** Which of the spans each image belongs to. */
  readonly spanOf: Int32Array
  /** By their ids; only those of which something is known. */
  readonly columns: ReadonlyMap<string, Column>
  /** Of the largest image; 0 where there is none. */
  readonly height: number
  readonly width: number
}

export const emptyTable: ImageTable = {
  count: 0,
  spans: [],
  spanOf: new Int32Array(0),
  columns: new Map(),
  height: 0,
  width: 0,
}

/** What the engine records of each image. */
const recorded = ['teacherClass', 'teacherConfidence', 'studentClass', 'studentConfidence', 'suspected'] as const

export function imageTableOf(grids: readonly KeptGrid[]): ImageTable {
  const count = grids.reduce((sum, grid) => sum + grid.count, 0)
  const spanOf = new Int32Array(count)
  const columns = new Map<string, Column>()
  const columnOf = (id: string): Column => {
    const known = columns.get(id) ?? new Float32Array(count).fill(NaN)
    columns.set(id, known)
    return known
  }
  let first = 0
  const spans = grids.map((grid, span): GridSpan => {
    spanOf.fill(span, first, first + grid.count)
    for (const id of recorded) {
      const values = grid[id]
      if (values) columnOf(id).set(values.slice(0, grid.count), first)
    }
    first += grid.count
    return { at: grid.at, first: first - grid.count, count: grid.count }
  })
  const [teacher, student] = [columns.get('teacherClass'), columns.get('studentClass')]
  if (teacher && student) columns.set('disagree', differing(teacher, student))
  const largest = (side: 'height' | 'width'): number => grids.reduce((most, grid) => Math.max(most, grid[side]), 0)
  return { count, spans, spanOf, columns, height: largest('height'), width: largest('width') }
}

/** 1 where both are known and differ, 0 where they are equal. */
const differing = (left: Column, right: Column): Column =>
  left.map((value, index) => {
    const other = right[index] ?? NaN
    return Number.isNaN(value) || Number.isNaN(other) ? NaN : Number(value !== other)
  })

/** Step or call of an image, and its place within it. */
export function placeOf({ spans, spanOf }: ImageTable, image: number): { at: number; index: number } {
  const span = spans[spanOf[image] ?? -1]
  return { at: span?.at ?? 0, index: image - (span?.first ?? 0) }
}

/** The newest span that is not after `at`; the first where all are; null of an empty table. */
export function spanAt({ spans }: ImageTable, at: number): number | null {
  let [low, high] = [0, spans.length - 1]
  if (high < 0) return null
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((spans[middle]?.at ?? 0) <= at) low = middle
    else high = middle - 1
  }
  return low
}
