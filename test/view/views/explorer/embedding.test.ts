import { computed, nextTick, ref, shallowRef } from 'vue'
import { describe, expect, it } from 'vitest'
import { chartColors } from '@renderer/charts/colors'
import { colorOf, pointWords, rampColor, wordOf, type Coloring } from '@renderer/views/explorer/embeddingColors'
import { paintPoints, prominence } from '@renderer/views/explorer/embeddingPaint'
import {
  embeddingPoints,
  insideCircle,
  insideLasso,
  nearestIn,
  pixelOf,
  wholeView,
  zoomed,
  type EmbeddingPoints,
} from '@renderer/views/explorer/embeddingPoints'
import { imageKey } from '@renderer/views/explorer/imageKey'
import { imageTableOf } from '@renderer/views/explorer/imageTable'
import { placeColumns } from '@renderer/views/explorer/measuredNumbers'
import { usePlaneView } from '@renderer/views/explorer/usePlaneView'
import type { Lane } from '@renderer/views/explorer/useLanes'

const layout = { height: 2, width: 2, channels: 1 } as const
const laneOf = (runId: string, number: number, x: readonly number[], y: readonly number[]): Lane => {
  const table = imageTableOf([
    { at: 5, count: 2, ...layout },
    { at: 9, count: x.length - 2, ...layout },
  ])
  const columns = new Map([
    [placeColumns[0], Float32Array.from(x)],
    [placeColumns[1], Float32Array.from(y)],
  ])
  return {
    student: { runId } as Lane['student'],
    number,
    table: { ...table, columns },
    remade: 0,
    state: 'ready',
    error: null,
  }
}
const lanes = [laneOf('one', 1, [0, 10, NaN, 5], [0, 10, 3, 5]), laneOf('other', 2, [1, 1, 1], [1, 1, 1])]
const points = embeddingPoints(lanes, 'one')
const size = { width: 120, height: 120 }
const view = wholeView(points, size)
const all = Uint8Array.from({ length: 3 }, () => 1)
const searched = { points, able: all, view, size }

describe('The embedding of kept images', () => {
  it('has a point for every image of the run that has a place', () => {
    expect(points.count).toBe(3)
    expect([...points.keys.subarray(0, 3)]).toEqual([imageKey(1, 5, 0), imageKey(1, 5, 1), imageKey(1, 9, 1)])
    expect([...points.images.subarray(0, 3)]).toEqual([0, 1, 3])
    expect(embeddingPoints(lanes, null).count).toBe(0)
  })

  it('is seen whole with a margin, upwards as the numbers grow', () => {
    expect(pixelOf(points, 0, view, size)).toEqual([10, 110])
    expect(pixelOf(points, 1, view, size)).toEqual([110, 10])
    expect(pixelOf(points, 2, view, size)).toEqual([60, 60])
  })

  it('comes nearer around the pixel under the pointer', () => {
    const nearer = zoomed(view, 2, [110, 10], size)
    expect(pixelOf(points, 1, nearer, size)).toEqual([110, 10])
    expect(pixelOf(points, 0, nearer, size)).toEqual([-90, 210])
  })

  it('is seen whole again when it is the plane of another run, of equally many images', async () => {
    const [runId, shown] = [ref<string | null>('one'), shallowRef(points)]
    const plane = usePlaneView(
      { runId: computed(() => runId.value), points: computed(() => shown.value), able: computed(() => all) },
      ref(size),
    )
    plane.zoom(2)
    shown.value = embeddingPoints(lanes, 'one')
    await nextTick()
    expect(plane.isWhole.value).toBe(false)
    runId.value = 'other'
    shown.value = embeddingPoints(lanes, 'other')
    await nextTick()
    expect(plane.isWhole.value).toBe(true)
  })

  it('gives what a line encloses, of those that pass the filters', () => {
    const corner = [
      [0, 0],
      [120, 0],
      [120, 70],
      [50, 70],
    ] as const
    expect(insideLasso(searched, corner)).toEqual([1, 2])
    expect(insideLasso({ ...searched, able: Uint8Array.from([1, 0, 1]) }, corner)).toEqual([2])
    // A line that crosses itself encloses nothing where it goes round twice the other way.
    const hourglass = [
      [40, 40],
      [80, 40],
      [40, 80],
      [80, 80],
    ] as const
    expect(
      insideLasso(
        searched,
        hourglass.map(([x, y]) => [x, y + 15] as const),
      ),
    ).toEqual([2])
    expect(insideLasso(searched, [[60, 60]])).toEqual([])
  })

  it('gives what lies in a circle, and the nearest', () => {
    expect(insideCircle(searched, { x: 60, y: 60, radius: 5 })).toEqual([2])
    expect(insideCircle(searched, { x: 60, y: 60, radius: 80 })).toEqual([0, 1, 2])
    expect(nearestIn(searched, { x: 100, y: 20, radius: 90 })).toBe(1)
    expect(nearestIn(searched, { x: 0, y: 0, radius: 9 })).toBe(-1)
  })
})

describe('The colours of points', () => {
  const coloring = (kind: Coloring['column']['kind'], isDark = false): Coloring => ({
    column: { id: 'a', title: 'A', kind },
    extent: { from: 0, to: 4 },
    colors: chartColors(isDark),
    isDark,
  })
  it('tell classes apart, also beyond the palette, and leave out what is not known', () => {
    const found = Array.from({ length: 43 }, (_, label) => colorOf(label, coloring('class'))?.join())
    expect(new Set(found).size).toBe(43)
    expect(colorOf(-1, coloring('class'))).toBeNull()
    expect(colorOf(NaN, coloring('number'))).toBeNull()
  })
  it('go from the least to the greatest number', () => {
    expect(colorOf(0, coloring('number'))).toEqual(rampColor(0, false))
    expect(colorOf(4, coloring('number', true))).toEqual(rampColor(1, true))
  })
  it('are drawn where the points lie: faint ones pale, selected ones with a ring above all', () => {
    const three: EmbeddingPoints = points
    const { words, faintWords } = pointWords(Float32Array.from([0, 1, 2]), coloring('class'))
    const pixels = new Uint32Array(120 * 120)
    const levels = Uint8Array.from([prominence.faint, prominence.hidden, prominence.selected])
    const ring = wordOf([0, 0, 0])
    paintPoints(pixels, { points: three, words, faintWords, levels, view, size, scale: 1, ring })
    expect(pixels[110 * 120 + 10]).toBe(faintWords[0])
    expect(pixels[10 * 120 + 110]).toBe(0)
    expect(pixels[60 * 120 + 60]).toBe(words[2])
    expect(pixels).toContain(ring)
  })
})
