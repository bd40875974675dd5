import { computed, shallowRef, watch } from 'vue'
import type { SyntheticImages } from '@shared/domain'
import { useNewestTask } from '../../composables/useNewestTask'
import type { ShownStudent } from '../../students/useStudents'
import { useImagesStore } from '../../stores/images'
import { placeAt } from './moments'

/** The newest images that each student had kept at a step; null before its first ones, and where none can be read. */
export function useKeptAt(students: () => readonly ShownStudent[], step: () => number | null) {
  const store = useImagesStore()
  const task = useNewestTask()
  const shown = shallowRef<ReadonlyMap<string, SyntheticImages | null>>(new Map())
  const keptStep = (student: ShownStudent, at: number): number | null => {
    const steps = store.open(student).steps.value
    return steps[placeAt(steps, at)] ?? null
  }
  const imagesOf = async (student: ShownStudent, at: number, signal?: AbortSignal): Promise<SyntheticImages | null> => {
    const kept = keptStep(student, at)
    return kept === null ? null : store.fetch(student, kept, signal).catch(() => null)
  }
  const imagesAt = async (at: number, signal?: AbortSignal): Promise<ReadonlyMap<string, SyntheticImages | null>> =>
    new Map(
      await Promise.all(students().map(async (student) => [student.key, await imagesOf(student, at, signal)] as const)),
    )
  /** Changes with the images to show, not with every step. */
  const wanted = computed(() =>
    students()
      .map((student) => `${student.key}@${keptStep(student, step() ?? 0) ?? ''}`)
      .join(),
  )
  watch(
    wanted,
    async () => {
      const at = step()
      if (at === null) return
      const outcome = await task.run((signal) => imagesAt(at, signal))
      if (outcome.kind === 'done') shown.value = outcome.value
    },
    { immediate: true },
  )
  return { shown, imagesAt }
}
