import { computed, shallowRef, watch } from 'vue'
import type { SyntheticImages } from '@shared/domain'
import { useNewestTask } from '../../composables/useNewestTask'
import type { ShownStudent } from '../../students/useStudents'
import { useImagesStore } from '../../stores/images'
import { placeAt, type Absence } from './moments'

/** Where no step so early is known, by what is known of the list of steps. */
const absenceIn = { loading: 'reading', ready: 'none', failed: 'unreadable' } as const

/** The newest images that each student had kept at a step, or why there are none. */
export type KeptAt = ReadonlyMap<string, SyntheticImages | Absence>

/** Keeps what was kept at a step in sight. */
export function useKeptAt(students: () => readonly ShownStudent[], step: () => number | null) {
  const store = useImagesStore()
  const task = useNewestTask()
  const shown = shallowRef<KeptAt>(new Map())
  const keptStep = (student: ShownStudent, at: number): number | Absence => {
    const { steps, state } = store.open(student)
    return steps.value[placeAt(steps.value, at)] ?? absenceIn[state.value]
  }
  async function imagesOf(student: ShownStudent, at: number, signal?: AbortSignal): Promise<SyntheticImages | Absence> {
    const kept = keptStep(student, at)
    return typeof kept === 'string' ? kept : store.fetch(student, kept, signal).catch((): Absence => 'unreadable')
  }
  const imagesAt = async (of: readonly ShownStudent[], at: number, signal?: AbortSignal): Promise<KeptAt> =>
    new Map(await Promise.all(of.map(async (student) => [student.key, await imagesOf(student, at, signal)] as const)))
  /** Changes with the images to show, not with every step. */
  const wanted = computed(() =>
    students()
      .map((student) => `${student.key}@${keptStep(student, step() ?? 0)}.${store.open(student).remade.value}`)
      .join(),
  )
  watch(
    wanted,
    async () => {
      const at = step()
      if (at === null) return
      const outcome = await task.run((signal) => imagesAt(students(), at, signal))
      if (outcome.kind === 'done') shown.value = outcome.value
    },
    { immediate: true },
  )
  return { shown, imagesAt }
}
