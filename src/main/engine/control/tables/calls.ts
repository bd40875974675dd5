/** The calls about tables that the index answers. */
import type { CallHandlers, CallsOf } from '../../../../shared/contract'
import type { TableColumn } from '../../../../shared/domain'
import type { IndexColumn } from './columns'
import { completionOf } from './complete'
import { groupsOf } from './groups'
import { modelRecord } from './models'
import { tablePivot } from './pivot'
import { keysOf, rowsOf } from './rows'
import type { TableSource } from './source'
import type { TableIndex } from './tableIndex'
import { tableValues } from './values'

export type IndexCalls = Omit<CallHandlers<CallsOf<'table'>>, 'table.diff'>

export function indexCalls(index: TableIndex, source: TableSource): IndexCalls {
  const whenReady =
    <Args, Result>(answer: (args: Args) => Result | Promise<Result>) =>
    async (args: Args): Promise<Result> => {
      await index.ready()
      return answer(args)
    }
  return {
    'table.columns': whenReady(({ of }) => index.columns(of).map(shownColumn)),
    'table.rows': whenReady((args) => rowsOf(index, source, args)),
    'table.keys': whenReady(async (args) => ({ keys: await keysOf(index, args) })),
    'table.groups': whenReady((args) => groupsOf(index, args)),
    'table.values': whenReady((args) => tableValues(index, args)),
    'table.models': whenReady(({ keys }) => keys.flatMap((key) => modelRecord(index, source, key) ?? [])),
    'table.complete': whenReady((args) => completionOf(index, args)),
    'table.pivot': whenReady((args) => tablePivot(index, source, args)),
  }
}

const firstLabels = (labels: IndexColumn['labels']): Record<string, string> =>
  Object.fromEntries([...labels].map(([value, [first = value]]) => [value, first]))
const shownColumn = ({ id, title, kind, group, unit, definition, labels }: IndexColumn): TableColumn => ({
  id,
  title,
  kind,
  group,
  ...(unit === undefined ? {} : { unit }),
  ...(definition === undefined ? {} : { definition }),
  ...(labels.size === 0 ? {} : { labels: firstLabels(labels) }),
})
