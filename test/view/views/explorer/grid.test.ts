import { describe, expect, it } from 'vitest'
import {
  blockHead,
  gridLayout,
  laneGap,
  tileAt,
  tileBeside,
  tileGap,
  tilesBetween,
  tileUnder,
  type LaneImages,
  type Tile,
} from '@renderer/views/explorer/gridLayout'
import { movedBy } from '@renderer/views/explorer/useGridKeys'

/** A lane with so many images of each step. */
const laneOf = (counts: Readonly<Record<number, number>>): LaneImages => {
  const steps = Object.entries(counts).flatMap(([at, count]) => Array.from({ length: count }, () => Number(at)))
  return { order: Int32Array.from(steps, (_, image) => image), atOf: (image) => steps[image] ?? 0 }
}
const tile = 30
const pitch = tile + tileGap
/** Two lanes of three columns. */
const width = 2 * (3 * pitch - tileGap) + laneGap
const visited = (layout: ReturnType<typeof gridLayout>, from: number, to: number): Tile[] => {
  const tiles: Tile[] = []
  tilesBetween(layout, from, to, (one) => tiles.push(one))
  return tiles
}

describe('The grid of images', () => {
  const lanes = [laneOf({ 10: 4, 20: 2, 30: 3 }), laneOf({ 10: 1, 30: 7 })]
  const layout = gridLayout({ width, tile, lanes, byStep: true })

  it('puts what belongs to one step at one height in all lanes', () => {
    expect(layout.columns).toBe(3)
    expect(layout.blocks.map(({ at, rows }) => [at, rows])).toEqual([
      [10, 2],
      [20, 1],
      [30, 3],
    ])
    expect(tileAt(layout, 0, 6)).toMatchObject({ x: 0, y: tileAt(layout, 1, 1)?.y })
    expect(layout.height).toBe(3 * blockHead + 6 * pitch)
  })

  it('visits the tiles in sight alone, however many there are', () => {
    const many = [laneOf(Object.fromEntries(Array.from({ length: 2000 }, (_, step) => [step, 20])))]
    const large = gridLayout({ width: 640, tile, lanes: many, byStep: true })
    const middle = large.height / 2
    const tiles = visited(large, middle, middle + 300)
    expect(tiles.length).toBeGreaterThan(50)
    expect(tiles.length).toBeLessThanOrEqual(large.columns * (Math.ceil(300 / pitch) + 1))
    expect(tiles.every(({ y }) => y + tile > middle - pitch && y < middle + 300)).toBe(true)
  })

  it('visits each image once, and finds each one under a point on it', () => {
    const tiles = visited(layout, 0, layout.height)
    expect(tiles.map(({ lane, place }) => `${lane}/${place}`).sort()).toEqual(
      [
        ...Array.from({ length: 9 }, (_, place) => `0/${place}`),
        ...Array.from({ length: 8 }, (_, place) => `1/${place}`),
      ].sort(),
    )
    for (const one of tiles) {
      expect(tileAt(layout, one.lane, one.place)).toEqual(one)
      expect(tileUnder(layout, one.x + tile - 1, one.y + 1)).toEqual(one)
    }
    expect(tileUnder(layout, tile + 1, blockHead + 1)).toBeNull()
    expect(tileAt(layout, 0, 9)).toBeNull()
    expect(tileAt(layout, 0, -1)).toBeNull()
  })

  it('keeps one column where a tile is wider than its lane', () => {
    expect(gridLayout({ width: 100, tile: 160, lanes, byStep: false })).toMatchObject({ columns: 1, laneWidth: 160 })
  })

  const at = (lane: number, place: number): Tile => tileAt(layout, lane, place) ?? expect.fail('no such tile')
  const counts = [9, 8]
  const move = (key: string, from: Tile) => {
    const to = movedBy(key, { layout, active: from, counts, height: 10 * pitch })
    return to && [to.lane, to.place]
  }

  it('goes up and down in the column where there is one, over the edges of steps', () => {
    expect(tileBeside(layout, at(0, 1), 1)).toMatchObject({ place: 3 })
    expect(move('ArrowDown', at(0, 3))).toEqual([0, 4])
    expect(move('ArrowUp', at(0, 8))).toEqual([0, 5])
    expect(move('ArrowDown', at(1, 0))).toEqual([1, 1])
    expect(move('ArrowUp', at(0, 0))).toBeNull()
    expect(move('ArrowDown', at(0, 8))).toBeNull()
  })

  it('goes along the images of a student, and with Ctrl to the student beside it', () => {
    expect(move('ArrowRight', at(0, 2))).toEqual([0, 3])
    expect(move('ArrowRight', at(0, 8))).toBeNull()
    expect(move('ArrowLeft', at(0, 0))).toBeNull()
    expect(move('Ctrl+ArrowRight', at(0, 8))).toEqual([1, 7])
    expect(move('Ctrl+ArrowLeft', at(0, 8))).toBeNull()
    expect(move('Home', at(0, 5))).toEqual([0, 0])
    expect(move('End', at(1, 0))).toEqual([1, 7])
    expect(move('PageDown', at(0, 0))).toEqual([0, 6])
    expect(move('PageUp', at(0, 6))).toEqual([0, 0])
  })
})
