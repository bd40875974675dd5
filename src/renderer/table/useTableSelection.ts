import { shallowRef, type Ref } from 'vue'
import { useNoticesStore } from '../stores/notices'
import type { TableQuestion } from './types'
import type { TableRows } from './useTableRows'

/**
 * What is selected, by key: also rows that are not in sight, or that a query has hidden since.
 * @param selected the caller's, where it should outlive the view
 */
export function useTableSelection(rows: TableRows, selected: Ref<ReadonlySet<string>> = shallowRef(new Set<string>())) {
  const notices = useNoticesStore()
  /** The row at which the last selection began, on its line of that answer: Shift goes from there. */
  let anchor: { readonly line: number; readonly key: string; readonly of: TableQuestion | null } | null = null

  const keyAt = (index: number): string | null => {
    const line = rows.at(index)
    return line?.kind === 'row' ? line.key : null
  }
  function toggle(index: number): void {
    const key = keyAt(index)
    if (key === null) return
    const next = new Set(selected.value)
    if (!next.delete(key)) next.add(key)
    selected.value = next
    anchor = { line: index, key, of: rows.answered.value }
  }
  /** This row alone. */
  function only(index: number): void {
    const key = keyAt(index)
    if (key === null) return
    selected.value = new Set([key])
    anchor = { line: index, key, of: rows.answered.value }
  }
  /** null where the row has gone to another line: after another order, or when rows came before it. */
  function anchorLine(): number | null {
    if (anchor === null) return null
    const line = rows.at(anchor.line)
    const stays = line === null ? anchor.of === rows.answered.value : line.kind === 'row' && line.key === anchor.key
    return stays ? anchor.line : null
  }
  async function extendTo(index: number): Promise<void> {
    const from = anchorLine()
    if (from === null) return toggle(index)
    const keys = await notices.attempt('The rows could not be selected.', () => rows.keysBetween(from, index))
    if (keys) selected.value = new Set([...selected.value, ...keys])
  }
  async function all(): Promise<void> {
    const keys = await notices.attempt('The rows could not be selected.', () => rows.allKeys())
    if (keys) selected.value = new Set(keys)
  }
  function clear(): void {
    selected.value = new Set()
    anchor = null
  }
  return { selected, toggle, only, extendTo, all, clear }
}
export type TableSelection = ReturnType<typeof useTableSelection>
