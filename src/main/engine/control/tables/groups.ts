/** Rows by what they have in common, with what they say together. */
import type { CallArgs } from '../../../../shared/contract'
import { precisionsOf, summaryOf, type Summary, type TableGroup, type TableGroups } from '../../../../shared/domain'
import type { JsonScalar } from '../../../../shared/schema'
import type { IndexColumn } from './columns'
import { columnsOf, counts, isTextual, matchingLines } from './columnValues'
import { ask, columnsFor, countsOf } from './question'
import type { TableLine } from './rowMemory'
import { precisionPath } from './settings'
import type { TableIndex } from './tableIndex'

interface Gathered {
  readonly labels: readonly JsonScalar[]
  readonly rows: number[]
}

export async function groupsOf(index: TableIndex, args: CallArgs<'table.groups'>): Promise<TableGroups> {
  const question = ask(index, args)
  const [by, measures] = [columnsFor(question, args.by), columnsFor(question, args.measures)]
  const rows = await matchingLines(index, question)
  const precision = columnsFor(question, [precisionPath])
  const read = await columnsOf(index, rows, [...by, ...measures, ...precision])
  const precisionAt = textsOf(index, read.get(precisionPath))
  const groups = gathered(index, rows, by, read)
  const counted = rows.map((row) => counts(index, row))
  const summarised = groups.map((group) => ({
    ...summaryOfGroup(group, counted, measures, read),
    precisions: precisionsOf(group.rows.map(precisionAt)),
  }))
  const sorted = sortedGroups(summarised, args.by, args.order)
  return {
    ...countsOf(index, question, rows.length),
    offset: args.offset,
    count: sorted.length,
    groups: sorted.slice(args.offset, args.offset + args.limit),
  }
}

function gathered(
  index: TableIndex,
  rows: readonly TableLine[],
  by: readonly IndexColumn[],
  read: ReadonlyMap<string, Float64Array>,
): Gathered[] {
  const columns = by.map((column) => ({ column, values: read.get(column.id) }))
  const groups = new Map<string, Gathered>()
  for (const at of rows.keys()) {
    const key = columns.map(({ values }) => values?.[at]).join(' ')
    const known = groups.get(key)
    if (known) known.rows.push(at)
    else
      groups.set(key, { labels: columns.map(({ column, values }) => labelOf(index, column, values?.[at])), rows: [at] })
  }
  return [...groups.values()]
}

function labelOf(index: TableIndex, column: IndexColumn, value = NaN): JsonScalar {
  if (Number.isNaN(value)) return null
  if (isTextual(column)) return index.textOf(value)
  return column.kind === 'flag' ? value === 1 : value
}

/** What a model that failed says of accuracy and the like is of its failing: it is left out there, and counted. */
function summaryOfGroup(
  group: Gathered,
  counted: readonly boolean[],
  measures: readonly IndexColumn[],
  read: ReadonlyMap<string, Float64Array>,
): Omit<TableGroup, 'precisions'> {
  const counting = group.rows.filter((at) => counted[at] === true)
  const summary = ({ id, result, ...column }: IndexColumn): Summary | null => {
    if (isTextual({ id, result, ...column })) return null
    const values = read.get(id)
    return summaryOf(
      (result ? counting : group.rows).map((at) => values?.[at] ?? NaN).filter((value) => !Number.isNaN(value)),
    )
  }
  return {
    labels: group.labels,
    rows: group.rows.length,
    measures: Object.fromEntries(measures.map((column) => [column.id, summary(column)])),
    leftOut: group.rows.length - counting.length,
  }
}

/** Each text is looked up once. */
function textsOf(index: TableIndex, values: Float64Array | undefined): (row: number) => string | undefined {
  const texts = new Map<number, string>()
  return (row) => {
    const number = values?.[row] ?? NaN
    if (Number.isNaN(number)) return undefined
    const text = texts.get(number) ?? index.textOf(number)
    texts.set(number, text)
    return text
  }
}

const collator = new Intl.Collator('en', { numeric: true })

/** By a grouping column, by the mean of a measure, or by "rows"; without an order by the labels. */
function sortedGroups(
  groups: readonly TableGroup[],
  by: readonly string[],
  orders: CallArgs<'table.groups'>['order'],
): TableGroup[] {
  const asked = orders.length > 0 ? orders : by.map((column) => ({ column, descending: false }))
  const valueOf = (group: TableGroup, column: string): JsonScalar => {
    const place = by.indexOf(column)
    if (place >= 0) return group.labels[place] ?? null
    return column === 'rows' ? group.rows : (group.measures[column]?.mean ?? null)
  }
  return [...groups].sort((left, right) => {
    for (const { column, descending = false } of asked) {
      const [first, second] = [valueOf(left, column), valueOf(right, column)]
      const order = compared(first, second)
      // What says nothing comes last, whichever way.
      if (order !== 0) return descending && first !== null && second !== null ? -order : order
    }
    return 0
  })
}

function compared(left: JsonScalar, right: JsonScalar): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null)
  if (typeof left === 'number' && typeof right === 'number') return left - right
  return collator.compare(String(left), String(right))
}
