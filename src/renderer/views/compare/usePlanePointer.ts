import { onBeforeUnmount, ref, shallowRef, watch, type ShallowRef } from 'vue'
import type { ECharts } from '../../charts/echarts'
import { plotOf } from '../../charts/plane/planeOption'
import {
  fromPixels,
  nearestPoint,
  wholePlane,
  type PlanePoints,
  type PlaneRange,
  type PlotBox,
} from '../../charts/plane/points'

const reach = 12
const smallestDrag = 6
const wheelFactor = 1.25
/** Of the whole range: closer there is nothing to see. */
const closest = 0.0005

export interface PlanePointerOptions {
  readonly chart: ShallowRef<ECharts | null>
  /** What is in sight. */
  readonly range: ShallowRef<PlaneRange>
  readonly points: () => PlanePoints
  readonly isShown: (condition: number) => boolean
  readonly choose: (index: number) => void
}

export interface Rectangle {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Pointer and wheel over the plane: what lies under it, and what is in sight. */
export function usePlanePointer({ chart, range, points, isShown, choose }: PlanePointerOptions) {
  const hovered = ref(-1)
  const frame = shallowRef<Rectangle | null>(null)
  let start: readonly [number, number] | null = null

  const plot = (): PlotBox => plotOf({ width: chart.value?.getWidth() ?? 0, height: chart.value?.getHeight() ?? 0 })
  const zoom = zoomOf(range, plot)
  const under = (left: number, top: number): number =>
    nearestPoint(points(), { range: range.value, plot: plot(), left, top, reach }, isShown)

  /** A click follows the end of a drag. */
  let dragged = false
  function finish(): void {
    const drawn = frame.value
    dragged = isDrag(drawn)
    if (start && drawn && dragged) zoom.to(drawn)
    start = null
    frame.value = null
  }
  function bind(current: ECharts): void {
    const surface = current.getZr()
    surface.on('mousedown', ({ offsetX, offsetY }) => {
      start = [offsetX, offsetY]
    })
    surface.on('mousemove', ({ offsetX, offsetY }) => {
      if (start) frame.value = rectangleOf(start, [offsetX, offsetY])
      hovered.value = start && isDrag(frame.value) ? -1 : under(offsetX, offsetY)
      surface.setCursorStyle(hovered.value >= 0 ? 'pointer' : 'crosshair')
    })
    surface.on('globalout', () => {
      hovered.value = -1
    })
    surface.on('dblclick', zoom.reset)
    surface.on('mousewheel', (event) => {
      const { offsetX, offsetY, wheelDelta } = event as unknown as Wheel
      event.event.preventDefault()
      zoom.around([offsetX, offsetY], wheelFactor ** -Math.sign(wheelDelta))
    })
    surface.on('click', ({ offsetX, offsetY }) => {
      const index = under(offsetX, offsetY)
      if (index >= 0 && !dragged) choose(index)
    })
  }
  watch(chart, (current) => current && bind(current))
  watch(points, () => {
    hovered.value = -1
  })
  window.addEventListener('mouseup', finish)
  onBeforeUnmount(() => window.removeEventListener('mouseup', finish))
  return { hovered, frame, plot, zoom }
}

interface Wheel {
  readonly offsetX: number
  readonly offsetY: number
  readonly wheelDelta: number
}

/** Ways to see another part of the plane. Places are pixels. */
function zoomOf(range: ShallowRef<PlaneRange>, plot: () => PlotBox) {
  function to({ left, top, width, height }: Rectangle): void {
    const low = fromPixels(range.value, plot(), left, top + height)
    const high = fromPixels(range.value, plot(), left + width, top)
    range.value = { x: within(low[0], high[0]), y: within(low[1], high[1]) }
  }
  /** @param factor below 1: closer */
  function around([left, top]: readonly [number, number], factor: number): void {
    const [accuracy, asr] = fromPixels(range.value, plot(), left, top)
    const scaled = ([low, high]: readonly [number, number], at: number): readonly [number, number] =>
      within(at - (at - low) * factor, at + (high - at) * factor)
    range.value = { x: scaled(range.value.x, accuracy), y: scaled(range.value.y, asr) }
  }
  function by(factor: number): void {
    const { left, top, width, height } = plot()
    around([left + width / 2, top + height / 2], factor)
  }
  function reset(): void {
    range.value = wholePlane
  }
  return { to, around, by, reset }
}

const rectangleOf = (from: readonly [number, number], to: readonly [number, number]): Rectangle => ({
  left: Math.min(from[0], to[0]),
  top: Math.min(from[1], to[1]),
  width: Math.abs(to[0] - from[0]),
  height: Math.abs(to[1] - from[1]),
})
const isDrag = (drawn: Rectangle | null): boolean =>
  drawn !== null && drawn.width >= smallestDrag && drawn.height >= smallestDrag

/** Inside 0 … 1, and not closer than what can be told apart. */
function within(low: number, high: number): readonly [number, number] {
  const width = Math.min(1, Math.max(closest, high - low))
  const middle = Math.min(1 - width / 2, Math.max(width / 2, (low + high) / 2))
  return [Math.max(0, middle - width / 2), Math.min(1, middle + width / 2)]
}
