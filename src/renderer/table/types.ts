import type { ColumnKind, ModelRecord, RunSummary, TableGroup, TableOf, TableOrder, TableRow } from '@shared/domain'
import type { JsonScalar } from '@shared/schema'

/** What a table asks the engine. */
export interface TableQuestion {
  readonly of: TableOf
  readonly query: string
  readonly columns: readonly string[]
  /** Of the columns those that groups tell a mean of. */
  readonly measures: readonly string[]
  readonly order: readonly TableOrder[]
  /** Empty: rows; else groups, whose rows come when a group is opened. */
  readonly groupBy: readonly string[]
}

/** A row of the table, with its record where the engine sent one. */
export interface RowLine {
  readonly kind: 'row'
  readonly key: string
  readonly row: TableRow
  readonly run: RunSummary | null
  readonly model: ModelRecord | null
  /** Where a column's value stands in `row.values`. */
  readonly places: ReadonlyMap<string, number>
  /** In a group that is open. */
  readonly inGroup: boolean
}

/** Rows of one value in each grouping column, told together. */
export interface GroupLine {
  readonly kind: 'group'
  readonly key: string
  readonly group: TableGroup
  readonly open: boolean
}

/** A line on its way is null. */
export type TableLine = RowLine | GroupLine

export const valueIn = (line: RowLine, column: string): JsonScalar =>
  line.row.values[line.places.get(column) ?? -1] ?? null

/** A column as the grid draws it. */
export interface GridColumn {
  readonly id: string
  readonly title: string
  readonly kind: ColumnKind
  /** Under the title where there is room, and on hover. */
  readonly definition?: string
  /** In pixels, until it is dragged to another width. */
  readonly width: number
  /** Takes the room that is left, up to so many pixels. */
  readonly widest?: number
  /** Stays in sight at the left. */
  readonly pinned?: boolean
  /** The engine knows no order of it. */
  readonly unsorted?: boolean
}
