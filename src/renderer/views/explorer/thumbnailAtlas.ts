/** Thumbnails in memory: canvases of equal cells, bounded together, drawn from without smoothing. */
import type { ImageBatch } from '@shared/domain'
import { toImageData } from '../../components/pixels'
import { createAtlasSlots } from './atlasSlots'

/** Of all canvases together: 24,576 thumbnails of 32×32, 6,144 of 64×64. */
export const atlasBytes = 96 * 1024 * 1024
/** Larger images come shrunk. */
export const longestThumbnail = 64
/** A canvas that is written to is copied before it is next drawn from, so it is small: 1 MB of 32×32. */
const cellsAcross = 16
const cellsOfPage = cellsAcross * cellsAcross

export interface ThumbnailAtlas {
  readonly cell: number
  /** Thumbnails that it holds at most. */
  readonly capacity: number
  has(key: number): boolean
  /** false where no room was left beside what is in sight. */
  put(key: number, batch: ImageBatch, index: number): boolean
  /** Draws a thumbnail as a square; false where it is not there. */
  draw(context: CanvasRenderingContext2D, key: number, place: { x: number; y: number; side: number }): boolean
  nextFrame(): void
}

/** @param cell side of the largest thumbnail */
export function createThumbnailAtlas(cell: number): ThumbnailAtlas {
  const pages: (CanvasRenderingContext2D | null)[] = []
  const capacity = Math.max(1, Math.floor(atlasBytes / (cellsOfPage * cell * cell * 4))) * cellsOfPage
  const slots = createAtlasSlots(capacity)
  const sizes = new Uint8Array(2 * capacity)
  function pageOf(slot: number): CanvasRenderingContext2D | null {
    const number = Math.floor(slot / cellsOfPage)
    const known = pages[number]
    if (known !== undefined) return known
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = cellsAcross * cell
    return (pages[number] = canvas.getContext('2d'))
  }
  const cornerOf = (slot: number): readonly [number, number] => {
    const within = slot % cellsOfPage
    return [(within % cellsAcross) * cell, Math.floor(within / cellsAcross) * cell]
  }
  return {
    cell,
    capacity,
    has: slots.has,
    nextFrame: slots.nextFrame,
    put(key, batch, index) {
      const slot = slots.take(key)
      if (slot < 0) return false
      sizes[2 * slot] = batch.width
      sizes[2 * slot + 1] = batch.height
      pageOf(slot)?.putImageData(toImageData(batch, index), ...cornerOf(slot))
      return true
    },
    draw(context, key, { x, y, side }) {
      const slot = slots.seen(key)
      const page = slot < 0 ? null : pageOf(slot)
      if (!page) return false
      const [left, top] = cornerOf(slot)
      const [width, height] = [sizes[2 * slot] ?? cell, sizes[2 * slot + 1] ?? cell]
      const scale = side / Math.max(width, height)
      const [across, down] = [Math.round(width * scale), Math.round(height * scale)]
      context.drawImage(page.canvas, left, top, width, height, x, y, across, down)
      return true
    },
  }
}
