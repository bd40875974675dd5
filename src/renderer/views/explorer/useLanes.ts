import { computed, type Ref } from 'vue'
import type { ImageNumbersArtifact, ImageSource } from '@shared/domain'
import { useKeptGridsStore } from '../../stores/keptGrids'
import { laneNumber } from './imageKey'
import { emptyTable, imageTableOf, type ImageTable } from './imageTable'
import { withNumbers } from './measuredNumbers'
import type { ShownStudent } from '../../students/useStudents'

export interface Lane {
  readonly student: ShownStudent
  /** Part of the keys of its images. */
  readonly number: number
  readonly table: ImageTable
  /** See the store of kept grids. */
  readonly remade: number
  readonly state: 'loading' | 'ready' | 'failed'
  readonly error: unknown
}

/**
 * A table of kept images per student.
 * @param numbersOf what was measured of a run's kept steps, if anything was
 */
export function useLanes(
  students: Readonly<Ref<readonly ShownStudent[]>>,
  source: Ref<ImageSource>,
  numbersOf: (runId: string) => ImageNumbersArtifact | null,
) {
  const store = useKeptGridsStore()
  const tables = new WeakMap<object, ImageTable>()
  const tableOf = (grids: Parameters<typeof imageTableOf>[0] | null): ImageTable => {
    if (grids === null) return emptyTable
    const known = tables.get(grids) ?? imageTableOf(grids)
    tables.set(grids, known)
    return known
  }
  const measuredTable = (table: ImageTable, { runId, stageId }: ShownStudent): ImageTable => {
    const numbers = source.value === 'steps' ? numbersOf(runId) : null
    return numbers ? withNumbers(table, stageId, numbers) : table
  }
  const lanes = computed(() =>
    students.value.map((student): Lane => {
      const entry = store.open(student, source.value)
      return {
        student,
        number: laneNumber(`${student.key}/${source.value}`),
        remade: entry.remade.value,
        table: measuredTable(tableOf(entry.grids.value), student),
        state: entry.state.value,
        error: entry.error.value,
      }
    }),
  )
  const retry = (lane: Lane): void => store.refresh(lane.student, source.value)
  return { lanes, retry }
}
