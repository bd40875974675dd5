import { computed, shallowRef, watch, type Ref } from 'vue'
import type { GridColumn } from './types'

export interface SizedColumn {
  readonly column: GridColumn
  readonly width: number
  /** From the left end of the table. */
  readonly left: number
}

const narrowest = 48
/** Columns that stay in sight leave at least so much of the room to the others. */
const pinnedShare = 0.62

function readStored(key: string): Record<string, number> {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? '{}') as unknown
    return typeof stored === 'object' && stored !== null
      ? Object.fromEntries(Object.entries(stored).filter(([, width]) => typeof width === 'number'))
      : {}
  } catch {
    return {}
  }
}

export interface WidthsOptions {
  readonly columns: () => readonly GridColumn[]
  /** Of the box in which the table scrolls. */
  readonly room: Readonly<Ref<number>>
  /** Where widths that were dragged are kept. */
  readonly storageKey: string
  /** Before the first column, for checkboxes. */
  readonly before: () => number
}

/** Widths and places of columns: dragged ones are kept, a column that may grow takes the room that is left. */
export function useColumnWidths({ columns, room, storageKey, before }: WidthsOptions) {
  const dragged = shallowRef(readStored(storageKey))
  watch(dragged, (now) => localStorage.setItem(storageKey, JSON.stringify(now)))

  const widths = computed(() => {
    const own = columns().map((column) => dragged.value[column.id] ?? column.width)
    const growing = columns().findIndex(({ id, widest }) => widest !== undefined && dragged.value[id] === undefined)
    const column = columns()[growing]
    if (column?.widest === undefined) return own
    const rest = own.reduce((sum, width, index) => (index === growing ? sum : sum + width), before())
    own[growing] = Math.min(column.widest, Math.max(column.width, Math.floor(room.value - rest)))
    return own
  })
  const sized = computed(() => {
    let left = before()
    return columns().map((column, index): SizedColumn => {
      const width = widths.value[index] ?? column.width
      const place = { column, width, left }
      left += width
      return place
    })
  })
  const total = computed(() => before() + widths.value.reduce((sum, width) => sum + width, 0))
  /** The leading columns that are pinned, where they leave room for others. */
  const pinned = computed(() => {
    const end = sized.value.findIndex(({ column }) => column.pinned !== true)
    const leading = sized.value.slice(0, end < 0 ? sized.value.length : end)
    const last = leading.at(-1)
    return last && (room.value === 0 || last.left + last.width <= room.value * pinnedShare) ? leading : []
  })
  const resize = (id: string, width: number): void => {
    dragged.value = { ...dragged.value, [id]: Math.max(narrowest, Math.round(width)) }
  }
  function reset(id: string): void {
    const { [id]: _dropped, ...rest } = dragged.value
    dragged.value = rest
  }
  return { sized, pinned, total, resize, reset }
}
export type ColumnWidths = ReturnType<typeof useColumnWidths>
