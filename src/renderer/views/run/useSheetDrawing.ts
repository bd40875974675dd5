import { onBeforeUnmount, watch, type Ref } from 'vue'
import type { ImageBatch } from '@shared/domain'
import { toImageColumn } from '../../components/pixels'
import { cornerOf, sheetSize, type TileSheet } from './sheetGeometry'

interface Drawing {
  readonly batch: ImageBatch
  readonly order: readonly number[]
  readonly sheet: TileSheet
}

/**
 * Draws the tiles of a sheet enlarged without smoothing, at most once per animation frame: one canvas takes a fraction
 * of the time that a canvas per image does, and a slider over kept steps draws all of them anew at every step.
 */
export function useSheetDrawing(canvas: Readonly<Ref<HTMLCanvasElement | null>>, drawing: () => Drawing): void {
  /** The images in their own size, one below the other. */
  const source = document.createElement('canvas')
  let sourceOf: ImageBatch | null = null
  let frame = 0

  function keepSource(batch: ImageBatch): boolean {
    if (sourceOf === batch) return true
    const { width, height, count } = batch
    if (source.width !== width) source.width = width
    if (source.height !== height * count) source.height = height * count
    const context = source.getContext('2d')
    context?.putImageData(toImageColumn(batch), 0, 0)
    sourceOf = batch
    return context !== null
  }
  function draw(): void {
    frame = 0
    const { batch, order, sheet } = drawing()
    const element = canvas.value
    const context = element?.getContext('2d')
    if (!element || !context || sheet.side === 0 || !keepSource(batch)) return
    const scale = window.devicePixelRatio || 1
    const { width, height } = sheetSize(order.length, sheet)
    const [across, down] = [Math.ceil(width * scale), Math.ceil(height * scale)]
    if (element.width !== across) element.width = across
    if (element.height !== down) element.height = down
    element.style.width = `${width}px`
    element.style.height = `${height}px`
    context.clearRect(0, 0, across, down)
    context.imageSmoothingEnabled = false
    const side = Math.round(sheet.side * scale)
    for (const [place, index] of order.entries()) {
      const { x, y } = cornerOf(place, sheet)
      const [left, top] = [Math.round(x * scale), Math.round(y * scale)]
      context.drawImage(source, 0, index * batch.height, batch.width, batch.height, left, top, side, side)
    }
  }
  watch(
    drawing,
    () => {
      if (!frame) frame = requestAnimationFrame(draw)
    },
    { immediate: true, flush: 'post' },
  )
  onBeforeUnmount(() => cancelAnimationFrame(frame))
}
