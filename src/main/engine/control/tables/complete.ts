/** What a query may go on with: columns, their values in this workspace, and the words after "is:" and "has:". */
import type { CallArgs } from '../../../../shared/contract'
import { isWords, queryColumns, type QueryCompletion, type TableOf } from '../../../../shared/domain'
import type { IndexColumn } from './columns'
import { modelKinds, shelves } from './schema'
import { subjectOf } from './sql'
import { folded } from './texts'
import type { TableIndex } from './tableIndex'

type Suggestion = QueryCompletion['suggestions'][number]
const most = 30

export function completionOf(index: TableIndex, { of, query, cursor }: CallArgs<'table.complete'>): QueryCompletion {
  const { from, to, name, started } = placeOf(query, cursor)
  if (name === null) return { from, to, suggestions: columnSuggestions(index.columns(of), started) }
  if (name === 'is') return { from, to, suggestions: wordSuggestions(started) }
  const columns = index.columns(of)
  if (name === 'has') return { from, to, suggestions: columnSuggestions(columns, started, '') }
  const found = queryColumns(columns).find(name) as readonly IndexColumn[]
  return {
    from,
    to,
    suggestions: found.flatMap((column) => valueSuggestions(index, of, column, started)).slice(0, most),
  }
}

interface Place {
  readonly from: number
  readonly to: number
  /** The column whose value is written; null: a name, or a word. */
  readonly name: string | null
  readonly started: string
}

/** What stands before the cursor up to the last space outside quotes. */
function placeOf(query: string, cursor: number): Place {
  const at = Math.min(cursor, query.length)
  let [start, quoted] = [0, false]
  for (let index = 0; index < at; index++) {
    if (query[index] === '"') quoted = !quoted
    else if (!quoted && /[\s()|]/.test(query[index] ?? '')) start = index + 1
  }
  while (query[start] === '-' && start < at) start += 1
  let end = at
  while (end < query.length && !/[\s()|]/.test(query[end] ?? '')) end += 1
  const term = query.slice(start, at)
  const [head, name] = /^([\p{L}_][\p{L}\p{N}_.+-]*)(?:!=|<=|>=|:|=|<|>)/u.exec(term) ?? []
  if (head === undefined || name === undefined) return { from: start, to: end, name: null, started: term }
  const from = start + Math.max(head.length, term.lastIndexOf(',') + 1)
  return { from, to: end, name: name.toLowerCase(), started: query.slice(from, at).replace(/^"/, '') }
}

function columnSuggestions(columns: readonly IndexColumn[], started: string, after = ':'): Suggestion[] {
  const sought = folded(started)
  const found = columns.filter(({ id, title }) => folded(id).includes(sought) || folded(title).includes(sought))
  const rank = ({ id }: IndexColumn): number => (folded(id).startsWith(sought) ? 0 : 1)
  const words = after === '' ? [] : ['is', 'has'].filter((word) => word.startsWith(sought))
  return [
    ...words.map((word) => ({
      insert: `${word}:`,
      label: `${word}:`,
      detail: word === 'is' ? 'a state' : 'has a value',
    })),
    ...[...found]
      .sort((left, right) => rank(left) - rank(right))
      .map(({ id, title, unit }) => ({
        insert: `${id}${after}`,
        label: id,
        detail: unit === undefined ? title : `${title}, ${unit}`,
      })),
  ].slice(0, most)
}

const wordSuggestions = (started: string): Suggestion[] =>
  Object.entries(isWords)
    .filter(([word]) => word.startsWith(folded(started)))
    .map(([word, { meaning }]) => ({ insert: word, label: word, detail: meaning }))

function valueSuggestions(index: TableIndex, of: TableOf, column: IndexColumn, started: string): Suggestion[] {
  const sought = folded(started)
  return frequentValues(index, of, column)
    .map(({ value, rows }) => ({ value, rows, title: index.labelsOf(column).get(value)?.[0] }))
    .filter(({ value, title }) => folded(value).includes(sought) || folded(title ?? '').includes(sought))
    .slice(0, most)
    .map(({ value, rows, title }) => ({
      insert: quotedWhereNeeded(value),
      label: value,
      detail: [title, `${rows} ${of}`].filter((part) => part !== undefined).join(', '),
    }))
}

const mostValues = 400

/** The values of a column with how many rows have them, the most frequent first. */
function frequentValues(index: TableIndex, of: TableOf, column: IndexColumn): { value: string; rows: number }[] {
  const path = index.pathId(column.path)
  if (path === undefined) return []
  const subject = subjectOf('models', column.level)
  const students = column.students ? ` AND m.kind = ${modelKinds.student}` : ''
  const counted = of === 'runs' ? 'count(DISTINCT m.run)' : 'count(*)'
  const rows = index.database.columnsOnce(
    `SELECT f.number, t.text, ${counted} AS rows FROM index_facts f
      JOIN index_models m JOIN index_runs r ON r.number = m.run AND ${subject} = f.subject${students}
      LEFT JOIN index_texts t ON t.id = f.text
      WHERE f.path = ? AND r.shelf < ${shelves.bin} GROUP BY f.number, f.text ORDER BY rows DESC LIMIT ${mostValues}`,
    path,
  )
  const values = new Map<string, number>()
  for (const [number, text, count] of rows)
    for (const value of text === null
      ? [numberText(column, Number(number))]
      : String(text).split(column.list ? '\n' : '\u0000'))
      values.set(value, (values.get(value) ?? 0) + Number(count))
  return [...values].map(([value, count]) => ({ value, rows: count })).sort((left, right) => right.rows - left.rows)
}

function numberText({ kind }: IndexColumn, value: number): string {
  if (kind === 'flag') return value === 1 ? 'yes' : 'no'
  if (kind === 'share') return `${Number((value * 100).toFixed(1))}%`
  return kind === 'time' ? new Date(value).toISOString().slice(0, 10) : String(value)
}

const quotedWhereNeeded = (value: string): string =>
  /^[^\s()|",]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
