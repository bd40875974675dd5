import { computed, ref } from 'vue'
import type { StudyCell, StudyDetail, StudySummary } from '@shared/domain'
import { useStudyActions } from '../../composables/useStudyActions'
import { useStudiesStore } from '../../stores/studies'

/** The list with one entry at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const copy = [...list]
  const [entry] = copy.splice(from, 1)
  if (entry !== undefined) copy.splice(to, 0, entry)
  return copy
}

/**
 * Cells in the order of work: as the engine's queue stood, those that were put in front since before them.
 * @param queue indexes
 * @param front indexes, the first first
 */
export function inWorkOrder(
  cells: readonly StudyCell[],
  queue: readonly number[],
  front: readonly number[],
): StudyCell[] {
  const places = new Map([...new Set([...front, ...queue])].map((index, place) => [index, place]))
  const rank = ({ index }: StudyCell): number => places.get(index) ?? places.size
  return [...cells].sort((left, right) => rank(left) - rank(right) || left.index - right.index)
}

/** The cells that run and those that come next, in the order of work; moving one tells the engine. */
export function useQueue(study: () => StudySummary, source: () => Pick<StudyDetail, 'queue' | 'list'>) {
  const actions = useStudyActions()
  const store = useStudiesStore()
  const dragged = ref<number | null>(null)
  const dragOver = ref<number | null>(null)
  const running = computed(() => source().list.filter(({ state }) => state === 'running'))
  const waiting = computed(() => {
    const { queue, list } = source()
    const open = list.filter(({ state }) => state === 'waiting' || state === 'queued')
    return inWorkOrder(open, queue, store.fronts.get(study().id) ?? [])
  })

  /** Named are those up to the last that moved: the others stay behind them as they are. */
  async function move(from: number, to: number): Promise<void> {
    if (from === to) return
    const order = moved(waiting.value, from, to).map(({ index }) => index)
    await actions.reorder(study(), order.slice(0, Math.max(from, to) + 1))
  }
  function drag(index: number): void {
    dragged.value = index
  }
  async function drop(index: number): Promise<void> {
    const from = dragged.value
    dragged.value = null
    dragOver.value = null
    if (from !== null) await move(from, index)
  }
  return { running, waiting, dragOver, drag, drop, move }
}
