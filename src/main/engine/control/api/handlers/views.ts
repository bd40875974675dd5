/** Views of tables that people keep, and what the runs or models that they choose differ in. */
import type { CallHandlers, CallsOf } from '../../../../../shared/contract'
import { createYielding } from '../../../images/yielding'
import { configurationDiff, describe, type Described } from '../../experiments/configurationDiff'
import type { EngineContext } from '../context'

type ViewHandlers = CallHandlers<CallsOf<'views'>> & Pick<CallHandlers, 'table.diff'>

export const viewHandlers = ({
  options: { store },
  table,
}: Pick<EngineContext, 'options' | 'table'>): ViewHandlers => ({
  'views.list': () => store.views.all(),
  'views.save': (view) => store.views.save(view),
  'views.remove': ({ id }) => ({ removed: store.views.remove(id) }),
  'table.diff': async ({ keys }) => {
    const yielding = createYielding()
    const described: Described[] = []
    for (const key of keys) {
      if (yielding.due()) await yielding.pause()
      described.push(describe(key, store.runs))
    }
    return configurationDiff(described, table)
  },
})
