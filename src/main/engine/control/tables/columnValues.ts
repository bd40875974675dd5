/** Whole columns of the rows that match, for groups and for values: read once, until something changes. */
import type { IndexColumn } from './columns'
import type { Question } from './question'
import { readSubjects, rowColumns, type RowSubjects } from './rows'
import type { TableIndex } from './tableIndex'

export interface MatchingRow extends RowSubjects {
  readonly condition: number
  /** Whether its results enter means. */
  readonly counts: boolean
}

/** All rows that match, the newest first. */
export function matchingRows(index: TableIndex, { of, from, where }: Question, limit = -1): MatchingRow[] {
  const condition = of === 'models' ? 'm.condition' : '-1'
  const place = of === 'models' ? 'm.place' : 'r.place'
  const order = of === 'models' ? ', m.position' : ''
  return index.database
    .columnsOnce(
      `SELECT ${rowColumns(of)}, ${condition}, ifnull(p.counts, 1) FROM ${from} ` +
        `LEFT JOIN index_places p ON p.number = ${place} WHERE ${where.text} ` +
        `ORDER BY r.created DESC, r.id DESC${order} LIMIT ?`,
      ...where.values,
      limit,
    )
    .map((row) => ({ ...readSubjects(row), condition: Number(row[7]), counts: Number(row[8]) === 1 }))
}

export const isTextual = ({ kind }: IndexColumn): boolean => kind === 'text' || kind === 'state'

/** In the order of the rows: numbers (NaN: none), or numbers of texts (0: none). */
export function columnOf(index: TableIndex, rows: readonly MatchingRow[], column: IndexColumn): Float64Array {
  const textual = isTextual(column)
  const none = textual ? 0 : NaN
  const id = index.pathId(column.path)
  const values = new Float64Array(rows.length).fill(none)
  if (id === undefined) return values
  const facts = new Map(
    index.database
      .columns(`SELECT subject, ${textual ? 'text' : 'number'} FROM index_facts WHERE path = ?`, id)
      .map(([subject, value]) => [Number(subject), value === null ? none : Number(value)]),
  )
  rows.forEach((row, at) => {
    if (column.students && !row.student) return
    values[at] = facts.get(row.subjects[column.level]) ?? none
  })
  return values
}
