/** How shuffled teachers are drawn and what their suspicion weighs: for the defense with them, and for analyses. */
import { integer, number } from '../../../shared/schema'

export const shuffledTeacherFields = {
  members: integer({
    label: 'Shuffled teachers',
    symbol: 'E',
    unit: 'teachers',
    default: 3,
    min: 1,
    max: 32,
    help: 'Copies of the teacher with shuffled channels; their logits are averaged.',
  }),
  layers: integer({
    label: 'Shuffled layers',
    default: 5,
    min: 1,
    max: 200,
    help: 'The last so many convolutions whose input channels are permuted.',
  }),
}

/** @param words what it weighs where it is asked for */
export const penaltyCoefficient = (words: { readonly help: string; readonly advanced?: boolean }) =>
  number({ label: 'Coefficient', symbol: 'c', default: 0.1, min: 0, max: 1000, ...words })
