import { integer } from '../../../../shared/schema'
import { cornerField, placePatch } from './corners'
import { gridPatch } from './grid'
import { stampTrigger } from './trigger'
import { defineAttack } from './types'

/**
 * BadNets, grid: a chequered patch in a corner.
 *
 * x' = (1 − m) ⊙ x + m ⊙ t, m the patch, t ∈ {0, 255}; the same in train and test. Default: the reference's 3×3 at rows
 * and columns 29–31.
 * Images NHWC bytes, grey or RGB, any size that holds the patch.
 * Reference: Gu et al. 2017, arXiv:1708.06733; zskt/datasets/backdoor.py. Differs from the reference only when a
 * parameter is changed:
 * other corners hold the same patch translated, neither mirrored nor rotated.
 */
export const badnetGrid = defineAttack({
  id: 'badnet_grid',
  title: 'BadNets, grid',
  summary: 'A small black and white chequered patch in a corner replaces the pixels there.',
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
      default: 3,
      min: 1,
      max: 64,
      help: 'Side of the square patch. 3 is the reference; larger patches are learnt faster and survive cropping better.',
    }),
    corner: cornerField,
    margin: integer({
      label: 'Distance from the edge',
      unit: 'px',
      default: 0,
      min: 0,
      max: 64,
      help: 'Pixels between patch and image edge. A few pixels keep random crops from cutting the patch off.',
      advanced: true,
    }),
  },
  async create({ patchSize, corner, margin }, context) {
    const { top, left } = placePatch(corner, patchSize, margin, context)
    return stampTrigger(gridPatch(patchSize, top, left), context)
  },
})
