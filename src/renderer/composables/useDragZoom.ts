import { onBeforeUnmount, ref, watch, type Ref, type ShallowRef } from 'vue'
import type { ECharts } from '../charts/echarts'

const smallestDrag = 6

interface Place {
  readonly x: number
  readonly y: number
}

/**
 * Dragging across a chart zooms to that part of its x axis; a double click shows everything again. Charts of several
 * panels have one axis: any of them is dragged across.
 * @param smallest how much of the axis is the least to zoom to
 */
export function useDragZoom(
  chart: ShallowRef<ECharts | null>,
  zoomTo: (range: [number, number] | null) => void,
  { smallest = () => 1 }: { smallest?: () => number } = {},
) {
  /** Selection in pixels from the left of the chart while dragging. */
  const selection = ref<{ left: number; width: number } | null>(null)
  let start: Place | null = null

  function bind(current: ECharts): void {
    const surface = current.getZr()
    surface.on('mousedown', ({ offsetX, offsetY }) => {
      start = { x: offsetX, y: offsetY }
    })
    surface.on('mousemove', ({ offsetX }) => {
      if (start === null) return
      selection.value = { left: Math.min(start.x, offsetX), width: Math.abs(offsetX - start.x) }
    })
    surface.on('dblclick', () => zoomTo(null))
  }
  function finish(): void {
    const current = chart.value
    if (start !== null && selection.value && selection.value.width >= smallestDrag && current) {
      const { left, width } = selection.value
      const panel = panelAt(current, start)
      const at = (x: number): number => Number(current.convertFromPixel({ xAxisIndex: panel }, x))
      const [from, to] = [at(left), at(left + width)]
      if (to - from >= smallest() && to > from) zoomTo([Math.max(0, from), to])
    }
    start = null
    selection.value = null
  }
  watch(chart, (current) => current && bind(current))
  window.addEventListener('mouseup', finish)
  onBeforeUnmount(() => window.removeEventListener('mouseup', finish))
  return { selection: selection as Readonly<Ref<{ left: number; width: number } | null>> }
}

/** The panel in which a drag began; the first one where it began beside all of them. */
function panelAt(chart: ECharts, { x, y }: Place): number {
  const { grid } = chart.getOption() as { grid?: unknown[] }
  const inside = (grid ?? []).findIndex((_, index) => chart.containPixel({ gridIndex: index }, [x, y]))
  return Math.max(0, inside)
}
