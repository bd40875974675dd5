import { computed, ref, watch } from 'vue'
import type { ImageSource } from '@shared/domain'
import { largestTile, smallestTile } from '../../components/tileSizes'
import { explorerOf } from '../../composables/studentAddress'
import { isBetween, useRemembered } from '../../composables/useRemembered'
import { useStudents } from '../../students/useStudents'
import { grouped } from '../../format/numbers'
import { useEngineStore } from '../../stores/engine'
import { recordedColumns } from './columns'
import { imageKey, partsOfKey } from './imageKey'
import { useActiveImage } from './useActiveImage'
import { mostCompared, type LookedAt } from './useCloseLook'
import { useEmbedding } from './useEmbedding'
import { useImagePixels } from './useImagePixels'
import { useImageSelection } from './useImageSelection'
import { useLanes, type Lane } from './useLanes'
import { measuredColumns } from './measuredNumbers'
import { useMeasured } from './useMeasured'
import { useQuestion } from './useQuestion'
import { useSaving } from './useSaving'
import { useStep } from './useStep'
import { useThumbnails } from './useThumbnails'

/** Kept steps or calls beyond the chosen one whose images are read before they are asked for. */
const stepsAhead = 2

/** Everything that the explorer shows. */
export function useExplorer(redraw: () => void) {
  const engine = useEngineStore()
  const students = useStudents(explorerOf)
  const source = ref<ImageSource>('steps')
  const measured = useMeasured(
    () => students.students.value,
    (runId) =>
      new Map(
        lanes.value.flatMap(({ student, state, table }): [string, number][] =>
          student.runId === runId && state === 'ready' ? [[student.stageId, table.count]] : [],
        ),
      ),
  )
  const { lanes, retry } = useLanes(students.students, source, measured.numbersOf)
  const step = useStep(lanes, () => `${source.value} ${students.students.value.map(({ key }) => key).join()}`)
  const question = useQuestion(lanes, step.step)
  // No image of one source is an image of the other.
  watch(source, () => (question.only.value = null))
  const selection = useImageSelection()
  const tile = useRemembered('explorer.tile', 48, isBetween(smallestTile, largestTile))
  const thumbnails = useThumbnails({ lanes: () => lanes.value, source: () => source.value, changed: redraw })

  const columns = computed(() =>
    [...recordedColumns, ...measuredColumns].filter(({ id }) => lanes.value.some(({ table }) => table.columns.has(id))),
  )
  const classNamesOf = (lane: Lane | undefined): readonly string[] => {
    const names = engine.member('dataset', lane?.student.model?.data ?? '')?.facts['classNames']
    return Array.isArray(names) ? names.map(String) : []
  }
  const classNames = computed(() => classNamesOf(lanes.value[0]))
  const classes = computed(() => {
    const found = new Set<number>()
    for (const { table } of lanes.value)
      for (const id of ['teacherClass', 'studentClass'])
        for (const label of table.columns.get(id) ?? []) if (!Number.isNaN(label)) found.add(label)
    return [...found].sort((left, right) => left - right)
  })
  const extents = computed(() => new Map(columns.value.map(({ id }) => [id, extentOf(lanes.value, id)])))
  const embedding = useEmbedding({
    lanes,
    question,
    selection,
    columns: () => columns.value,
    extents: () => extents.value,
  })
  const isReal = (lane: Lane): boolean =>
    engine.member('distillation', lane.student.model?.method ?? '')?.facts['usesRealImages'] === true
  const stepTitle = computed(() => {
    if (source.value === 'pool') return 'Call'
    return lanes.value.length > 0 && lanes.value.every(isReal) ? 'Batch' : 'Pseudo batch'
  })

  /** Images of the next kept steps in the way of the last move, where one step is shown at a time. */
  function ahead(): number[] {
    if (question.allSteps.value) return []
    const next = Array.from({ length: stepsAhead }, (_, by) => step.position.value + (by + 1) * step.direction.value)
    return next.flatMap((position) => {
      const at = step.steps.value[position]
      return at === undefined ? [] : lanes.value.flatMap((lane) => keysAt(lane, at))
    })
  }
  const keysAt = ({ table, number }: Lane, at: number): number[] => {
    const span = table.spans.find((candidate) => candidate.at === at)
    return Array.from({ length: span?.count ?? 0 }, (_, index) => imageKey(number, at, index))
  }
  const words = { columns: () => columns.value, classNamesOf, stepTitle: () => stepTitle.value }
  const active = useActiveImage({ lanes: () => lanes.value, source: () => source.value, ...words })
  return {
    ...{
      students,
      source,
      lanes,
      retry,
      step,
      question,
      selection,
      tile,
      thumbnails,
      columns,
      classNames,
      classes,
      extents,
    },
    ...{ stepTitle, ahead, measured, embedding, ...active, ...useLooking() },
  }

  /** What is looked at closely, and saved: the selected images, else the one under the focus. */
  function useLooking() {
    const looking = ref<'active' | 'selected' | null>(null)
    const selectedKeys = computed(() => [...selection.selected.value])
    const lookedKeys = computed(() => {
      if (looking.value === null) return []
      if (looking.value === 'selected') return selectedKeys.value.slice(0, mostCompared)
      return active.activeKey.value === null ? [] : [active.activeKey.value]
    })
    const { answers } = useImagePixels({
      lanes: () => lanes.value,
      source: () => source.value,
      keys: () => lookedKeys.value,
    })
    const looked = computed(() =>
      lookedKeys.value.map((key): LookedAt => {
        const answer = answers.value.get(key)
        return { key, title: titleOf(key), image: answer?.batch ?? null, fault: answer?.fault ?? null }
      }),
    )
    const saving = useSaving({ lanes: () => lanes.value, source: () => source.value, ...words })
    return { looking, looked, selectedKeys, saving }
  }
  function titleOf(key: number): string {
    const { lane: number, at, index } = partsOfKey(key)
    const lane = lanes.value.find((one) => one.number === number)
    return `${lane?.student.name ?? ''}, ${stepTitle.value.toLowerCase()} ${grouped(at)}, image ${index + 1}`
  }
}

export type Explorer = ReturnType<typeof useExplorer>

function extentOf(lanes: readonly Lane[], column: string): { from: number; to: number } {
  const extent = { from: Infinity, to: -Infinity }
  for (const { table } of lanes)
    for (const value of table.columns.get(column) ?? []) {
      if (value < extent.from) extent.from = value
      if (value > extent.to) extent.to = value
    }
  return extent
}
