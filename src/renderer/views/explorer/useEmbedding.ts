import { computed, ref, watch, type Ref } from 'vue'
import { useTheme } from '../../composables/useTheme'
import type { ColumnInfo } from './columns'
import { pointWords, type Coloring } from './embeddingColors'
import { prominence } from './embeddingPaint'
import { embeddingPoints, type EmbeddingPoints } from './embeddingPoints'
import type { ImageSelection } from './useImageSelection'
import type { Lane } from './useLanes'
import { placeColumns } from './measuredNumbers'
import { partsOfKey } from './imageKey'
import type { Question } from './useQuestion'

export interface EmbeddingSource {
  readonly lanes: Readonly<Ref<readonly Lane[]>>
  readonly question: Question
  readonly selection: ImageSelection
  /** By which points can be coloured. */
  readonly columns: () => readonly ColumnInfo[]
  readonly extents: () => ReadonlyMap<string, { readonly from: number; readonly to: number }>
}

/** The plane of one run's images: its points, how they look, and what is chosen in it. */
export function useEmbedding(source: EmbeddingSource) {
  const { lanes, question, selection } = source
  /** Runs of which images have places. */
  const runs = computed(() => {
    const placed = lanes.value.filter(({ table }) => placeColumns.every((id) => table.columns.has(id)))
    return [...new Map(placed.map(({ student: { runId, model } }) => [runId, model?.runName ?? runId]))]
  })
  const chosenRun = ref<string | null>(null)
  const runId = computed(() => runs.value.find(([id]) => id === chosenRun.value)?.[0] ?? runs.value[0]?.[0] ?? null)
  const points = computed(() => embeddingPoints(lanes.value, runId.value))
  /** Selects the images of points, and shows them alone; none: everything as before. */
  function select(chosen: readonly number[], adding: boolean): void {
    const keys = chosen.map((point) => points.value.keys[point] ?? -1)
    if (adding) selection.add(keys)
    else selection.only(keys)
    question.only.value = selection.selected.value.size > 0 ? selection.selected.value : null
  }
  /** Where the image of a point is. */
  const placeOf = (point: number): { at: number; key: number } => {
    const key = points.value.keys[point] ?? 0
    return { at: partsOfKey(key).at, key }
  }
  const looks = { ...usePointColors(source, points), ...usePointLevels(source, points) }
  return { runs, runId, chosenRun, points, select, placeOf, ...looks }
}
export type Embedding = ReturnType<typeof useEmbedding>

type Points = Readonly<Ref<EmbeddingPoints>>

/** By what points are coloured: a column that somebody has chosen, else the one that images are ordered by. */
function usePointColors({ lanes, question, columns, extents }: EmbeddingSource, points: Points) {
  const { colors, isDark } = useTheme()
  /** null: what the images are ordered by. */
  const chosenColumn = ref<string | null>(null)
  const column = computed<ColumnInfo | null>(() => {
    const known = columns()
    const named = (id: string | undefined | null) => known.find((one) => one.id === id)
    return named(chosenColumn.value) ?? named(question.order.value?.column) ?? known[0] ?? null
  })
  watch(question.order, () => (chosenColumn.value = null))
  const coloring = computed<Coloring | null>(() => {
    if (!column.value) return null
    const extent = extents().get(column.value.id) ?? { from: 0, to: 1 }
    return { column: column.value, extent, colors: colors.value, isDark: isDark.value }
  })
  /** By which points are coloured. */
  const values = computed(() => {
    const { count, lanes: of, images } = points.value
    const id = column.value?.id ?? ''
    const sources = lanes.value.map(({ table }) => table.columns.get(id))
    const valueOf = (point: number): number => sources[of[point] ?? -1]?.[images[point] ?? -1] ?? NaN
    return Float32Array.from({ length: count }, (_, point) => valueOf(point))
  })
  const words = computed(() =>
    coloring.value
      ? pointWords(values.value, coloring.value)
      : { words: new Uint32Array(values.value.length), faintWords: new Uint32Array(values.value.length) },
  )
  /** Each value that occurs, once; for classes and marks. */
  const occurring = computed(() =>
    column.value?.kind === 'class' || column.value?.kind === 'mark'
      ? [...new Set(values.value)].filter((value) => value >= 0).sort((left, right) => left - right)
      : [],
  )
  return { chosenColumn, column, coloring, words, occurring }
}

/** How points stand out: those of the chosen step, or of all that pass the filters; and those that are selected. */
function usePointLevels({ lanes, question, selection }: EmbeddingSource, points: Points) {
  /** Whether an image passes the filters, of whatever step; by lane and image. */
  const able = computed(() => {
    const { count, lanes: of, images } = points.value
    const passing = question.passing.value
    return Uint8Array.from({ length: count }, (_, point) => passing[of[point] ?? -1]?.[images[point] ?? -1] ?? 0)
  })
  const levels = computed(() => {
    const { count, lanes: of, images, keys } = points.value
    const shown = lanes.value.map(({ table }) => new Uint8Array(table.count))
    const isPart = !question.allSteps.value
    if (isPart)
      question.shown.value.forEach(({ order }, lane) => {
        for (const image of order) if (shown[lane]) shown[lane][image] = 1
      })
    const found = new Uint8Array(count)
    for (let point = 0; point < count; point++) {
      const isShown = shown[of[point] ?? -1]?.[images[point] ?? -1] === 1
      if (selection.selected.value.has(keys[point] ?? -1)) found[point] = prominence.selected
      else if (!able.value[point]) found[point] = prominence.faint
      else if (!isPart) found[point] = prominence.shown
      else found[point] = isShown ? prominence.chosen : prominence.faint
    }
    return found
  })
  return { able, levels }
}
