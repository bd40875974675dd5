import { computed, onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import { useTheme } from '../../composables/useTheme'
import { rgbOf, wordOf } from './embeddingColors'
import { paintPoints } from './embeddingPaint'
import { wholeView, zoomed, type Circle, type PlaneView, type Searched } from './embeddingPoints'
import type { Embedding } from './useEmbedding'

export interface EmbeddingWindow {
  /** Of the points. */
  readonly canvas: Readonly<Ref<HTMLCanvasElement | null>>
  /** Above it: what is drawn while somebody chooses. */
  readonly overlay: Readonly<Ref<HTMLCanvasElement | null>>
  readonly width: Readonly<Ref<number>>
  readonly height: Readonly<Ref<number>>
}

export type Pixel = readonly [number, number]

/** Draws the plane, at most once per animation frame; the points alone when something of them has changed. */
export function useEmbeddingDrawing(window_: EmbeddingWindow, embedding: Embedding) {
  const { colors } = useTheme()
  const size = computed(() => ({ width: window_.width.value, height: window_.height.value }))
  const moved = shallowRef<PlaneView | null>(null)
  const whole = computed(() => wholeView(embedding.points.value, size.value))
  const view = computed(() => moved.value ?? whole.value)
  watch(embedding.points, (now, before) => {
    if (now.count !== before.count) moved.value = null
  })
  const searched = computed<Searched>(() => ({
    points: embedding.points.value,
    able: embedding.able.value,
    view: view.value,
    size: size.value,
  }))
  /** Whole again where one would see less than everything in the middle. */
  function zoom(factor: number, at: Pixel = [size.value.width / 2, size.value.height / 2]): void {
    const next = zoomed(view.value, factor, at, size.value)
    moved.value = next.unit >= whole.value.unit ? null : next
  }
  function pan(right: number, down: number): void {
    if (!moved.value) return
    const { x, y, unit } = moved.value
    moved.value = { x: x + right * unit, y: y - down * unit, unit }
  }

  const line = shallowRef<readonly Pixel[]>([])
  const circle = ref<Circle | null>(null)

  let frame = 0
  const stale = { points: true }
  function fit(element: HTMLCanvasElement, scale: number): CanvasRenderingContext2D | null {
    const [across, down] = [Math.round(size.value.width * scale), Math.round(size.value.height * scale)]
    if (element.width !== across) element.width = across
    if (element.height !== down) element.height = down
    return element.getContext('2d')
  }
  function draw(): void {
    frame = 0
    if (size.value.width === 0 || size.value.height === 0) return
    const scale = window.devicePixelRatio || 1
    if (stale.points) drawPoints(scale)
    drawChoice(scale)
  }
  let picture: ImageData | null = null
  function drawPoints(scale: number): void {
    const element = window_.canvas.value
    const context = element && fit(element, scale)
    if (!context) return
    stale.points = false
    const { width, height } = context.canvas
    if (picture?.width !== width || picture.height !== height) picture = context.createImageData(width, height)
    paintPoints(new Uint32Array(picture.data.buffer), {
      ...embedding.words.value,
      points: embedding.points.value,
      levels: embedding.levels.value,
      view: view.value,
      size: size.value,
      scale,
      ring: wordOf(rgbOf(colors.value.text)),
    })
    context.putImageData(picture, 0, 0)
  }
  function drawChoice(scale: number): void {
    const element = window_.overlay.value
    const context = element && fit(element, scale)
    if (!context) return
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, element.width, element.height)
    context.setTransform(scale, 0, 0, scale, 0, 0)
    context.strokeStyle = colors.value.accent
    context.lineWidth = 1.5
    context.beginPath()
    for (const [x, y] of line.value) context.lineTo(x, y)
    if (circle.value) context.arc(circle.value.x, circle.value.y, circle.value.radius, 0, 2 * Math.PI)
    context.closePath()
    context.globalAlpha = 0.12
    context.fillStyle = colors.value.accent
    context.fill()
    context.globalAlpha = 1
    context.stroke()
  }
  function request(): void {
    if (!frame) frame = requestAnimationFrame(draw)
  }
  watch(
    () => [embedding.words.value, embedding.levels.value, view.value, size.value, colors.value],
    () => {
      stale.points = true
      request()
    },
    { immediate: true, flush: 'post' },
  )
  watch([line, circle], request)
  onBeforeUnmount(() => cancelAnimationFrame(frame))
  return {
    searched,
    size,
    zoom,
    pan,
    isWhole: computed(() => moved.value === null),
    line,
    circle,
    reset: () => (moved.value = null),
  }
}
export type EmbeddingDrawing = ReturnType<typeof useEmbeddingDrawing>
