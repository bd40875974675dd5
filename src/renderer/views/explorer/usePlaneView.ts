import { computed, shallowRef, watch, type Ref } from 'vue'
import { wholeView, zoomed, type PlaneSize, type PlaneView, type Searched } from './embeddingPoints'
import type { Embedding } from './useEmbedding'

export type Pixel = readonly [number, number]
type PlacedPoints = Pick<Embedding, 'points' | 'able' | 'runId'>

/** What of the plane is in sight: everything, until somebody comes nearer. */
export function usePlaneView(embedding: PlacedPoints, size: Readonly<Ref<PlaneSize>>) {
  const moved = shallowRef<PlaneView | null>(null)
  const whole = computed(() => wholeView(embedding.points.value, size.value))
  const view = computed(() => moved.value ?? whole.value)
  // Runs of one configuration keep equally many images, in planes that have nothing to do with each other.
  watch([embedding.runId, () => embedding.points.value.count], () => (moved.value = null))
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
  return { view, searched, zoom, pan, isWhole: computed(() => moved.value === null), reset: () => (moved.value = null) }
}
