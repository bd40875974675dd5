/** Values of all rows that match, column by column. */
import type { CallArgs } from '../../../../shared/contract'
import type { TableValues } from '../../../../shared/domain'
import { columnsOf, isTextual, matchingLines } from './columnValues'
import { ask, columnsFor, countsOf } from './question'
import type { TableLine } from './rowMemory'
import type { TableIndex } from './tableIndex'

export async function tableValues(index: TableIndex, args: CallArgs<'table.values'>): Promise<TableValues> {
  const question = ask(index, args)
  const columns = columnsFor(question, args.columns)
  const found = await matchingLines(index, question)
  const lines = (args.keys ? chosen(found, args.keys) : found).slice(0, args.limit)
  const read = await columnsOf(index, lines, columns)
  return {
    ...countsOf(index, question, found.length),
    keys: lines.map(({ key }) => key),
    conditions: Int32Array.from(lines, ({ model }) => model?.condition ?? -1),
    columns: Object.fromEntries(
      columns.map((column) => {
        const values = read.get(column.id) ?? new Float64Array()
        return [
          column.id,
          isTextual(column) ? Array.from(values, (text) => (Number.isNaN(text) ? null : index.textOf(text))) : values,
        ]
      }),
    ),
  }
}

/** In the order of the keys; those that do not match are left out. */
export function chosen(lines: readonly TableLine[], keys: readonly string[]): TableLine[] {
  const byKey = new Map(lines.map((line) => [line.key, line]))
  return keys.flatMap((key) => byKey.get(key) ?? [])
}
