import { useDraftStore } from '../stores/draft'
import { useUndoStore } from '../stores/undo'

/** Changes the draft by more than a typed value, such that it can be taken back. */
export function useDraftChange() {
  const draft = useDraftStore()
  const undo = useUndoStore()
  /**
   * @param title what is done, as it is told after "Taken back": "reset of Poisoning"
   * @param notice what is told at once, with the way back; nothing where it is left out
   */
  async function change(title: string, task: () => unknown, notice?: string): Promise<void> {
    const before = draft.moment()
    await task()
    const after = draft.moment()
    undo.remember(
      {
        title,
        undo: () => Promise.resolve(draft.goBack(before)),
        redo: () => Promise.resolve(draft.goBack(after)),
      },
      notice,
    )
  }
  return change
}
