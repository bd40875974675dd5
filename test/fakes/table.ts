/** What the fake engine keeps beside its tables: saved views; and differences of configurations, the seed alone. */
import type { CallHandlers, CallsOf } from '../../src/shared/contract'
import type { RunSummary, SavedView } from '../../src/shared/domain'
import type { IndexCalls } from '../../src/main/engine/control/tables'

export type FakeViewCalls = Omit<CallHandlers<CallsOf<'table'> | CallsOf<'views'>>, keyof IndexCalls>

export function fakeViews(runs: () => RunSummary[]): FakeViewCalls {
  const views = new Map<string, SavedView>()
  return {
    'table.pivot': () => {
      throw new Error('The fake engine makes no pivots.')
    },
    'table.diff': ({ keys }) => ({
      rows: [
        {
          path: 'seed',
          title: 'Seed',
          part: 'Experiment',
          values: keys.map((key) => String(runs().find(({ id }) => id === key.split('/')[0])?.seed ?? '')),
        },
      ],
    }),
    'views.list': () => [...views.values()],
    'views.save': (view) => {
      const known = [...views.values()].find(({ of, name }) => of === view.of && name === view.name)
      const saved: SavedView = {
        ...view,
        order: view.order as SavedView['order'],
        id: known?.id ?? `view-${views.size}`,
      }
      views.set(saved.id, saved)
      return saved
    },
    'views.remove': ({ id }) => ({ removed: views.delete(id) }),
  }
}
