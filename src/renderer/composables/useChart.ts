import { onBeforeUnmount, onMounted, shallowRef, watch, type Ref } from 'vue'
import { init, type ECharts, type EChartsCoreOption } from '../charts/echarts'

/**
 * An ECharts instance on an element: follows its size, redraws at most once per animation frame, ends with the
 * component. Without an option it draws nothing.
 */
export function useChart(
  element: Readonly<Ref<HTMLElement | null>>,
  option: (width: number, height: number) => EChartsCoreOption | null,
) {
  const chart = shallowRef<ECharts | null>(null)
  const size = shallowRef({ width: 0, height: 0 })
  let latest: EChartsCoreOption | null = null
  let frame = 0
  let observer: ResizeObserver | null = null

  function redraw(): void {
    if (frame) return
    frame = requestAnimationFrame(() => {
      frame = 0
      if (latest) chart.value?.setOption(latest, { notMerge: true })
    })
  }
  onMounted(() => {
    const box = element.value
    if (!box) return
    observer = new ResizeObserver(() => {
      // A folded or hidden panel has no size; drawing waits until it has one.
      if (box.clientWidth === 0 || box.clientHeight === 0) return
      if (!chart.value) chart.value = init(box, null, { renderer: 'canvas' })
      else chart.value.resize()
      size.value = { width: box.clientWidth, height: box.clientHeight }
      redraw()
    })
    observer.observe(box)
  })
  watch(
    () => option(size.value.width, size.value.height),
    (built) => {
      latest = built
      redraw()
    },
    { immediate: true },
  )
  onBeforeUnmount(() => {
    cancelAnimationFrame(frame)
    observer?.disconnect()
    chart.value?.dispose()
  })
  return { chart }
}
