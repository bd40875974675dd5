import { onScopeDispose, shallowRef } from 'vue'
import type { ImageBatch, ImageSource } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { imageKey, partsOfKey } from './imageKey'
import { onRemade } from './onRemade'
import { picksOf } from './picks'
import { createThumbnailAtlas, longestThumbnail, type ThumbnailAtlas } from './thumbnailAtlas'
import type { Lane } from './useLanes'

/** Images of one question: 0.8 MB of 32×32×3. */
const askedAtOnce = 256
/** Questions under way together: while one answer is put into memory, the next is read. */
const questions = 2

export interface ThumbnailSource {
  readonly lanes: () => readonly Lane[]
  readonly source: () => ImageSource
  /** Some have come, or could not be read. */
  readonly changed: () => void
}

/**
 * Thumbnails of the lanes, asked for as they come in sight: some hundred of a question, never one alone, and what is no
 * longer wanted when its turn comes is not asked for.
 */
export function useThumbnails({ lanes, source, changed }: ThumbnailSource) {
  const { engine } = useConnection()
  let atlas: ThumbnailAtlas = createThumbnailAtlas(32)
  let wanted: readonly number[] = []
  const underWay = new Set<number>()
  /** Of grids that cannot be read, by the key of their first image: why. */
  const faults = shallowRef<ReadonlyMap<number, string>>(new Map())
  const stopped = new AbortController()
  onScopeDispose(() => stopped.abort())
  let running = 0

  /** The atlas for the images that are shown now. */
  function current(): ThumbnailAtlas {
    const side = Math.max(8, ...lanes().map(({ table }) => Math.max(table.height, table.width)))
    const cell = Math.min(longestThumbnail, side)
    if (cell !== atlas.cell) atlas = createThumbnailAtlas(cell)
    return atlas
  }
  const gridKey = (key: number): number => {
    const { lane, at } = partsOfKey(key)
    return imageKey(lane, at, 0)
  }
  const isMissing = (key: number): boolean => !atlas.has(key) && !underWay.has(key) && !faults.value.has(gridKey(key))

  /** What is in sight or will be soon, the most urgent first. Takes the place of what was wanted before. */
  function want(keys: readonly number[]): void {
    // What is under way needs room as well.
    wanted = keys.slice(0, atlas.capacity - questions * askedAtOnce)
    while (running < questions && wanted.some(isMissing)) void askOn()
  }
  async function askOn(): Promise<void> {
    running++
    try {
      for (let keys = nextKeys(); keys.length > 0 && !stopped.signal.aborted; keys = nextKeys()) await ask(keys)
    } finally {
      running--
    }
  }
  /** Of one lane, that of the most urgent. */
  function nextKeys(): number[] {
    const keys = new Set<number>()
    let lane: number | null = null
    for (const key of wanted) {
      if (keys.size === askedAtOnce) break
      if (!isMissing(key)) continue
      const its = partsOfKey(key).lane
      lane ??= its
      if (its === lane) keys.add(key)
    }
    return [...keys]
  }
  async function ask(keys: readonly number[]): Promise<void> {
    const lane = lanes().find(({ number }) => number === partsOfKey(keys[0] ?? 0).lane)
    if (!lane) {
      wanted = wanted.filter((key) => !keys.includes(key))
      return
    }
    for (const key of keys) underWay.add(key)
    const picks = picksOf(keys)
    const into = atlas
    try {
      const { runId, stageId } = lane.student
      const { grids } = await engine.call(
        'runs.keptPixels',
        { runId, stageId, source: source(), picks, longestSide: longestThumbnail },
        stopped.signal,
      )
      for (const [place, { pixels, fault, at, ...layout }] of grids.entries()) {
        const indexes = picks[place]?.indexes ?? []
        if (pixels === null) addFault(imageKey(lane.number, at, 0), fault ?? '')
        else
          putAll(
            into,
            { ...layout, count: indexes.length, pixels },
            indexes.map((index) => imageKey(lane.number, at, index)),
          )
      }
    } catch (error) {
      if (!stopped.signal.aborted)
        for (const { at } of picks) addFault(imageKey(lane.number, at, 0), error instanceof Error ? error.message : '')
    } finally {
      for (const key of keys) underWay.delete(key)
      if (!stopped.signal.aborted) changed()
    }
  }
  function addFault(key: number, why: string): void {
    faults.value = new Map(faults.value).set(key, why)
  }
  // An answer that is under way goes into the atlas that was.
  onRemade(lanes, () => {
    atlas = createThumbnailAtlas(atlas.cell)
    retry()
  })
  /** Asks again for what could not be read. */
  function retry(): void {
    faults.value = new Map()
    changed()
  }
  const faultOf = (key: number): string | undefined => faults.value.get(gridKey(key))
  return { current, want, faults, faultOf, retry }
}
function putAll(into: ThumbnailAtlas, batch: ImageBatch, keys: readonly number[]): void {
  keys.forEach((key, index) => into.put(key, batch, index))
}
export type Thumbnails = ReturnType<typeof useThumbnails>
