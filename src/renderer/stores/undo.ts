import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useNoticesStore } from './notices'

/** Something that was done and can be taken back. */
export interface Undoable {
  /** As it is told after "Undo": "delete 3 runs". */
  readonly title: string
  readonly undo: () => Promise<unknown>
  /** Absent where it cannot be done again the same way. */
  readonly redo?: () => Promise<unknown>
}

const mostKept = 50
const noticeSeconds = 15

/** What was done from this page, newest last, each with its way back. */
export const useUndoStore = defineStore('undo', () => {
  const notices = useNoticesStore()
  const done = shallowRef<readonly Undoable[]>([])
  const undone = shallowRef<readonly Undoable[]>([])
  let working = false

  const without = (list: readonly Undoable[], entry: Undoable): Undoable[] => list.filter((other) => other !== entry)
  /** Remembers it; with `notice` also says it, and offers the way back there. */
  function remember(entry: Undoable, notice?: string): void {
    done.value = [...done.value, entry].slice(-mostKept)
    undone.value = []
    if (notice === undefined) return
    const action = { label: 'Undo', run: () => void undo(entry) }
    notices.show({ severity: 'info', seconds: noticeSeconds, title: notice, action })
  }
  async function turn(entry: Undoable, way: 'undo' | 'redo'): Promise<boolean> {
    if (working) return false
    working = true
    const task = way === 'undo' ? entry.undo : (entry.redo ?? entry.undo)
    const answer = await notices.attempt(
      `“${entry.title}” could not be ${way === 'undo' ? 'taken back' : 'done again'}.`,
      async () => {
        await task()
        return true
      },
    )
    working = false
    return answer ?? false
  }
  /** @param entry the newest where none is named; one that was taken back already stays so */
  async function undo(entry: Undoable | undefined = done.value.at(-1)): Promise<void> {
    if (!entry || !done.value.includes(entry) || !(await turn(entry, 'undo'))) return
    done.value = without(done.value, entry)
    if (entry.redo) undone.value = [...undone.value, entry]
    notices.show({ severity: 'good', title: `Taken back: ${entry.title}.`, seconds: 4 })
  }
  async function redo(): Promise<void> {
    const entry = undone.value.at(-1)
    if (!entry || !(await turn(entry, 'redo'))) return
    undone.value = without(undone.value, entry)
    done.value = [...done.value, entry]
    notices.show({ severity: 'good', title: `Done again: ${entry.title}.`, seconds: 4 })
  }
  return {
    remember,
    undo: () => undo(),
    redo,
    /** What Ctrl+Z would take back. */
    next: computed(() => done.value.at(-1)?.title ?? null),
    nextAgain: computed(() => undone.value.at(-1)?.title ?? null),
  }
})
