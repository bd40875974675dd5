import { computed } from 'vue'
import type { StudyCell, StudyDetail, StudySummary } from '@shared/domain'
import { useStudyActions } from '../../composables/useStudyActions'
import { useStudiesStore } from '../../stores/studies'

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

/** The cells that run and those that come next, in the order of work. */
export function useQueue(study: () => StudySummary, source: () => Pick<StudyDetail, 'queue' | 'list'>) {
  const actions = useStudyActions()
  const store = useStudiesStore()
  const running = computed(() => source().list.filter(({ state }) => state === 'running'))
  const waiting = computed(() => {
    const { queue, list } = source()
    const open = list.filter(({ state }) => state === 'waiting' || state === 'queued')
    return inWorkOrder(open, queue, store.fronts.get(study().id) ?? [])
  })

  const reorder = (front: readonly number[]): Promise<unknown> => actions.reorder(study(), [...front])
  return { running, waiting, reorder }
}
