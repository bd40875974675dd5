import { tileAt, tileBeside, tileGap, type GridLayout, type Tile } from './gridLayout'

export interface GridMoves {
  readonly layout: GridLayout
  readonly active: Tile
  /** Images of each lane. */
  readonly counts: readonly number[]
  /** Of the window onto the grid, in pixels. */
  readonly height: number
}

/** The key's name with its modifier, as "Ctrl+Home". */
export const keyName = (event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey'>): string =>
  `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.key}`

/**
 * Where a key leads from the active tile; null where it leads nowhere or is no key of the grid. Arrows move within a
 * student, Ctrl and an arrow to the student beside it, Page up and down by a window, Home and End to the ends.
 */
export function movedBy(key: string, { layout, active, counts, height }: GridMoves): Tile | null {
  const { lane, place } = active
  const last = (counts[lane] ?? 0) - 1
  switch (key) {
    case 'ArrowLeft':
      return tileAt(layout, lane, place - 1)
    case 'ArrowRight':
      return place < last ? tileAt(layout, lane, place + 1) : null
    case 'ArrowUp':
      return tileBeside(layout, active, -1)
    case 'ArrowDown':
      return tileBeside(layout, active, 1)
    case 'Ctrl+ArrowLeft':
      return laneBeside(layout, active, { counts, by: -1 })
    case 'Ctrl+ArrowRight':
      return laneBeside(layout, active, { counts, by: 1 })
    case 'PageUp':
    case 'PageDown':
      return moveRows(layout, active, (key === 'PageUp' ? -1 : 1) * rowsOf(layout, height))
    case 'Home':
      return tileAt(layout, lane, 0)
    case 'End':
      return tileAt(layout, lane, last)
    default:
      return null
  }
}

const rowsOf = ({ tile }: GridLayout, height: number): number => Math.max(1, Math.floor(height / (tile + tileGap)) - 1)

function moveRows(layout: GridLayout, from: Tile, rows: number): Tile {
  let tile = from
  for (let row = 0; row < Math.abs(rows); row++) tile = tileBeside(layout, tile, rows < 0 ? -1 : 1) ?? tile
  return tile
}

/** The same place of the next student that has images; its last one where it has fewer. */
function laneBeside(
  layout: GridLayout,
  { lane, place }: Tile,
  { counts, by }: { readonly counts: readonly number[]; readonly by: 1 | -1 },
): Tile | null {
  for (let next = lane + by; next >= 0 && next < counts.length; next += by) {
    const count = counts[next] ?? 0
    if (count > 0) return tileAt(layout, next, Math.min(place, count - 1))
  }
  return null
}
