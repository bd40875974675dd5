/** Tables of runs and models: what the index answers, and what is kept beside it. */
import { calls, type CallHandlers, type CallsOf } from '../../../../../shared/contract'
import { UserError } from '../../../../../shared/errors'
import type { IndexCalls } from '../../tables'

type TableHandlers = CallHandlers<CallsOf<'table'> | CallsOf<'views'>>

const notYet = (name: string) => (): never => {
  throw new UserError(`This version does not answer ${name} yet.`, { action: 'Use the lists of runs.' })
}

export const tableHandlers = (indexCalls: IndexCalls): TableHandlers => ({
  ...(Object.fromEntries(
    Object.keys(calls)
      .filter((name) => name.startsWith('table.') || name.startsWith('views.'))
      .map((name) => [name, notYet(name)]),
  ) as unknown as TableHandlers),
  ...indexCalls,
})
