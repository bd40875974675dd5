/** How analyses draw the shuffled teachers: the Shuffling Vaccine's own parameters, as it has them by default. */
import { integer, number } from '../../../../shared/schema'

export const shuffleFields = {
  shuffledCopies: integer({
    label: 'Shuffled teachers',
    symbol: 'E',
    unit: 'teachers',
    default: 3,
    min: 1,
    max: 32,
    help: 'Copies of the teacher with shuffled channels; their logits are averaged.',
  }),
  shuffledDepth: integer({
    label: 'Shuffled layers',
    default: 5,
    min: 1,
    max: 200,
    help: 'The last so many convolutions whose input channels are permuted.',
  }),
  shuffleSeed: integer({
    label: 'Seed of the permutations',
    default: 0,
    min: 0,
    max: 2_147_483_647,
    help: 'The same seed gives the same shuffled teachers; they are not those that a student was distilled with.',
    advanced: true,
  }),
}

export const penaltyField = number({
  label: 'Coefficient',
  symbol: 'c',
  default: 0.1,
  min: 0,
  max: 1000,
  help: 'Weight of the penalty that each suspected image adds.',
  advanced: true,
})
