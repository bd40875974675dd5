import { defineSchedule, type Schedule } from './types'

/** The same value at every step. */
export const constantSchedule =
  (value: number): Schedule =>
  () =>
    value

export const constant = defineSchedule({
  id: 'constant',
  title: 'Constant',
  summary: 'The same rate throughout.',
  reference: { citation: 'torch.optim.lr_scheduler.ConstantLR' },
  params: {},
  create: (_values, { peak }) => constantSchedule(peak),
})
