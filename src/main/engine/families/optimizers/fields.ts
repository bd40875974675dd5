import { number } from '../../../../shared/schema'

/** λ, coupled: λθ is added to the gradient. */
export const weightDecay = number({
  label: 'Weight decay',
  default: 0,
  min: 0,
  max: 1,
  help: 'Coupled: added to the gradient.',
  advanced: true,
})
