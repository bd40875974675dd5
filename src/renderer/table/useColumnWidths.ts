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
/** In a narrow table the first column that grows in a wide one gives way, down to this share of the room. */
const givingShare = 0.3

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

  const widths = computed(() => spread({ columns: columns(), dragged: dragged.value, room: room.value - before() }))
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
  /** Of the leading columns that are pinned those that leave room for others. */
  const pinned = computed(() => {
    const end = sized.value.findIndex(({ column }) => column.pinned !== true)
    const leading = sized.value.slice(0, end < 0 ? sized.value.length : end)
    return leading.filter(({ left, width }) => room.value === 0 || left + width <= room.value * pinnedShare)
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

interface Spread {
  readonly columns: readonly GridColumn[]
  readonly dragged: Readonly<Record<string, number>>
  /** 0: not known yet. */
  readonly room: number
}

/** Columns that may grow share what is left, each up to its own bound; in a narrow table they give way. */
function spread({ columns, dragged, room }: Spread): number[] {
  const own = columns.map(({ id, width }) => dragged[id] ?? width)
  const growing = columns.flatMap(({ id, widest }, index) =>
    widest !== undefined && dragged[id] === undefined ? [{ index, widest }] : [],
  )
  if (room <= 0) return own
  const [first] = growing
  if (first) own[first.index] = Math.floor(Math.min(own[first.index] ?? 0, room * givingShare))
  let left = room - own.reduce((sum, width) => sum + width, 0)
  growing.forEach(({ index, widest }, at) => {
    const width = own[index] ?? 0
    const more = Math.floor(Math.max(0, Math.min(widest - width, left / (growing.length - at))))
    own[index] = width + more
    left -= more
  })
  return own
}
