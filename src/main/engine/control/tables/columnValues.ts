/** The rows that match and their values, column by column, from memory: for groups, planes and pivots. */
import { createYielding } from '../../images/yielding'
import type { IndexColumn } from './columns'
import type { Question } from './question'
import { subjectOfLine, type TableLine } from './rowMemory'
import { modelKinds } from './schema'
import type { TableIndex } from './tableIndex'

/** All rows that match, the newest first. */
export async function matchingLines(index: TableIndex, question: Question): Promise<readonly TableLine[]> {
  await index.rows.load()
  const { of, from, where, everything, archive } = question
  const lines = index.rows.lines(of, archive)
  if (everything) return lines
  const column = of === 'models' ? 'm.number' : 'r.number'
  const numbers = new Set(
    index.database
      .columnsOnce(`SELECT ${column} FROM ${from} WHERE ${where.text}`, ...where.values)
      .map(([number]) => number as number),
  )
  return lines.filter(({ run, model }) => numbers.has((model ?? run).number))
}

export const isTextual = ({ kind }: IndexColumn): boolean => kind === 'text' || kind === 'state'

/** Columns by id, with a rest between those that had to be read: a column is some milliseconds of reading. */
export async function columnsOf(
  index: TableIndex,
  lines: readonly TableLine[],
  columns: readonly IndexColumn[],
): Promise<Map<string, Float64Array>> {
  const yielding = createYielding()
  const read = new Map<string, Float64Array>()
  for (const column of columns) {
    if (yielding.due()) await yielding.pause()
    read.set(column.id, columnOf(index, lines, column))
  }
  return read
}

/** In the order of the lines: numbers, or numbers of texts; NaN: nothing. */
function columnOf(index: TableIndex, lines: readonly TableLine[], column: IndexColumn): Float64Array {
  const values = new Float64Array(lines.length).fill(NaN)
  const id = index.pathId(column.path)
  if (id === undefined) return values
  const facts = index.memory.read(id)
  for (const [at, line] of lines.entries()) {
    if (column.students && line.model && line.model.kind !== modelKinds.student) continue
    const subject = subjectOfLine(line, column.level)
    if (subject < facts.length) values[at] = facts[subject] as number
  }
  return values
}

/** Whether the results of a line enter means. */
export const counts = (index: TableIndex, { run, model }: TableLine): boolean => index.rows.counts((model ?? run).place)
