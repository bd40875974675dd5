import { nextTick, shallowRef } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'
import type { ECharts } from '@renderer/charts/echarts'
import { useDragZoom } from '@renderer/composables/useDragZoom'
import { createBench, type Bench } from '../fakeConnection'

let bench: Bench
afterEach(() => bench.dispose())

/** A chart of ten steps a pixel, whose surface a test touches. */
async function zoomableChart() {
  bench = createBench()
  const handlers = new Map<string, (event: { offsetX: number }) => void>()
  const chart = {
    getZr: () => ({ on: (name: string, handler: (event: { offsetX: number }) => void) => handlers.set(name, handler) }),
    getOption: () => ({ grid: [{}] }),
    containPixel: () => true,
    convertFromPixel: (_axis: unknown, x: number) => (x - 10) * 10,
  } as unknown as ECharts
  const shown = shallowRef<ECharts | null>(null)
  const ranges: ([number, number] | null)[] = []
  const { result, unmount } = bench.mount(() => useDragZoom(shown, (range) => ranges.push(range)))
  shown.value = chart
  await nextTick()
  const touch = (name: string, offsetX: number): void => handlers.get(name)?.({ offsetX })
  const release = (): boolean => window.dispatchEvent(new Event('mouseup'))
  return { ranges, touch, release, unmount, selection: result.selection }
}

describe('useDragZoom', () => {
  it('zooms to the steps between where the mouse went down and came up, in either direction', async () => {
    const { ranges, touch, release, selection } = await zoomableChart()
    touch('mousedown', 40)
    touch('mousemove', 30)
    expect(selection.value).toEqual({ left: 30, width: 10 })
    release()
    expect(ranges).toEqual([[200, 300]])
    expect(selection.value).toBeNull()
  })

  it('begins at step 0 at the earliest', async () => {
    const { ranges, touch, release } = await zoomableChart()
    touch('mousedown', 0)
    touch('mousemove', 20)
    release()
    expect(ranges).toEqual([[0, 100]])
  })

  it('takes a click and a tremble for no drag, and moving without a button neither', async () => {
    const { ranges, touch, release, selection } = await zoomableChart()
    touch('mousemove', 90)
    expect(selection.value).toBeNull()
    touch('mousedown', 40)
    touch('mousemove', 43)
    release()
    expect(ranges).toEqual([])
  })

  it('shows everything again on a double click', async () => {
    const { ranges, touch } = await zoomableChart()
    touch('dblclick', 40)
    expect(ranges).toEqual([null])
  })

  it('listens no more once its chart is gone', async () => {
    const { ranges, touch, release, unmount } = await zoomableChart()
    touch('mousedown', 40)
    touch('mousemove', 60)
    unmount()
    release()
    expect(ranges).toEqual([])
  })
})
