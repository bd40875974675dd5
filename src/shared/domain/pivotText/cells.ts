import type { Pivot, PivotCell } from '../pivot'

/** A pivot's cells with their labels, in the order of rows, then columns. */
export const cellsOf = (pivot: Pivot): { labels: readonly string[]; cell: PivotCell }[] =>
  pivot.rows.flatMap((row, at) =>
    pivot.columns.flatMap((column, place) => {
      const cell = pivot.cells[at]?.[place]
      return cell ? [{ labels: [...row.labels, ...column.labels], cell }] : []
    }),
  )
