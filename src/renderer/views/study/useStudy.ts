import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import type { StudyCell, StudyDetail } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useNewestTask } from '../../composables/useNewestTask'
import { useStudiesStore } from '../../stores/studies'

/** The cells with those that changed put in their places, new ones at the end. */
export function withChanged(list: readonly StudyCell[], changed: readonly StudyCell[]): readonly StudyCell[] {
  if (changed.length === 0) return list
  const news = new Map(changed.map((cell) => [cell.index, cell]))
  const kept = list.map((cell) => {
    const now = news.get(cell.index)
    return now && news.delete(cell.index) ? now : cell
  })
  return [...kept, ...news.values()]
}

/** One study with its cells, which follow the engine's events. */
export function useStudy(studyId: () => string) {
  const { engine, onReopen } = useConnection()
  const store = useStudiesStore()
  const detail = shallowRef<StudyDetail | null>(null)
  const error = shallowRef<unknown>(null)
  const task = useNewestTask()
  async function read(): Promise<void> {
    const outcome = await task.run((signal) => engine.call('studies.get', { studyId: studyId() }, signal))
    if (outcome.kind === 'overtaken') return
    error.value = outcome.kind === 'failed' ? outcome.error : null
    if (outcome.kind === 'done') detail.value = outcome.value
  }
  watch(
    studyId,
    () => {
      detail.value = null
      void read()
    },
    { immediate: true },
  )
  const ends = [
    engine.subscribe('study.changed', {}, ({ study, cells }) => {
      if (study.id !== studyId() || !detail.value) return
      const grown = Object.values(study.cells).reduce((sum, count) => sum + count, 0) !== detail.value.list.length
      detail.value = { ...detail.value, ...study, list: withChanged(detail.value.list, cells) }
      // New values of an axis stand in the definition, which events do not carry.
      if (grown) void read()
    }),
    onReopen(() => void read()),
  ]
  onScopeDispose(() => ends.forEach((end) => end()))
  const study = computed(() => store.byId.get(studyId()) ?? detail.value)
  const cells = computed(() => detail.value?.list ?? [])
  return { study, detail, cells, error, read }
}
