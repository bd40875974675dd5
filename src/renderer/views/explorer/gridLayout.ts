/**
 * Where thumbnails lie: students stand side by side in lanes, and what belongs to one step lies at one height in all of
 * them. Lengths in CSS pixels.
 */
export const tileGap = 2
export const laneGap = 14
export const blockHead = 24

/** What one student shows: images in order, and which step or call each is of. */
export interface LaneImages {
  readonly order: Int32Array
  atOf(image: number): number
}

/** Images that stand together under one heading: so many of each lane's order. */
export interface Block {
  /** The step or call; null where images of several are mixed. */
  readonly at: number | null
  /** Of its heading, or of its first row where it has none. */
  readonly top: number
  readonly rows: number
  /** By lane. */
  readonly parts: readonly { readonly start: number; readonly end: number }[]
}

export interface GridLayout {
  readonly blocks: readonly Block[]
  readonly columns: number
  readonly tile: number
  readonly laneWidth: number
  /** Above the rows of each block. */
  readonly head: number
  /** Of everything. */
  readonly height: number
}

export interface LayoutInput {
  readonly width: number
  readonly tile: number
  readonly lanes: readonly LaneImages[]
  /** A heading per step; else all images of a lane follow each other. */
  readonly byStep: boolean
}

export function gridLayout({ width, tile, lanes, byStep }: LayoutInput): GridLayout {
  const count = Math.max(1, lanes.length)
  const laneWidth = Math.max(tile, Math.floor((width - laneGap * (count - 1)) / count))
  const columns = Math.max(1, Math.floor((laneWidth + tileGap) / (tile + tileGap)))
  const head = byStep ? blockHead : 0
  const parts = byStep
    ? partsByStep(lanes)
    : [{ at: null, parts: lanes.map(({ order }) => ({ start: 0, end: order.length })) }]
  let top = 0
  const blocks = parts.map(({ at, parts: ofLanes }): Block => {
    const rows = Math.max(0, ...ofLanes.map(({ start, end }) => Math.ceil((end - start) / columns)))
    const block = { at, top, rows, parts: ofLanes }
    top += head + rows * (tile + tileGap)
    return block
  })
  return { blocks, columns, tile, laneWidth, head, height: top }
}

/** @param lanes with orders that ascend in their steps */
function partsByStep(lanes: readonly LaneImages[]): Pick<Block, 'at' | 'parts'>[] {
  const next = lanes.map(() => 0)
  const found: Pick<Block, 'at' | 'parts'>[] = []
  const atNext = (lane: LaneImages, index: number): number => {
    const image = lane.order[next[index] ?? 0]
    return image === undefined ? Infinity : lane.atOf(image)
  }
  for (;;) {
    const at = Math.min(...lanes.map(atNext), Infinity)
    if (at === Infinity) return found
    const parts = lanes.map((lane, index) => {
      const start = next[index] ?? 0
      let end = start
      while (end < lane.order.length && lane.atOf(lane.order[end] ?? 0) === at) end++
      next[index] = end
      return { start, end }
    })
    found.push({ at, parts })
  }
}

/** The first block that ends below a height; the number of blocks where none does. */
export function blockBelow({ blocks, head, tile }: GridLayout, y: number): number {
  let [low, high] = [0, blocks.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const block = blocks[middle]
    if (block && block.top + head + block.rows * (tile + tileGap) <= y) low = middle + 1
    else high = middle
  }
  return low
}

export interface Tile {
  readonly lane: number
  /** In the lane's order. */
  readonly place: number
  readonly x: number
  readonly y: number
}

/** Every tile that is at least in part between two heights, from top to bottom. */
export function tilesBetween(layout: GridLayout, from: number, to: number, visit: (tile: Tile) => void): void {
  const { blocks, columns, tile, laneWidth, head } = layout
  const pitch = tile + tileGap
  for (let index = blockBelow(layout, from); index < blocks.length; index++) {
    const block = blocks[index]
    if (!block || block.top >= to) return
    const top = block.top + head
    const firstRow = Math.max(0, Math.floor((from - top) / pitch))
    const lastRow = Math.min(block.rows, Math.ceil((to - top) / pitch))
    for (let row = firstRow; row < lastRow; row++)
      block.parts.forEach(({ start, end }, lane) => {
        const first = start + row * columns
        for (let place = first; place < Math.min(end, first + columns); place++)
          visit({ lane, place, x: lane * (laneWidth + laneGap) + (place - first) * pitch, y: top + row * pitch })
      })
  }
}

/** Where the tile of a lane's place lies; null where there is none. */
export function tileAt(layout: GridLayout, lane: number, place: number): Tile | null {
  const { blocks, columns, tile, laneWidth, head } = layout
  let [low, high] = [0, blocks.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((blocks[middle]?.parts[lane]?.end ?? Infinity) <= place) low = middle + 1
    else high = middle
  }
  const block = blocks[low]
  const part = block?.parts[lane]
  if (!block || !part || place < part.start) return null
  const within = place - part.start
  const pitch = tile + tileGap
  return {
    lane,
    place,
    x: lane * (laneWidth + laneGap) + (within % columns) * pitch,
    y: block.top + head + Math.floor(within / columns) * pitch,
  }
}

/** The tile under a point; null between tiles. */
export function tileUnder(layout: GridLayout, x: number, y: number): Tile | null {
  let found: Tile | null = null
  tilesBetween(layout, y, y + 1, (tile) => {
    if (x >= tile.x && x < tile.x + layout.tile && y >= tile.y && y < tile.y + layout.tile) found = tile
  })
  return found
}

/** The tile above or below in the same lane, as near to its column as there is one; null at the end. */
export function tileBeside(layout: GridLayout, from: Tile, direction: 1 | -1): Tile | null {
  const pitch = layout.tile + tileGap
  const column = Math.round((from.x - from.lane * (layout.laneWidth + laneGap)) / pitch)
  // Row by row: a lane may have none of a step, or only half a row.
  let place = from.place
  for (;;) {
    place += direction
    const next = tileAt(layout, from.lane, place)
    if (!next) return null
    if (next.y === from.y) continue
    return nearestInRow(layout, next, { column, direction })
  }
}

function nearestInRow(layout: GridLayout, first: Tile, sought: { column: number; direction: 1 | -1 }): Tile {
  const pitch = layout.tile + tileGap
  const columnOf = ({ x, lane }: Tile): number => Math.round((x - lane * (layout.laneWidth + laneGap)) / pitch)
  let best = first
  for (let step = 1; step < layout.columns; step++) {
    const next = tileAt(layout, first.lane, first.place + step * sought.direction)
    if (!next || next.y !== first.y) break
    if (Math.abs(columnOf(next) - sought.column) < Math.abs(columnOf(best) - sought.column)) best = next
  }
  return best
}
