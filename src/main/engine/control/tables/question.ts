/** A query as the index understands it: which rows match, and which columns are asked for. */
import { queryColumns, resolveQuery, type QueryFault, type TableCounts, type TableOf } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { IndexColumn } from './columns'
import { rowsThatMatch, sql, type Sql, type SqlContext } from './sql'
import type { TableIndex } from './tableIndex'

export interface Question {
  readonly of: TableOf
  readonly context: SqlContext
  readonly faults: readonly QueryFault[]
  readonly from: string
  readonly where: Sql
  /** Nothing is asked for: all rows match. */
  readonly everything: boolean
  /** The archive is looked at too. */
  readonly archive: boolean
  /** The condition of all rows that there are. */
  readonly all: { readonly from: string; readonly where: Sql }
}

export function ask(index: TableIndex, { of, query }: { readonly of: TableOf; readonly query: string }): Question {
  const columns = index.columns(of)
  const byId = new Map(columns.map((column) => [column.id, column]))
  const { condition, faults, archive } = resolveQuery(query, queryColumns(columns), Date.now())
  const context: SqlContext = {
    of,
    column: (id) => byId.get(id),
    pathId: (path) => index.pathId(path),
    labelsOf: (column) => index.labelsOf(column),
  }
  return {
    of,
    context,
    faults,
    archive,
    everything: condition === null,
    ...rowsThatMatch({ condition, archive }, context),
    all: rowsThatMatch({ condition: null, archive }, context),
  }
}

/** @param matching how many match, where that is known already */
export function countsOf(index: TableIndex, question: Question, matching?: number): TableCounts {
  const { from, where, all, everything, faults } = question
  const count = (source: string, condition: Sql): number =>
    Number(
      index.database.columnsOnce(`SELECT count(*) FROM ${source} WHERE ${condition.text}`, ...condition.values)[0]?.[0],
    )
  const total = count(all.from, all.where)
  const { waiting } = index
  return {
    matching: matching ?? (everything ? total : count(from, where)),
    total,
    faults,
    ...(waiting === 0 ? {} : { unread: waiting }),
  }
}

/** @throws RefusedInputError for a column that the table does not have */
export function columnsFor({ context, of }: Question, ids: readonly string[]): IndexColumn[] {
  return ids.map((id) => {
    const column = context.column(id)
    if (column) return column
    throw new RefusedInputError(`There is no column "${id}".`, {
      wanted: 'the id of a column',
      got: id,
      action: `See them with table.columns of ${of}.`,
    })
  })
}

/** Further conditions on the rows of a question. */
export const narrowed = (question: Question, conditions: readonly Sql[]): Question =>
  conditions.length === 0
    ? question
    : {
        ...question,
        everything: false,
        where: sql(
          [question.where, ...conditions].map(({ text }) => text).join(' AND '),
          ...[question.where, ...conditions].flatMap(({ values }) => values),
        ),
      }
