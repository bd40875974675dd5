import type { MetricDefinition } from '../../../../../shared/schema'

/** What I-BAU records, as `ibau.<name>`. */
export const adversarialUnlearningMetrics = {
  misled: {
    title: 'I-BAU misled',
    group: 'defense',
    unit: '',
    definition:
      'Cross-entropy of the student’s answers to a clean batch with the perturbation against those without, before the search’s step.',
  },
  outerLoss: {
    title: 'I-BAU outer loss',
    group: 'defense',
    unit: '',
    headline: true,
    definition:
      'Cross-entropy of a clean batch, of which a share carries the perturbation, against its labels, before the update.',
  },
  perturbationNorm: {
    title: 'I-BAU perturbation',
    group: 'defense',
    unit: '',
    definition: 'L2 norm of the perturbation, in intensities of 0 to 1, after the step.',
  },
} satisfies Record<string, MetricDefinition>
