import { defineDefense } from '../types'
import { finePruningMetrics } from './metrics'
import { finePruningParameters } from './parameters'
import { createFinePruning } from './work'

/**
 * Fine-pruning without data: of the finished student's last channels those that rest while it looks at synthetic
 * images are cut off, least active first, and what is left is fine-tuned on the same images.
 * activity_c = mean |a_c(x)|, a the units that the last linear layer reads; the ⌊ratio · C⌋ least active are cut off
 * one by one; then θ ← θ − opt(∇ T² · KL(T(x)/T ‖ S(x)/T)), the cut ones kept at 0.
 * Reference: Liu et al. 2018, § 4: prune the last convolution's least active channels, then fine-tune.
 * Differs from the paper: synthetic images stand for the clean validation images, and the poisoned teacher's answers
 * for their labels; how many are cut off is declared, where the paper goes on until the accuracy on clean images falls
 * by 4 %, which nobody without data can see (`agreement` says what the cut costs instead); they are cut off between the
 * last activations and the last linear layer, which in networks that average over positions is the last convolution's
 * output, and in others the last hidden layer; fine-tuning goes by steps instead of epochs.
 */
export const finePruning = defineDefense({
  id: 'fp',
  title: 'Fine-pruning (data-free)',
  short: 'FP',
  summary:
    'Channels of the finished student that synthetic images leave at rest are cut off, and the rest is fine-tuned on them.',
  reference: {
    citation: 'Liu et al. 2018, Fine-pruning: defending against backdooring attacks on deep neural networks',
    link: 'https://arxiv.org/abs/1805.12185',
    place: '§ 4',
  },
  params: finePruningParameters,
  metrics: finePruningMetrics,
  // A backward pass that trains costs as two forward ones.
  afterwards: ({ batches, steps }, pseudoBatch) => ({
    steps: batches + steps,
    pseudoBatches: batches,
    studentForwards: (batches + 3 * steps) * pseudoBatch,
    teacherForwards: 0,
    heldStudentImages: pseudoBatch,
  }),
  create: (values) => ({
    id: 'fp',
    afterDistillation: (distillation) => createFinePruning(values, distillation),
  }),
})
