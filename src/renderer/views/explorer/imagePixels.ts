/** Single kept images in their own size, for what looks at a few of them closely. */
import type { EngineApi } from '@shared/contract'
import type { ImageBatch, ImageSource } from '@shared/domain'
import { imageKey, partsOfKey } from './imageKey'
import type { Lane } from './useLanes'
import { picksOf } from './picks'

/** One image, or why there is none. */
export type ImageAnswer =
  { readonly batch: ImageBatch; readonly fault: null } | { readonly batch: null; readonly fault: string }

export interface PixelsAsked {
  readonly lanes: readonly Lane[]
  readonly source: ImageSource
  readonly keys: readonly number[]
  readonly signal?: AbortSignal
  /** So many of them are there. */
  readonly progress?: (done: number) => void
}

/** Images of one question. */
const atOnce = 128
/** No kept image is larger: they come as they are. */
const anySide = 4096

/** The images by their keys; those of lanes that are gone are left out. */
export async function imagePixels(engine: EngineApi, asked: PixelsAsked): Promise<Map<number, ImageAnswer>> {
  const found = new Map<number, ImageAnswer>()
  for (const lane of asked.lanes) {
    let left = asked.keys.filter((key) => partsOfKey(key).lane === lane.number)
    while (left.length > 0) {
      const answers = await someOf(engine, lane, { ...asked, keys: left.slice(0, atOnce) })
      for (const [key, answer] of answers) found.set(key, answer)
      left = left.filter((key) => !found.has(key))
      asked.progress?.(found.size)
    }
  }
  return found
}

/** Those that the engine has read in time, one at least. */
async function someOf(
  engine: EngineApi,
  { number, student: { runId, stageId } }: Lane,
  { keys, source, signal }: PixelsAsked,
): Promise<[number, ImageAnswer][]> {
  const picks = picksOf(keys)
  const { grids } = await engine.call(
    'runs.keptPixels',
    { runId, stageId, source, picks, longestSide: anySide },
    signal,
  )
  return grids.flatMap(({ at, pixels, fault, ...layout }, grid) =>
    (picks[grid]?.indexes ?? []).map((index, place): [number, ImageAnswer] => {
      const key = imageKey(number, at, index)
      if (pixels === null) return [key, { batch: null, fault: fault ?? 'The image cannot be read.' }]
      const size = layout.height * layout.width * layout.channels
      const own = pixels.slice(place * size, (place + 1) * size)
      return [key, { batch: { ...layout, count: 1, pixels: own }, fault: null }]
    }),
  )
}
