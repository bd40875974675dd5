/** Values of all rows that match, column by column. */
import type { CallArgs } from '../../../../shared/contract'
import type { TableValues } from '../../../../shared/domain'
import { columnOf, isTextual, matchingRows, type MatchingRow } from './columnValues'
import { ask, columnsFor, countsOf } from './question'
import { keyOf } from './rows'
import type { TableIndex } from './tableIndex'

export function tableValues(index: TableIndex, args: CallArgs<'table.values'>): TableValues {
  const question = ask(index, args)
  const columns = columnsFor(question, args.columns)
  const found = matchingRows(index, question, args.keys ? undefined : args.limit)
  const rows = args.keys ? chosen(found, args.keys).slice(0, args.limit) : found
  return {
    ...countsOf(index, question),
    keys: rows.map(({ runId, stageId }) => keyOf(runId, stageId)),
    conditions: Int32Array.from(rows, ({ condition }) => condition),
    columns: Object.fromEntries(
      columns.map((column) => {
        const values = columnOf(index, rows, column)
        return [
          column.id,
          isTextual(column) ? Array.from(values, (text) => (text === 0 ? null : index.textOf(text))) : values,
        ]
      }),
    ),
  }
}

/** In the order of the keys; those that do not match are left out. */
function chosen(rows: readonly MatchingRow[], keys: readonly string[]): MatchingRow[] {
  const byKey = new Map(rows.map((row) => [keyOf(row.runId, row.stageId), row]))
  return keys.flatMap((key) => byKey.get(key) ?? [])
}
