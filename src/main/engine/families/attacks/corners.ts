/** Where square patches go. */
import { ExhaustiveError, RefusedInputError } from '../../../../shared/errors'
import { choice } from '../../../../shared/schema'
import type { AttackContext } from './types'

export type Corner = 'bottomRight' | 'bottomLeft' | 'topRight' | 'topLeft'

export const cornerField = choice<Corner>({
  label: 'Corner',
  default: 'bottomRight',
  help: 'Where the patch sits. Random crop and flip move it in training, never in the test.',
  options: [
    { value: 'bottomRight', label: 'Bottom right' },
    { value: 'bottomLeft', label: 'Bottom left' },
    { value: 'topRight', label: 'Top right' },
    { value: 'topLeft', label: 'Top left' },
  ],
})

/**
 * Top-left pixel of a square patch of `side` pixels, `margin` pixels away from both edges of the corner.
 * @throws RefusedInputError when the images are too small for it
 */
export function placePatch(
  corner: Corner,
  side: number,
  margin: number,
  context: AttackContext,
): { top: number; left: number } {
  const needed = side + margin
  if (needed > context.height || needed > context.width) {
    throw new RefusedInputError('The patch does not fit into the images.', {
      wanted: `images of at least ${needed}×${needed} pixels (side ${side}, margin ${margin})`,
      got: `${context.width}×${context.height}`,
      where: 'attack',
      action: 'Make the patch or its margin smaller.',
    })
  }
  const low = margin
  const bottom = context.height - needed
  const right = context.width - needed
  switch (corner) {
    case 'bottomRight':
      return { top: bottom, left: right }
    case 'bottomLeft':
      return { top: bottom, left: low }
    case 'topRight':
      return { top: low, left: right }
    case 'topLeft':
      return { top: low, left: low }
    default:
      throw new ExhaustiveError(corner)
  }
}
