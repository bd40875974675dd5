/** Attacks that add a picture, clipped: x' = clip(x + t). They differ in the picture and in where it comes from. */
import { readPicture } from './pictures'
import { pixelwise } from './trigger'
import type { AttackContext } from './types'
import type { Trigger } from '../../images/poisoning/trigger'

/**
 * @param picture file or trigger pack; empty takes `draw`'s pattern
 * @param fileName the attack's file in a trigger pack
 */
export async function additiveTrigger(
  picture: string,
  fileName: string,
  context: AttackContext,
  draw: () => Float64Array,
): Promise<Trigger> {
  const { values, notes } =
    picture === '' ? { values: draw(), notes: [] } : await readPicture(picture, [fileName], context)
  return pixelwise(context, (value, place) => value + values[place]!, notes)
}
