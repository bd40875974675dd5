/**
 * Kept images of a stage many at a time: what is known of thousands, and the pixels of some from any grids. A view of
 * tens of thousands of thumbnails asks for those in sight, which an order by confidence takes from all grids.
 */
import { statSync } from 'node:fs'
import type { GridPixels, ImagePick, ImageSource, KeptGrid, KeptGrids } from '../../../../shared/domain'
import { describeError } from '../../../../shared/errors'
import { decodeGrid, type GridLayout } from '../../images/imageGrid'
import { shrunk } from '../../images/shrunk'
import { letOthersWork } from '../../images/yielding'
import type { ImagesTable } from './images'
import type { PoolTable } from './pool'

/** Grids of one answer: reading what the models say of so many takes about 10 ms. */
const gridsAtOnce = 128
/** Decoded grids that stay in memory, of all stages together; one that is larger stays alone. */
const mostBytes = 32 * 1024 * 1024
/** An answer ends after so long; its last grids may come later. */
const answerMilliseconds = 40
/** Grids that are decoded at the same time, in other threads. */
const atOnce = 4

export interface KeptOfStage {
  readonly place: string
  readonly source: ImageSource
}

export interface PixelsAsked {
  readonly picks: readonly ImagePick[]
  readonly longestSide: number
  readonly signal?: AbortSignal | undefined
}

export interface KeptImages {
  grids(of: KeptOfStage, from: number): KeptGrids
  /** See the call `runs.keptPixels`. A grid that cannot be read says why and spoils no other. */
  pixels(of: KeptOfStage, asked: PixelsAsked): Promise<GridPixels[]>
}

/** The grids that were decoded last, by their files and when they were written: a resumed run writes them again. */
function createDecodedGrids() {
  const grids = new Map<string, Uint8Array>()
  let bytes = 0
  return async (file: string, layout: GridLayout): Promise<Uint8Array> => {
    const written = `${file} ${statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0}`
    const known = grids.get(written)
    const pixels = known ?? (await decodeGrid(file, layout))
    if (!grids.delete(written)) bytes += pixels.byteLength
    grids.set(written, pixels)
    for (const [oldest, { byteLength }] of grids) {
      if (bytes <= mostBytes || oldest === written) break
      grids.delete(oldest)
      bytes -= byteLength
    }
    return pixels
  }
}

export function createKeptImages(images: ImagesTable, pool: PoolTable): KeptImages {
  const decoded = createDecodedGrids()
  const listed = ({ place, source }: KeptOfStage, from: number): KeptGrid[] =>
    source === 'steps'
      ? images
          .labelsFrom(place, from, gridsAtOnce)
          .map(({ step, variation: _, ...labels }) => ({ at: step, ...labels }))
      : pool.layoutsFrom(place, from, gridsAtOnce).map(({ call, ...layout }) => ({ at: call, ...layout }))

  async function read({ place, source }: KeptOfStage, pick: ImagePick, longestSide: number): Promise<GridPixels> {
    const { at } = pick
    try {
      const { file, layout } = (source === 'steps' ? images : pool).gridOf(place, at)
      const picked = pickedOf(await decoded(file, layout), layout, pick.indexes)
      const { height, width, channels, pixels } = shrunk({ ...layout, ...picked }, longestSide)
      return { at, height, width, channels, pixels, fault: null }
    } catch (error) {
      return { at, height: 0, width: 0, channels: 3, pixels: null, fault: describeError(error) }
    }
  }
  return {
    grids(of, from) {
      const grids = listed(of, from)
      const last = grids.at(-1)
      return { grids, next: last === undefined || grids.length < gridsAtOnce ? null : last.at + 1 }
    },
    async pixels(of, { picks, longestSide, signal }) {
      const started = performance.now()
      const found: GridPixels[] = []
      while (found.length < picks.length && (found.length === 0 || performance.now() - started < answerMilliseconds)) {
        const some = picks.slice(found.length, found.length + atOnce)
        found.push(...(await Promise.all(some.map((pick) => read(of, pick, longestSide)))))
        await letOthersWork()
        signal?.throwIfAborted()
      }
      return found
    },
  }
}

/** @throws RangeError when an image is asked for that the grid does not have */
function pickedOf(all: Uint8Array, { count, ...layout }: GridLayout, indexes: readonly number[]) {
  const size = layout.height * layout.width * layout.channels
  const pixels = new Uint8Array(indexes.length * size)
  indexes.forEach((index, place) => {
    if (index >= count) throw new RangeError(`There is no image ${index + 1} among the ${count} of this grid.`)
    pixels.set(all.subarray(index * size, (index + 1) * size), place * size)
  })
  return { count: indexes.length, pixels }
}
