import { computed, ref, shallowRef, type Ref } from 'vue'
import { partsOfKey } from './imageKey'
import { imagesInOrder, type ColumnFilter, type ColumnOrder } from './imageOrder'
import { spanAt } from './imageTable'
import type { LaneImages } from './gridLayout'
import type { Lane } from './useLanes'

/** What is shown of every lane: its images of one step or of all, those that pass the filters, in an order. */
export function useQuestion(lanes: Readonly<Ref<readonly Lane[]>>, step: Readonly<Ref<number | null>>) {
  const ofAllSteps = ref(false)
  /** These images alone, of whatever step; null: all. */
  const only = shallowRef<ReadonlySet<number> | null>(null)
  const allSteps = computed({
    get: () => ofAllSteps.value || only.value !== null,
    set: (all) => {
      ofAllSteps.value = all
      if (!all) only.value = null
    },
  })
  const filters = shallowRef<readonly ColumnFilter[]>([])
  const order = shallowRef<ColumnOrder | null>(null)

  /** A filter takes the place of the one on its column; null takes that away. */
  function setFilter(column: string, range: { from: number; to: number } | null): void {
    const others = filters.value.filter((filter) => filter.column !== column)
    filters.value = range === null ? others : [...others, { column, ...range }]
  }
  function clear(): void {
    filters.value = []
    only.value = null
  }
  const chosenSpan = (lane: Lane): number | null => (step.value === null ? null : spanAt(lane.table, step.value))
  const among = computed(() => lanes.value.map((lane) => only.value && maskOf(lane, only.value)))
  /** Of one lane each: 1 for the images that pass the filters, of whatever step. */
  const passing = computed(() =>
    lanes.value.map(({ table }) => {
      const mask = new Uint8Array(table.count)
      for (const image of imagesInOrder(table, { filters: filters.value, order: null, span: null })) mask[image] = 1
      return mask
    }),
  )
  /** Of one lane each; of the chosen step its own newest one that is not after it. */
  const shown = computed(() =>
    lanes.value.map((lane, index): LaneImages => {
      const { table } = lane
      const span = allSteps.value ? null : chosenSpan(lane)
      return {
        order: imagesInOrder(table, {
          filters: filters.value,
          order: order.value,
          span,
          among: among.value[index] ?? undefined,
        }),
        atOf: (image) => table.spans[table.spanOf[image] ?? -1]?.at ?? 0,
      }
    }),
  )
  const byStep = computed(() => allSteps.value && order.value === null)
  return { allSteps, only, filters, order, setFilter, clear, chosenSpan, passing, shown, byStep }
}

function maskOf({ table, number }: Lane, keys: ReadonlySet<number>): Uint8Array {
  const mask = new Uint8Array(table.count)
  const spans = new Map(table.spans.map((span) => [span.at, span]))
  for (const key of keys) {
    const { lane, at, index } = partsOfKey(key)
    const span = lane === number ? spans.get(at) : undefined
    if (span && index < span.count) mask[span.first + index] = 1
  }
  return mask
}

export type Question = ReturnType<typeof useQuestion>
