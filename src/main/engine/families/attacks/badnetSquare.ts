import { integer } from '../../../../shared/schema'
import { cornerField, placePatch } from './corners'
import { stampTrigger, type StampPixel } from './trigger'
import { defineAttack } from './types'

/**
 * BadNets, square: a patch of one brightness in a corner.
 *
 * x' = (1 − m) ⊙ x + m · v; the same in train and test. Default: the reference's 4×4 white square at rows and columns
 * 27–30 (one pixel off the edge).
 * Images NHWC bytes, grey or RGB, any size that holds the patch.
 * Reference: Gu et al. 2017, arXiv:1708.06733; zskt/datasets/backdoor.py.
 */
export const badnetSquare = defineAttack({
  id: 'badnet_sq',
  title: 'BadNets, square',
  summary: 'A small square of one brightness near a corner replaces the pixels there.',
  reference: {
    citation: 'Gu, Dolan-Gavitt, Garg 2017, BadNets',
    link: 'https://arxiv.org/abs/1708.06733',
    place: 'zskt/datasets/backdoor.py',
  },
  cleanLabel: false,
  params: {
    patchSize: integer({
      label: 'Patch side',
      unit: 'px',
      default: 4,
      min: 1,
      max: 64,
      help: 'Side of the square. 4 is the reference.',
    }),
    corner: cornerField,
    margin: integer({
      label: 'Distance from the edge',
      unit: 'px',
      default: 1,
      min: 0,
      max: 64,
      help: 'Pixels between square and image edge. 1 is the reference.',
    }),
    brightness: integer({
      label: 'Brightness',
      unit: 'grey level',
      default: 255,
      min: 0,
      max: 255,
      help: 'Value of the square in all channels: 255 is white. A value common in the images is harder to learn.',
    }),
  },
  async create({ patchSize, corner, margin, brightness }, context) {
    const { top, left } = placePatch(corner, patchSize, margin, context)
    const stamp: StampPixel[] = []
    for (let place = 0; place < patchSize * patchSize; place++) {
      stamp.push({ row: top + Math.floor(place / patchSize), column: left + (place % patchSize), value: brightness })
    }
    return stampTrigger(stamp, context)
  },
})
