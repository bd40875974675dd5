import { defineDefense } from '../types'
import { adversarialUnlearningMetrics } from './metrics'
import { adversarialUnlearningParameters } from './parameters'
import { createAdversarialUnlearning } from './work'

/**
 * I-BAU: on clean images the finished student looks for the perturbation that changes its answers most, and unlearns
 * it. Privileged: it is given clean images with their labels, which a data-free defender does not have.
 * p* = argmin_p −CE(f(x + p), ŷ) + λ‖p‖², ŷ the student's own answers, one SGD step per batch from 0;
 * θ ← θ − opt(d/dθ CE(f(x + m · p*(θ)), y)) by K fixed-point steps, batch by batch; so in each round.
 * Reference: Zeng et al. 2022, algorithm 1; its code, defense.py, whose values are the defaults: all passes in
 * evaluation mode, no projection of p, the first batch in the implicit gradient's inner problem.
 * Differs from the reference: p is added to intensities before they are normalised (its networks take them as they
 * are); the clean images are of the training set's hold-out, not of the test set, and ten times fewer; a last batch
 * that is not full is left out; at least one image of a batch carries p; all K steps are done, however little v moves.
 */
export const adversarialUnlearning = defineDefense({
  id: 'ibau',
  title: 'I-BAU',
  summary:
    'With clean images at hand the finished student looks for the perturbation that misleads it, and unlearns it.',
  reference: {
    citation: 'Zeng et al. 2022, Adversarial unlearning of backdoors via implicit hypergradient',
    link: 'https://arxiv.org/abs/2110.03735',
    place: 'Algorithm 1; YiZeng623/I-BAU defense.py',
  },
  privileged: true,
  params: adversarialUnlearningParameters,
  metrics: adversarialUnlearningMetrics,
  afterwards({ rounds, images, batchSize, iterations }) {
    const unlearned = rounds * images
    return {
      steps: 2 * rounds * Math.max(1, Math.floor(images / batchSize)),
      pseudoBatches: 0,
      // Forward and back to the image for p; the outer loss both ways; a derivative of a derivative as four passes.
      studentForwards: unlearned * (3 + 3 + 4 * iterations),
      teacherForwards: 0,
      // A derivative of a derivative keeps what both were made from.
      heldStudentImages: 8 * Math.min(images, batchSize),
    }
  },
  create: (values, context) => ({
    id: 'ibau',
    afterDistillation: (distillation) => createAdversarialUnlearning(values, context, distillation),
  }),
})
