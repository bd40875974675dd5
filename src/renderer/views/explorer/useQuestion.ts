import { computed, ref, shallowRef, type Ref } from 'vue'
import { imagesInOrder, type ColumnFilter, type ColumnOrder } from './imageOrder'
import { spanAt } from './imageTable'
import type { LaneImages } from './gridLayout'
import type { Lane } from './useLanes'

/** What is shown of every lane: its images of one step or of all, those that pass the filters, in an order. */
export function useQuestion(lanes: Readonly<Ref<readonly Lane[]>>, step: Readonly<Ref<number | null>>) {
  const allSteps = ref(false)
  const filters = shallowRef<readonly ColumnFilter[]>([])
  const order = shallowRef<ColumnOrder | null>(null)

  /** A filter takes the place of the one on its column; null takes that away. */
  function setFilter(column: string, range: { from: number; to: number } | null): void {
    const others = filters.value.filter((filter) => filter.column !== column)
    filters.value = range === null ? others : [...others, { column, ...range }]
  }
  function clear(): void {
    filters.value = []
  }
  const chosenSpan = (lane: Lane): number | null => (step.value === null ? null : spanAt(lane.table, step.value))
  /** Of one lane each; of the chosen step its own newest one that is not after it. */
  const shown = computed(() =>
    lanes.value.map((lane): LaneImages => {
      const { table } = lane
      const span = allSteps.value ? null : chosenSpan(lane)
      return {
        order: imagesInOrder(table, { filters: filters.value, order: order.value, span }),
        atOf: (image) => table.spans[table.spanOf[image] ?? -1]?.at ?? 0,
      }
    }),
  )
  const byStep = computed(() => allSteps.value && order.value === null)
  return { allSteps, filters, order, setFilter, clear, chosenSpan, shown, byStep }
}
export type Question = ReturnType<typeof useQuestion>
