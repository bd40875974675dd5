import { onBeforeUnmount, watch, type Ref } from 'vue'
import { useTheme } from '../../composables/useTheme'
import { grouped } from '../../format/numbers'
import { blockBelow, blockHead, tilesBetween, type GridLayout, type Tile } from './gridLayout'
import type { Thumbnails } from './useThumbnails'

export interface GridDrawing {
  readonly layout: GridLayout
  /** Key of the image on a tile. */
  readonly keyOf: (tile: Tile) => number
  /** Of the same image: whether a defense suspects it. */
  readonly isSuspected: (tile: Tile) => boolean
  readonly selected: ReadonlySet<number>
  /** What is likely to be looked at next, beside what lies above and below. */
  readonly ahead: () => readonly number[]
  /** Of a step: "Pseudo batch". */
  readonly stepTitle: string
}

export interface GridWindow {
  readonly canvas: Readonly<Ref<HTMLCanvasElement | null>>
  readonly scroller: Readonly<Ref<HTMLElement | null>>
  /** Of the scroller's inside. */
  readonly width: Readonly<Ref<number>>
  readonly height: Readonly<Ref<number>>
}

/**
 * Draws the tiles in sight onto a canvas as large as the window, at most once per animation frame: the time of a frame
 * follows from what is in sight, not from the number of images.
 */
export function useGridDrawing(window_: GridWindow, thumbnails: Thumbnails, drawing: () => GridDrawing) {
  const { isDark, colors } = useTheme()
  let frame = 0

  function fit(element: HTMLCanvasElement, scale: number): void {
    const [across, down] = [Math.round(window_.width.value * scale), Math.round(window_.height.value * scale)]
    if (element.width !== across) element.width = across
    if (element.height !== down) element.height = down
    element.style.width = `${window_.width.value}px`
    element.style.height = `${window_.height.value}px`
  }
  function draw(): void {
    frame = 0
    const element = window_.canvas.value
    const context = element?.getContext('2d')
    if (!element || !context || window_.width.value === 0) return
    const scale = window.devicePixelRatio || 1
    const top = window_.scroller.value?.scrollTop ?? 0
    fit(element, scale)
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.clearRect(0, 0, element.width, element.height)
    context.imageSmoothingEnabled = false
    const now = drawing()
    const painter = createTilePainter(context, { scale, top, now, thumbnails, inks: inksOf() })
    drawHeads(context, { scale, top, now, bottom: top + window_.height.value, ink: colors.value.muted })
    const inSight: number[] = []
    tilesBetween(now.layout, top, top + window_.height.value, (tile) => inSight.push(painter(tile)))
    thumbnails.want([...inSight, ...beyond(now, top), ...now.ahead()])
  }
  /** A screen below and half a one above. */
  function beyond({ layout, keyOf }: GridDrawing, top: number): number[] {
    const keys: number[] = []
    const height = window_.height.value
    tilesBetween(layout, top + height, top + 2 * height, (tile) => keys.push(keyOf(tile)))
    tilesBetween(layout, Math.max(0, top - height / 2), top, (tile) => keys.push(keyOf(tile)))
    return keys
  }
  const inksOf = (): Inks => ({
    empty: isDark.value ? '#0d1117' : '#e9edf1',
    fault: isDark.value ? '#f49595' : '#a92b2b',
    selected: colors.value.accent,
    around: colors.value.panel,
  })
  function request(): void {
    if (!frame) frame = requestAnimationFrame(draw)
  }
  watch(() => [drawing(), window_.width.value, window_.height.value, colors.value], request, {
    immediate: true,
    flush: 'post',
  })
  onBeforeUnmount(() => cancelAnimationFrame(frame))
  return { request }
}

interface Inks {
  readonly empty: string
  readonly fault: string
  readonly selected: string
  readonly around: string
}
interface Painting {
  readonly scale: number
  readonly top: number
  readonly now: GridDrawing
  readonly thumbnails: Thumbnails
  readonly inks: Inks
}

/** Draws a tile and tells the key of its image. */
function createTilePainter(context: CanvasRenderingContext2D, { scale, top, now, thumbnails, inks }: Painting) {
  const { layout, keyOf, isSuspected, selected } = now
  const side = Math.round(layout.tile * scale)
  const atlas = thumbnails.current()
  atlas.nextFrame()
  return (tile: Tile): number => {
    const key = keyOf(tile)
    const [x, y] = [Math.round(tile.x * scale), Math.round((tile.y - top) * scale)]
    if (!atlas.draw(context, key, { x, y, side })) {
      context.fillStyle = inks.empty
      context.fillRect(x, y, side, side)
      if (thumbnails.faultOf(key) !== undefined) drawCross(context, { x, y, side, ink: inks.fault, scale })
    }
    if (isSuspected(tile)) drawCorner(context, { x, y, side, scale })
    if (selected.has(key)) drawFrame(context, { x, y, side, scale, inks })
    return key
  }
}

interface Place {
  readonly x: number
  readonly y: number
  readonly side: number
  readonly scale: number
}

function drawCross(context: CanvasRenderingContext2D, { x, y, side, scale, ink }: Place & { ink: string }): void {
  const inset = side * 0.32
  context.strokeStyle = ink
  context.lineWidth = 1.5 * scale
  context.beginPath()
  context.moveTo(x + inset, y + inset)
  context.lineTo(x + side - inset, y + side - inset)
  context.moveTo(x + side - inset, y + inset)
  context.lineTo(x + inset, y + side - inset)
  context.stroke()
}

/** The mark of what a defense suspects, as everywhere else: a corner. */
function drawCorner(context: CanvasRenderingContext2D, { x, y, side, scale }: Place): void {
  const size = Math.min(10 * scale, side / 3)
  context.fillStyle = '#ffb020'
  context.strokeStyle = 'rgba(0, 0, 0, 0.6)'
  context.lineWidth = scale
  context.beginPath()
  context.moveTo(x + side, y)
  context.lineTo(x + side, y + size)
  context.lineTo(x + side - size, y)
  context.closePath()
  context.fill()
  context.stroke()
}

function drawFrame(context: CanvasRenderingContext2D, { x, y, side, scale, inks }: Place & { inks: Inks }): void {
  const width = Math.max(2, Math.round(2.5 * scale))
  context.lineWidth = width
  context.strokeStyle = inks.selected
  context.strokeRect(x + width / 2, y + width / 2, side - width, side - width)
  context.lineWidth = Math.max(1, scale)
  context.strokeStyle = inks.around
  context.strokeRect(x + width + 0.5, y + width + 0.5, side - 2 * width - 1, side - 2 * width - 1)
}

interface Heads {
  readonly scale: number
  readonly top: number
  readonly bottom: number
  readonly now: GridDrawing
  readonly ink: string
}

/** "Pseudo batch 1 200" above the tiles of each step. */
function drawHeads(context: CanvasRenderingContext2D, { scale, top, bottom, now, ink }: Heads): void {
  const { layout, stepTitle } = now
  if (layout.head === 0) return
  context.fillStyle = ink
  context.font = `${12 * scale}px 'Inter Variable', system-ui, sans-serif`
  context.textBaseline = 'middle'
  for (let index = blockBelow(layout, top); index < layout.blocks.length; index++) {
    const block = layout.blocks[index]
    if (!block || block.at === null || block.top >= bottom) return
    context.fillText(`${stepTitle} ${grouped(block.at)}`, 0, (block.top + blockHead / 2 + 1 - top) * scale)
  }
}
