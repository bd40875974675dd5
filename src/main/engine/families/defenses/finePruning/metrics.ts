import type { MetricDefinition } from '../../../../../shared/schema'

/** What fine-pruning records, as `fp.<name>`. */
export const finePruningMetrics = {
  pruned: {
    title: 'FP channels cut off',
    group: 'defense',
    unit: '%',
    definition: 'Share of the units before the student’s last linear layer that are cut off.',
  },
  agreement: {
    title: 'FP agreement',
    group: 'defense',
    unit: '%',
    headline: true,
    definition:
      'Share of the synthetic images that student and teacher give the same class, after the step: while channels are cut off of all of them, while it is fine-tuned of the step’s own.',
  },
  loss: {
    title: 'FP loss',
    group: 'defense',
    unit: '',
    definition: 'T² · KL(teacher/T ‖ student/T) per image of the fine-tuning, before the update.',
  },
} satisfies Record<string, MetricDefinition>
