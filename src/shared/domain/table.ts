/**
 * Tables of runs and of models, as the engine's index answers them: a query in words, any column, any order, groups.
 * The language of queries: docs/tables.md.
 */
import type { JsonScalar } from '../schema'
import type { ModelRecord } from './models'
import type { Precision } from './precision'
import type { RunSummary } from './run'
import type { Summary } from './statistics'

/** One row a run, or one a teacher and student of every run. */
export type TableOf = 'runs' | 'models'

/**
 * How a column's values are read and written. share: a fraction of 1, shown in percent; time: milliseconds since 1970;
 * state: a RunState or StageState.
 */
export type ColumnKind = 'text' | 'number' | 'share' | 'seconds' | 'bytes' | 'time' | 'state' | 'flag'

/** Where a column stands in the list that one chooses from. */
export type ColumnGroup = 'record' | 'result' | 'setting' | 'curve' | 'analysis'

export interface TableColumn {
  /**
   * What queries and saved views call it: 'name', 'accuracy', a path of the configuration ('poisoning.ratio'),
   * 'defenses.<member>.<parameter>' of a student's defense, 'curve.<metric>' for the last value of a metric,
   * 'analysis.<analysis>.<number>' for what the newest analysis of the model has found.
   */
  readonly id: string
  readonly title: string
  readonly kind: ColumnKind
  readonly group: ColumnGroup
  readonly unit?: string
  /** Shown on hover. */
  readonly definition?: string
  /** What people call its values, where that is not what is stored: titles of members and of options. */
  readonly labels?: Readonly<Record<string, string>>
}

export interface TableOrder {
  readonly column: string
  readonly descending?: boolean
}

/** A term of a query that could not be used, at its place in the text. The rest of the query holds. */
export interface QueryFault {
  readonly from: number
  readonly to: number
  readonly message: string
}

/** How many rows a query finds. */
export interface TableCounts {
  /** Rows that match. */
  readonly matching: number
  /** Rows there are, without the bin and, unless the query asks for it, without the archive. */
  readonly total: number
  readonly faults: readonly QueryFault[]
  /** Runs that the index does not know yet, as it is being filled; absent: it knows all. */
  readonly unread?: number
}

export interface TableRow {
  /** Of a run its id, of a model `<run>/<stage>`. */
  readonly key: string
  readonly runId: string
  readonly stageId: string | null
  /** One for each column asked for; null where it says nothing of this row. */
  readonly values: readonly JsonScalar[]
}

/** Some rows in their order. Of runs and models on them also the records. */
export interface TablePage extends TableCounts {
  readonly offset: number
  readonly rows: readonly TableRow[]
  readonly runs: readonly RunSummary[]
  /** Of a table of models, in the order of the rows. */
  readonly models: readonly ModelRecord[]
}

/** Rows of one value in each grouping column, and what they say together: computed from all that match. */
export interface TableGroup {
  /** One for each grouping column. */
  readonly labels: readonly JsonScalar[]
  readonly rows: number
  /** By column; null where no row has a value. */
  readonly measures: Readonly<Record<string, Summary | null>>
  /** Rows whose results are left out of the measures: see countsInMeans. */
  readonly leftOut: number
  /** Of all of its rows. */
  readonly precisions: readonly Precision[]
}

export interface TableGroups extends TableCounts {
  readonly offset: number
  /** How many groups there are. */
  readonly count: number
  readonly groups: readonly TableGroup[]
}

/** Values of all rows that match, column by column: for planes, parallel coordinates, importance. */
export interface TableValues extends TableCounts {
  readonly keys: readonly string[]
  /** By column, in the order of the keys: numbers (NaN: none) where a column is of numbers, else texts. */
  readonly columns: Readonly<Record<string, Float64Array | readonly (string | null)[]>>
  /** Numbers of the conditions, in the order of the keys; of runs -1. */
  readonly conditions: Int32Array
}

export interface QueryCompletion {
  /** What the suggestion replaces in the text. */
  readonly from: number
  readonly to: number
  readonly suggestions: readonly {
    readonly insert: string
    readonly label: string
    /** What it means, or how many rows have it. */
    readonly detail: string
  }[]
}

/** What a saved view shows again. */
export interface SavedView {
  readonly id: string
  readonly of: TableOf
  readonly name: string
  readonly query: string
  readonly columns: readonly string[]
  readonly order: readonly TableOrder[]
  readonly groupBy: readonly string[]
}

/** Settings in which some runs (or models) differ, one row a setting. */
export interface ConfigurationDiff {
  readonly rows: readonly {
    /** Path of the configuration. */
    readonly path: string
    readonly title: string
    /** The section it belongs to, e.g. "Poisoning" or a method's title. */
    readonly part: string
    /** In words, one for each run or model in the order asked for; null where the setting does not exist. */
    readonly values: readonly (string | null)[]
  }[]
}
