import { integer, memberChoice, memberFields, number, type ValuesOf } from '../../../../../shared/schema'
import { optimizerMembers, sgd } from '../../optimizers'

export const finePruningParameters = {
  ratio: number({
    label: 'Channels cut off',
    unit: 'of the last ones',
    default: 0.3,
    min: 0,
    max: 0.95,
    step: 0.05,
    help: 'Share of the units before the last linear layer that are cut off, the least active on synthetic images first: int(C · share) of C. 0 fine-tunes alone.',
  }),
  batches: integer({
    label: 'Synthetic images',
    unit: 'pseudo batches',
    default: 8,
    min: 1,
    max: 10_000,
    help: 'Further pseudo batches on which activity is measured and the student fine-tuned. They are part of every checkpoint.',
  }),
  steps: integer({
    label: 'Fine-tuning steps',
    default: 200,
    min: 0,
    max: 1_000_000,
    help: 'Updates after the cut, on these batches in turn.',
  }),
  temperature: number({
    label: 'Temperature',
    symbol: 'T',
    default: 1,
    min: 0.01,
    max: 1000,
    advanced: true,
    help: 'T in T² · KL(teacher/T ‖ student/T) of the fine-tuning.',
  }),
  optimizer: memberChoice(optimizerMembers, {
    label: 'Optimizer',
    default: sgd.id,
    help: 'Of the fine-tuning.',
  }),
  ...memberFields(optimizerMembers, 'optimizer'),
  learningRate: number({
    label: 'Learning rate',
    symbol: 'η',
    default: 0.01,
    min: 1e-7,
    max: 1,
    logarithmic: true,
    help: 'Of the fine-tuning; cosine to 0.',
  }),
}
export type FinePruningParameters = ValuesOf<typeof finePruningParameters>
