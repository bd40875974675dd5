import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { CallArgs } from '@shared/contract'
import type { SavedView, TableOf } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useUndoStore } from './undo'

/** Views of tables that were saved in this workspace, by name. */
export const useSavedViewsStore = defineStore('savedViews', () => {
  const { engine, onReopen } = useConnection()
  const undo = useUndoStore()
  const views = shallowRef<readonly SavedView[]>([])
  const error = shallowRef<unknown>(null)

  async function load(): Promise<void> {
    try {
      views.value = await engine.call('views.list', {})
      error.value = null
    } catch (failure) {
      error.value = failure
    }
  }
  onReopen(() => void load())
  const saveNow = async (view: CallArgs<'views.save'>): Promise<SavedView> => {
    const saved = await engine.call('views.save', view)
    await load()
    return saved
  }
  const removeNow = async (id: string): Promise<void> => {
    await engine.call('views.remove', { id })
    await load()
  }
  /** A view of that name is replaced; the one before comes back by undo. */
  async function save(view: CallArgs<'views.save'>): Promise<SavedView> {
    const before = views.value.find(({ of, name }) => of === view.of && name === view.name)
    const saved = await saveNow(view)
    if (before) undo.remember({ title: `save over the view “${view.name}”`, undo: () => saveNow(withoutId(before)) })
    return saved
  }
  async function remove(view: SavedView): Promise<void> {
    await removeNow(view.id)
    const title = `remove the view “${view.name}”`
    undo.remember({ title, undo: () => saveNow(withoutId(view)) }, `The view “${view.name}” was removed.`)
  }
  const viewsOf = (of: TableOf) =>
    computed(() => views.value.filter((view) => view.of === of).sort((a, b) => a.name.localeCompare(b.name)))
  return { load, save, remove, viewsOf, error }
})

const withoutId = ({ id: _id, ...view }: SavedView): CallArgs<'views.save'> => ({
  ...view,
  columns: [...view.columns],
  order: [...view.order],
  groupBy: [...view.groupBy],
})
