import type { ImageSet } from '../types'
import { selectImages, sliceImages } from '../imageSets'
import type { LintInput } from './lint'
import type { Trigger, TriggerVariant } from './trigger'

type Sample = Pick<LintInput, 'images' | 'indices' | 'known'>

/** The set on which a trigger that knows images by their places can be tried. */
export const knownVariant = (trained: boolean): TriggerVariant => (trained ? 'train' : 'test')

/** The first images on which a trigger can be tried: of training, but of a trigger from files those that it knows. */
export async function sampleImages(
  sets: Readonly<Record<TriggerVariant, ImageSet>>,
  trigger: Trigger,
  { trained, count }: { readonly trained: boolean; readonly count: number },
): Promise<Sample> {
  if (!trigger.known) return { images: sliceImages(sets.train, 0, count) }
  const known = knownVariant(trained)
  const indices = (trigger.known.places[known] ?? new Int32Array(0)).slice(0, count)
  await trigger.known.prepare(known, indices)
  return { images: selectImages(sets[known], indices), indices, known }
}
