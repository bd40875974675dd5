import type { MetricDefinition } from '../../../../../shared/schema'

/** What Self-Retrospection records, as `sr.<name>`. */
export const selfRetrospectionMetrics = {
  outerLoss: {
    title: 'SR outer loss',
    group: 'defense',
    unit: '',
    headline: true,
    formerly: ['srOuterLoss'],
    definition:
      'Loss of the unlearning, mean over the updates of a pseudo batch: KL(student(x) ‖ student(x + m · p)) over the student batch, p the universal perturbation and m 1 for the images that carry it, before the update; with the consistency update the weighted distillation loss on x + m · p.',
  },
  perturbationNorm: {
    title: 'SR perturbation',
    group: 'defense',
    unit: '',
    formerly: ['srPerturbationNorm'],
    definition: 'L2 norm of the universal perturbation after the inner rounds.',
  },
} satisfies Record<string, MetricDefinition>
