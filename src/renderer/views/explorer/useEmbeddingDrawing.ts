import { computed, onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import { useTheme } from '../../composables/useTheme'
import { rgbOf, wordOf } from './embeddingColors'
import { paintPoints } from './embeddingPaint'
import type { Circle, PlaneSize } from './embeddingPoints'
import type { Embedding } from './useEmbedding'
import { usePlaneView, type Pixel } from './usePlaneView'

export interface EmbeddingWindow {
  /** Of the points. */
  readonly canvas: Readonly<Ref<HTMLCanvasElement | null>>
  /** Above it: what is drawn while somebody chooses. */
  readonly overlay: Readonly<Ref<HTMLCanvasElement | null>>
  readonly width: Readonly<Ref<number>>
  readonly height: Readonly<Ref<number>>
}

/** Draws the plane, at most once per animation frame; the points alone when something of them has changed. */
export function useEmbeddingDrawing(window_: EmbeddingWindow, embedding: Embedding) {
  const { colors } = useTheme()
  const size = computed(() => ({ width: window_.width.value, height: window_.height.value }))
  const { view, ...plane } = usePlaneView(embedding, size)
  const line = shallowRef<readonly Pixel[]>([])
  const circle = ref<Circle | null>(null)

  let frame = 0
  const stale = { points: true }
  function draw(): void {
    frame = 0
    if (size.value.width === 0 || size.value.height === 0) return
    const scale = window.devicePixelRatio || 1
    if (stale.points) drawPoints(scale)
    const above = contextOf(window_.overlay.value, size.value, scale)
    if (above) drawChoice(above, { line: line.value, circle: circle.value, ink: colors.value.accent, scale })
  }
  let picture: ImageData | null = null
  function drawPoints(scale: number): void {
    const context = contextOf(window_.canvas.value, size.value, scale)
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
  return { ...plane, size, line, circle }
}
export type EmbeddingDrawing = ReturnType<typeof useEmbeddingDrawing>

/** Of a canvas as large as the plot. */
function contextOf(
  element: HTMLCanvasElement | null,
  { width, height }: PlaneSize,
  scale: number,
): CanvasRenderingContext2D | null {
  if (!element) return null
  const [across, down] = [Math.round(width * scale), Math.round(height * scale)]
  if (element.width !== across) element.width = across
  if (element.height !== down) element.height = down
  return element.getContext('2d')
}

interface Choice {
  readonly line: readonly Pixel[]
  readonly circle: Circle | null
  readonly ink: string
  readonly scale: number
}

function drawChoice(context: CanvasRenderingContext2D, { line, circle, ink, scale }: Choice): void {
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, context.canvas.width, context.canvas.height)
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.beginPath()
  for (const [x, y] of line) context.lineTo(x, y)
  if (circle) context.arc(circle.x, circle.y, circle.radius, 0, 2 * Math.PI)
  context.closePath()
  context.globalAlpha = 0.12
  context.fillStyle = ink
  context.fill()
  context.globalAlpha = 1
  context.strokeStyle = ink
  context.lineWidth = 1.5
  context.stroke()
}
