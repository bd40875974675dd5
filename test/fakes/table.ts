/** What the fake engine keeps beside its tables: saved views. */
import type { CallHandlers, CallsOf } from '../../src/shared/contract'
import type { SavedView } from '../../src/shared/domain'
import type { IndexCalls } from '../../src/main/engine/control/tables'

export type FakeViewCalls = Omit<CallHandlers<CallsOf<'table'> | CallsOf<'views'>>, keyof IndexCalls | 'table.diff'>

export function fakeViews(): FakeViewCalls {
  const views = new Map<string, SavedView>()
  return {
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
