import { useVirtualizer } from '@tanstack/vue-virtual'
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { useColumnWidths, type SizedColumn } from './useColumnWidths'
import type { GridColumn } from './types'
import type { TableRows } from './useTableRows'

export const lineHeight = 34
export const tickWidth = 38

export interface GridOptions {
  readonly box: Readonly<Ref<HTMLElement | null>>
  readonly columns: () => readonly GridColumn[]
  readonly rows: TableRows
  readonly storageKey: string
  readonly ticks: () => boolean
}

/** Which lines and columns are in sight, and where they stand. */
export function useGrid({ box, columns, rows, storageKey, ticks }: GridOptions) {
  const room = shallowRef(0)
  const widths = useColumnWidths({ columns, room, storageKey, before: () => (ticks() ? tickWidth : 0) })
  const { sized, pinned, total } = widths

  const lines = useVirtualizer(
    computed(() => ({
      count: rows.count.value,
      getScrollElement: () => box.value,
      estimateSize: () => lineHeight,
      overscan: 6,
      // The head stands over the first lines.
      scrollMargin: lineHeight,
      scrollPaddingStart: lineHeight,
    })),
  )
  const scrolling = computed(() => sized.value.slice(pinned.value.length))
  const across = useVirtualizer(
    computed(() => ({
      horizontal: true,
      count: scrolling.value.length,
      getScrollElement: () => box.value,
      estimateSize: (index: number) => scrolling.value[index]?.width ?? 0,
      overscan: 1,
      scrollMargin: scrolling.value[0]?.left ?? 0,
      scrollPaddingStart: scrolling.value[0]?.left ?? 0,
    })),
  )
  watch(scrolling, () => across.value.measure())

  /**
   * Lines, with pixels from the first one. A line that comes into sight takes the elements of one that has left
   * (`slot`). They stay where they are in the page while it scrolls, and stand in the order of the lines at rest.
   */
  let slots = 0
  const linesInSight = computed(() => {
    const items = lines.value.getVirtualItems()
    slots = Math.max(slots, items.length)
    const placed = items.map(({ index, start }) => ({ index, top: start, slot: index % slots }))
    return lines.value.isScrolling ? placed.sort((left, right) => left.slot - right.slot) : placed
  })
  /** One list as long as the same columns are in sight: rows do not draw again when only their place changes. */
  const columnsInSight = shallowRef<readonly SizedColumn[]>([])
  watch(
    () => [pinned.value, across.value.getVirtualItems().map(({ index }) => scrolling.value[index])] as const,
    ([fixed, moving]) => {
      const next = [...fixed, ...moving.filter((entry) => entry !== undefined)]
      const before = columnsInSight.value
      if (next.length !== before.length || next.some((entry, at) => entry !== before[at])) columnsInSight.value = next
    },
    { immediate: true, flush: 'sync' },
  )
  watch(
    () => across.value.scrollRect?.width,
    (width) => {
      room.value = width ?? 0
    },
    { immediate: true },
  )
  watch(
    () => [lines.value.range?.startIndex ?? 0, lines.value.range?.endIndex ?? 40, rows.loaded.value] as const,
    ([first, last]) => rows.need(first, last),
    { immediate: true },
  )
  const active = ref({ line: 0, column: 0 })
  function goTo(line: number, column: number): void {
    const most = sized.value.length - 1 + (ticks() ? 1 : 0)
    active.value = {
      line: Math.min(rows.count.value - 1, Math.max(-1, line)),
      column: Math.min(most, Math.max(0, column)),
    }
    if (active.value.line >= 0) lines.value.scrollToIndex(active.value.line)
    const moving = active.value.column - (ticks() ? 1 : 0) - pinned.value.length
    if (moving >= 0) across.value.scrollToIndex(moving)
  }
  const linesOfPage = (): number => Math.max(1, Math.floor((lines.value.scrollRect?.height ?? 0) / lineHeight) - 2)
  const toTop = (): void => lines.value.scrollToOffset(0)
  return { ...widths, total, linesInSight, columnsInSight, active, goTo, linesOfPage, toTop }
}
export type Grid = ReturnType<typeof useGrid>
