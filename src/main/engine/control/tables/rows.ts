/** Rows of a table in their order, and the keys of all of them. */
import type { CallArgs } from '../../../../shared/contract'
import type { RunSummary, TablePage, TableRow } from '../../../../shared/domain'
import type { JsonScalar } from '../../../../shared/schema'
import type { SqlValue } from '../store'
import type { IndexColumn, Level } from './columns'
import { matchingLines } from './columnValues'
import { modelRecord } from './models'
import { ask, columnsFor, countsOf, narrowed, type Question } from './question'
import { keyOf } from './rowMemory'
import { modelKinds } from './schema'
import type { TableSource } from './source'
import { hasValue, ordered, subjectOf } from './sql'
import type { TableIndex } from './tableIndex'

/** A row with the numbers that facts about it are found under. */
interface FoundRow {
  readonly runId: string
  readonly stageId: string | null
  readonly student: boolean
  readonly subjects: ReadonlyMap<Level, number>
}

export function rowsOf(index: TableIndex, source: TableSource, args: CallArgs<'table.rows'>): TablePage {
  const asked = ask(index, args)
  const columns = columnsFor(asked, args.columns)
  columnsFor(
    asked,
    args.order.map(({ column }) => column),
  )
  const within = (args.within ?? []).flatMap(({ column, value }) =>
    columnsFor(asked, [column]).map((found) => hasValue(found, value, asked.context)),
  )
  const question = narrowed(asked, within)
  const found = foundRows(index, question, args, [...new Set(columns.map(({ level }) => level))])
  const values = valuesOf(index, found, columns)
  const runs = new Map<string, RunSummary>()
  for (const { runId } of found) if (source.has(runId)) runs.set(runId, source.run(runId))
  const rows = found.map(({ runId, stageId }, at): TableRow => ({
    key: keyOf(runId, stageId),
    runId,
    stageId,
    values: values[at] ?? [],
  }))
  return {
    ...countsOf(index, question),
    offset: args.offset,
    rows,
    runs: [...runs.values()],
    models: args.of === 'runs' ? [] : rows.flatMap(({ key }) => modelRecord(index, source, key) ?? []),
  }
}

export async function keysOf(
  index: TableIndex,
  { order, limit = -1, ...asked }: CallArgs<'table.keys'>,
): Promise<string[]> {
  const question = ask(index, asked)
  // In this order they are in memory.
  if (order.length === 0 && limit < 0) return (await matchingLines(index, question)).map(({ key }) => key)
  columnsFor(
    question,
    order.map(({ column }) => column),
  )
  const { joins, by } = ordered(order, question.context)
  const key = question.of === 'models' ? "r.id || '/' || m.stage" : 'r.id'
  return index.database
    .columnsOnce(
      `SELECT ${key} FROM ${question.from} ${joins.text} WHERE ${question.where.text} ORDER BY ${by} LIMIT ?`,
      ...joins.values,
      ...question.where.values,
      limit,
    )
    .map(([found]) => String(found))
}

function foundRows(
  index: TableIndex,
  { of, from, where, context }: Question,
  { order, offset, limit }: Pick<CallArgs<'table.rows'>, 'order' | 'offset' | 'limit'>,
  levels: readonly Level[],
): FoundRow[] {
  const { joins, by } = ordered(order, context)
  const row = of === 'models' ? `r.id, m.stage, m.kind = ${modelKinds.student}` : 'r.id, NULL, 1'
  const subjects = levels.map((level) => `, ${subjectOf(of, level)}`).join('')
  return index.database
    .columnsOnce(
      `SELECT ${row}${subjects} FROM ${from} ${joins.text} WHERE ${where.text} ORDER BY ${by} LIMIT ? OFFSET ?`,
      ...joins.values,
      ...where.values,
      limit,
      offset,
    )
    .map(([runId, stageId, student, ...numbers]) => ({
      runId: String(runId),
      stageId: stageId === null ? null : String(stageId),
      student: student === 1,
      subjects: new Map(levels.map((level, at) => [level, Number(numbers[at])])),
    }))
}

/** One list of values for each row, in the order of the columns. */
function valuesOf(index: TableIndex, rows: readonly FoundRow[], columns: readonly IndexColumn[]): JsonScalar[][] {
  const byColumn = columns.map((column) => factsOf(index, rows, column))
  return rows.map((row) =>
    columns.map((column, at) => {
      if (column.students && !row.student) return null
      return scalarOf(index, column, byColumn[at]?.get(row.subjects.get(column.level) ?? 0))
    }),
  )
}

/** Of a column, by subject: a number, or the number of a text. */
function factsOf(
  index: TableIndex,
  rows: readonly FoundRow[],
  { path, level }: IndexColumn,
): Map<number, readonly [number: number | null, text: number | null]> {
  const id = index.pathId(path)
  if (id === undefined) return new Map()
  const subjects: SqlValue = JSON.stringify([...new Set(rows.map((row) => row.subjects.get(level) ?? 0))])
  return new Map(
    index.database
      .columns(
        'SELECT subject, number, text FROM index_facts WHERE path = ? AND subject IN (SELECT value FROM json_each(?))',
        id,
        subjects,
      )
      .map(([subject, number, text]) => [
        Number(subject),
        [number === null ? null : Number(number), text === null ? null : Number(text)],
      ]),
  )
}

function scalarOf(
  index: TableIndex,
  { kind }: IndexColumn,
  fact: readonly [number: number | null, text: number | null] | undefined,
): JsonScalar {
  if (!fact) return null
  const [number, text] = fact
  if (text !== null) return index.textOf(text)
  return kind === 'flag' && number !== null ? number === 1 : number
}
