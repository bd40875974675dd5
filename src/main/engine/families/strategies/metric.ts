/** What a search makes as high as it can. */
import type { Evaluation } from '../../../../shared/domain'
import { choice, integer } from '../../../../shared/schema'

const metrics = [
  {
    value: 'accuracyMinusAsr',
    label: 'Accuracy − ASR',
    help: 'Clean accuracy minus attack success rate of the student.',
    of: ({ accuracy, asr }: Evaluation) => accuracy - (asr ?? 0),
  },
  { value: 'accuracy', label: 'Accuracy', help: 'On clean test images.', of: ({ accuracy }: Evaluation) => accuracy },
  {
    value: 'lowAsr',
    label: 'Low ASR',
    help: 'One minus the attack success rate.',
    of: ({ asr }: Evaluation) => (asr === null ? null : 1 - asr),
  },
  {
    value: 'robustAccuracy',
    label: 'Robust accuracy',
    help: 'Share of triggered non-target test images that keep their true label.',
    of: ({ robustAccuracy }: Evaluation) => robustAccuracy,
  },
] as const

/** The metric by its name, higher is better; null where it was not measured. */
export const valueOf = (evaluation: Evaluation, metric: string): number | null =>
  metrics.find(({ value }) => value === metric)?.of(evaluation) ?? null

/** Parameters that every strategy has that searches. */
export const searchParameters = {
  metric: choice({
    label: 'Metric',
    default: 'accuracyMinusAsr',
    options: metrics.map(({ value, label, help }) => ({ value, label, help })),
    help: 'What is made as high as it can be; of several seeds their mean.',
  }),
  trials: integer({
    label: 'Trials',
    default: 20,
    min: 1,
    max: 10_000,
    help: 'How many combinations are tried. With an axis of seeds, each of them with every seed.',
  }),
  seed: integer({
    label: 'Seed of the search',
    default: 0,
    min: 0,
    max: 2 ** 31 - 1,
    help: 'Of the draws alone; the seed of the runs is an axis or the base’s.',
  }),
  atOnce: integer({
    label: 'Trials at once',
    default: 0,
    min: 0,
    max: 1000,
    help: '0: as many as the executor has places, at most 16. More at once search with less knowledge.',
  }),
}
