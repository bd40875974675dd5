/** The chequered patch of BadNets, shared by badnet_grid and cl. */
import type { StampPixel } from './trigger'

const white = 255
const black = 0

/**
 * A patch of alternating black and white pixels, white at its lower right, whose upper left pixel is black whatever the
 * alternation says:
 * the reference's 3×3 is [0 0 255 | 0 255 0 | 255 0 255], not a full chequerboard.
 */
export function gridPatch(side: number, top: number, left: number): StampPixel[] {
  const stamp: StampPixel[] = []
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const upperLeft = side > 1 && row === 0 && column === 0
      const even = (side - 1 - row + side - 1 - column) % 2 === 0
      stamp.push({ row: top + row, column: left + column, value: even && !upperLeft ? white : black })
    }
  }
  return stamp
}
