import { computed, ref, watch } from 'vue'
import type { StudyCell, StudySummary } from '@shared/domain'
import { defaultLayout, layOut, soundLayout, type MatrixLayout } from './matrix'

export type Shade = 'asr' | 'accuracy' | 'none'

/** The reader's choice of rows and columns, kept for each study; the matrix that follows from it. */
export function useMatrix(study: () => StudySummary, cells: () => readonly StudyCell[]) {
  const chosen = ref<MatrixLayout | null>(null)
  const shade = ref<Shade>('asr')
  watch(
    () => study().id,
    () => {
      chosen.value = null
    },
  )
  const layout = computed(() => {
    const { axes } = study()
    return chosen.value ? soundLayout(axes, chosen.value) : defaultLayout(axes)
  })
  const axisOptions = computed(() => study().axes.map(({ path, title }) => ({ path, title })))
  /** Puts axes on one side; they leave the other. */
  function choose(side: keyof MatrixLayout, paths: readonly string[]): void {
    const other = side === 'rows' ? 'columns' : 'rows'
    const left = layout.value[other].filter((path) => !paths.includes(path))
    chosen.value = side === 'rows' ? { rows: paths, columns: left } : { rows: left, columns: paths }
  }
  const matrix = computed(() => layOut(study().axes, cells(), layout.value))
  return { layout, matrix, axisOptions, choose, shade }
}
