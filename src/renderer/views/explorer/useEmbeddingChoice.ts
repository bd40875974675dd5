import { computed, type Ref } from 'vue'
import { insideCircle, insideLasso, nearestIn, type Circle } from './embeddingPoints'
import type { Embedding } from './useEmbedding'
import type { EmbeddingDrawing } from './useEmbeddingDrawing'
import { keyName } from './useGridKeys'
import type { Pixel } from './usePlaneView'

/** A pointer that moved less has clicked. */
const clickReach = 4
/** So far from a point it may have clicked. */
const clickRadius = 10
/** Between two places of the lasso's line. */
const lineStep = 3
const keySteps = { normal: 12, fine: 2 }
const radii = { least: 4, first: 28, growth: 1.25 }

const directions: Readonly<Record<string, Pixel>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

type GoTo = (place: { at: number; key: number }) => void

/** Choosing in the plane, by pointer and by keyboard. */
export function useEmbeddingChoice(embedding: Embedding, drawing: EmbeddingDrawing, goTo: GoTo) {
  const { circle, searched } = drawing
  const within = computed(() => (circle.value ? insideCircle(searched.value, circle.value) : []))
  function visit(place: Circle): void {
    const point = nearestIn(searched.value, place)
    if (point >= 0) goTo(embedding.placeOf(point))
  }
  const parts = { embedding, drawing, visit }
  return { within, ...pointerChoice(parts), ...keyChoice({ ...parts, within }) }
}

interface ChoiceParts {
  readonly embedding: Embedding
  readonly drawing: EmbeddingDrawing
  readonly visit: (place: Circle) => void
}

/** A line around points selects them, with Shift also; a click goes to the nearest image; the wheel zooms. */
function pointerChoice({ embedding, drawing, visit }: ChoiceParts) {
  const { line, circle, searched } = drawing
  const at = (event: MouseEvent): Pixel => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  function down(event: PointerEvent): void {
    if (event.button !== 0) return
    ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
    circle.value = null
    line.value = [at(event)]
  }
  function move(event: PointerEvent): void {
    const last = line.value.at(-1)
    if (!last) return
    const [x, y] = at(event)
    if (Math.hypot(x - last[0], y - last[1]) >= lineStep) line.value = [...line.value, [x, y]]
  }
  function up(event: PointerEvent): void {
    const drawn = line.value
    line.value = []
    const [first] = drawn
    if (!first) return
    const reach = Math.max(...drawn.map(([x, y]) => Math.hypot(x - first[0], y - first[1])))
    if (reach < clickReach) visit({ x: first[0], y: first[1], radius: clickRadius })
    else embedding.select(insideLasso(searched.value, drawn), event.shiftKey)
  }
  const cancel = (): void => {
    line.value = []
  }
  function wheel(event: WheelEvent): void {
    drawing.zoom(Math.exp(-event.deltaY / 400), at(event))
  }
  return { down, move, up, cancel, wheel }
}

/**
 * Arrows move a circle (with Shift in small steps), plus and minus change its size, Space selects what lies in it, Ctrl
 * and Space adds it, Enter goes to the nearest image, Escape ends it.
 */
function keyChoice({ embedding, drawing, visit, within }: ChoiceParts & { within: Readonly<Ref<number[]>> }) {
  const { line, circle, size } = drawing
  const current = (): Circle =>
    circle.value ?? { x: size.value.width / 2, y: size.value.height / 2, radius: radii.first }
  function moveCircle([right, under]: Pixel, by: number): void {
    const { width, height } = size.value
    const from = current()
    const [x, y] = [from.x + right * by, from.y + under * by]
    const [kept, keptY] = [Math.min(width, Math.max(0, x)), Math.min(height, Math.max(0, y))]
    // At the edge the plane goes on below it.
    drawing.pan(x - kept, y - keptY)
    circle.value = { ...from, x: kept, y: keptY }
  }
  function resize(factor: number): void {
    const from = current()
    const most = Math.max(size.value.width, size.value.height)
    circle.value = { ...from, radius: Math.min(most, Math.max(radii.least, from.radius * factor)) }
  }
  function key(event: KeyboardEvent): void {
    // The browser's own: a larger page, the address before.
    if (event.altKey || (keyName(event).startsWith('Ctrl') && event.key !== ' ')) return
    const direction = directions[event.key]
    if (direction) moveCircle(direction, event.shiftKey ? keySteps.fine : keySteps.normal)
    else if (event.key === '+' || event.key === '=') resize(radii.growth)
    else if (event.key === '-') resize(1 / radii.growth)
    else if (event.key === ' ' && circle.value) embedding.select(within.value, keyName(event).startsWith('Ctrl'))
    else if (event.key === 'Enter' && circle.value) visit(circle.value)
    else if (event.key === 'Escape' && (circle.value || line.value.length > 0)) {
      circle.value = null
      line.value = []
    } else return
    event.preventDefault()
  }
  return { key }
}
