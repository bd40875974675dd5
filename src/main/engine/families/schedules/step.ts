import { integerList } from '../../../../shared/schema'
import { defineSchedule, type Schedule } from './types'

/** peak · gammaᵏ with k the number of milestones reached: torch MultiStepLR. */
export const stepSchedule =
  (peak: number, milestones: readonly number[], gamma = 0.1): Schedule =>
  (step) =>
    peak * gamma ** milestones.filter((milestone) => step >= milestone).length

const halving = 0.5

export const step = defineSchedule({
  id: 'step',
  title: 'In steps',
  summary: 'Halves at milestones.',
  reference: { citation: 'torch.optim.lr_scheduler.MultiStepLR' },
  params: {
    milestones: integerList({
      label: 'Milestones',
      unit: 'epochs',
      default: [150, 300, 600],
      min: 1,
      max: 100_000,
      maxLength: 20,
      help: 'Epochs after which the learning rate is halved.',
    }),
  },
  create: ({ milestones }, { peak }) => stepSchedule(peak, milestones, halving),
})
