import type { ImagePick } from '@shared/domain'
import { partsOfKey } from './imageKey'

/** Images of one step beside each other, in the order in which their steps come first. */
export function picksOf(keys: readonly number[]): ImagePick[] {
  const picks = new Map<number, number[]>()
  for (const key of keys) {
    const { at, index } = partsOfKey(key)
    const known = picks.get(at)
    if (known) known.push(index)
    else picks.set(at, [index])
  }
  return [...picks].map(([at, indexes]) => ({ at, indexes }))
}
