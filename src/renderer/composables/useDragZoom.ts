import { onBeforeUnmount, ref, watch, type Ref, type ShallowRef } from 'vue'
import type { ECharts } from '../charts/echarts'

const smallestDrag = 6

/** Dragging across a chart zooms to that range of steps; a double click shows everything again. */
export function useDragZoom(chart: ShallowRef<ECharts | null>, zoomTo: (range: [number, number] | null) => void) {
  /** Selection in pixels from the left of the chart while dragging. */
  const selection = ref<{ left: number; width: number } | null>(null)
  let start: number | null = null

  const stepAt = (chartNow: ECharts, x: number): number => Number(chartNow.convertFromPixel({ xAxisIndex: 0 }, x))
  function bind(current: ECharts): void {
    const surface = current.getZr()
    surface.on('mousedown', (event) => {
      start = event.offsetX
    })
    surface.on('mousemove', (event) => {
      if (start === null) return
      selection.value = { left: Math.min(start, event.offsetX), width: Math.abs(event.offsetX - start) }
    })
    surface.on('dblclick', () => zoomTo(null))
  }
  function finish(): void {
    const current = chart.value
    if (start !== null && selection.value && selection.value.width >= smallestDrag && current) {
      const { left, width } = selection.value
      const from = stepAt(current, left)
      const to = stepAt(current, left + width)
      if (to - from >= 1) zoomTo([Math.max(0, from), to])
    }
    start = null
    selection.value = null
  }
  watch(chart, (current) => current && bind(current))
  window.addEventListener('mouseup', finish)
  onBeforeUnmount(() => window.removeEventListener('mouseup', finish))
  return { selection: selection as Readonly<Ref<{ left: number; width: number } | null>> }
}
