import { computed, type Ref } from 'vue'
import type { ImageSource } from '@shared/domain'
import { useKeptGridsStore } from '../../stores/keptGrids'
import { laneNumber } from './imageKey'
import { emptyTable, imageTableOf, type ImageTable } from './imageTable'
import type { ShownStudent } from './useStudents'

export interface Lane {
  readonly student: ShownStudent
  /** Part of the keys of its images. */
  readonly number: number
  readonly table: ImageTable
  readonly state: 'loading' | 'ready' | 'failed'
  readonly error: unknown
}

/** A table of kept images per student. */
export function useLanes(students: Readonly<Ref<readonly ShownStudent[]>>, source: Ref<ImageSource>) {
  const store = useKeptGridsStore()
  const tables = new WeakMap<object, ImageTable>()
  const tableOf = (grids: Parameters<typeof imageTableOf>[0] | null): ImageTable => {
    if (grids === null) return emptyTable
    const known = tables.get(grids) ?? imageTableOf(grids)
    tables.set(grids, known)
    return known
  }
  const lanes = computed(() =>
    students.value.map((student): Lane => {
      const entry = store.open(student, source.value)
      return {
        student,
        number: laneNumber(`${student.key}/${source.value}`),
        table: tableOf(entry.grids.value),
        state: entry.state.value,
        error: entry.error.value,
      }
    }),
  )
  const retry = (lane: Lane): void => store.refresh(lane.student, source.value)
  return { lanes, retry }
}
