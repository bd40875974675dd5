import {
  boolean,
  choice,
  defaultsOf,
  integer,
  memberChoice,
  memberFields,
  number,
  type ParameterSchema,
  type ValuesOf,
} from '../../../shared/schema'
import { adam, optimizerMembers, sgd } from './optimizers'
import { oneCycle, schedules } from './schedules'

/** The teacher offers the schedules that need nothing but their peak and length. */
const freeSchedules = schedules.members.filter(({ params }) => Object.keys(params).length === 0)

/**
 * Teacher training: SGD or Adam with coupled weight decay and a one-cycle, cosine or constant schedule. The published
 * teachers' training is that of the published presets.
 */
export const teacherTrainingSchema = {
  epochs: integer({ label: 'Epochs', default: 8, min: 1, max: 1000, help: 'Passes over the poisoned training set.' }),
  batchSize: integer({
    label: 'Batch size',
    unit: 'images',
    default: 128,
    min: 2,
    max: 4096,
    help: 'Images per step.',
  }),
  keepLastBatch: boolean({
    label: 'Keep the last batch',
    default: true,
    help: 'Train on what is left of an epoch as a smaller batch. Off: it is dropped, as in the published teachers’ training.',
    advanced: true,
  }),
  learningRate: number({
    label: 'Peak learning rate',
    symbol: 'η',
    default: 0.1,
    min: 1e-6,
    max: 10,
    logarithmic: true,
    help: 'Peak of the schedule.',
  }),
  schedule: memberChoice(freeSchedules, {
    label: 'Schedule',
    default: oneCycle.id,
    help: 'How the learning rate moves over the whole training.',
  }),
  scheduleStep: choice({
    label: 'Schedule advances',
    default: 'step',
    help: 'How often the learning rate follows the schedule.',
    advanced: true,
    options: [
      { value: 'step', label: 'Every step' },
      { value: 'epoch', label: 'Every epoch', help: 'As in the published teachers’ training.' },
    ],
  }),
  optimizer: memberChoice(optimizerMembers, {
    label: 'Optimizer',
    default: sgd.id,
    help: 'What turns gradients into updates.',
    advanced: true,
    notes: { [adam.id]: 'As the published GTSRB teachers had it.' },
  }),
  ...memberFields(optimizerMembers, 'optimizer', { weightDecay: { default: 5e-4 } }),
  crop: boolean({
    label: 'Random crop',
    default: true,
    help: 'Pad by 4 pixels (zeros), crop at random. Comes after poisoning, so triggers move and may be cut.',
  }),
  flip: boolean({
    label: 'Random horizontal flip',
    default: true,
    help: 'Mirror half of the images. Switch off for signs whose side matters.',
  }),
  keep: choice({
    label: 'Which weights are kept',
    default: 'last',
    help: 'Whose weights are handed on to the students.',
    advanced: true,
    options: [
      { value: 'last', label: 'Of the last epoch' },
      {
        value: 'bestAccuracy',
        label: 'Of the best epoch',
        help: 'The first epoch of the highest test accuracy, as the published teachers were chosen. It peeks at the test set: that accuracy is flattered.',
      },
    ],
  }),
} satisfies ParameterSchema
export type TeacherTrainingValues = ValuesOf<typeof teacherTrainingSchema>

/** The training with every parameter; runs from before a parameter existed have its default. */
export const completeTraining = (training: Readonly<Record<string, unknown>>): TeacherTrainingValues => ({
  ...defaultsOf(teacherTrainingSchema),
  ...training,
})
