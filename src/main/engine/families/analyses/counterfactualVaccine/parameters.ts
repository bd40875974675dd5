import { integer, integerList, type ValuesOf } from '../../../../../shared/schema'
import { penaltyCoefficient } from '../../shuffledTeachers'
import { shuffleFields } from '../shuffleFields'

export const params = {
  layerCounts: integerList({
    label: 'Numbers of shuffled layers',
    default: [1, 2, 3, 5, 8],
    min: 1,
    max: 200,
    maxLength: 40,
    help: 'Each is tried, and today’s; more than the teacher has convolutions is all of them.',
  }),
  memberCounts: integerList({
    label: 'Numbers of shuffled teachers',
    default: [1, 3],
    min: 1,
    max: 32,
    maxLength: 8,
    help: 'Each is tried, and today’s: the first so many of the largest number.',
  }),
  drawCount: integer({
    label: 'Draws',
    default: 3,
    min: 1,
    max: 50,
    help: 'How often the permutations are drawn anew for each number of layers; the first has today’s seed.',
  }),
  testLimit: integer({
    label: 'Test images, at most',
    default: 200,
    min: 10,
    max: 100_000,
    help: 'Clean test images, and as many with the trigger but for those of the target class.',
  }),
  imageLimit: integer({
    label: 'Synthetic images, at most',
    default: 200,
    min: 0,
    max: 100_000,
    help: 'Kept images of the student, from the step that was asked for backwards; 0: test images alone.',
  }),
  ...shuffleFields,
  penaltyCoefficient: penaltyCoefficient({ help: 'Today’s weight of the penalty.' }),
}
export type Params = ValuesOf<typeof params>

export interface Choices {
  readonly layerCounts: number[]
  readonly memberCounts: number[]
  readonly seeds: number[]
  readonly today: { readonly layers: number; readonly members: number; readonly seed: number }
}

const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((left, right) => left - right)

/** What is tried; today’s is among it. @param layers that the teacher has to shuffle */
export function choicesOf(values: Params, layers: number): Choices {
  const today = {
    layers: Math.min(layers, values.shuffledDepth),
    members: values.shuffledCopies,
    seed: values.shuffleSeed,
  }
  return {
    layerCounts: ascending([...values.layerCounts.map((count) => Math.min(layers, count)), today.layers]),
    memberCounts: ascending([...values.memberCounts, today.members]),
    seeds: Array.from({ length: values.drawCount }, (_, draw) => today.seed + draw),
    today,
  }
}
