/** How analyses draw shuffled teachers: as defenses do, from a seed of their own. */
import { integer } from '../../../../shared/schema'
import { shuffledTeacherFields } from '../shuffledTeachers'

export const shuffleFields = {
  shuffledCopies: shuffledTeacherFields.members,
  shuffledDepth: shuffledTeacherFields.layers,
  shuffleSeed: integer({
    label: 'Seed of the permutations',
    default: 0,
    min: 0,
    max: 2_147_483_647,
    help: 'The same seed gives the same shuffled teachers; they are not those that a student was distilled with.',
    advanced: true,
  }),
}
