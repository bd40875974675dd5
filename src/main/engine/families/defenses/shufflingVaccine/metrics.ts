import type { MetricDefinition } from '../../../../../shared/schema'

/** What the Shuffling Vaccine records, as `sv.<name>`. */
export const vaccineMetrics = {
  penalty: {
    title: 'SV penalty',
    group: 'defense',
    unit: '',
    formerly: ['svPenalty'],
    definition:
      '−coefficient · Σ(KL·mask)/Σmask over the samples that the shuffled ensemble classifies as the teacher does.',
  },
  maskRate: {
    title: 'SV suspected share',
    group: 'defense',
    unit: '%',
    formerly: ['svMaskRate'],
    definition: 'Share of the pseudo batch whose class under the shuffled ensemble equals the teacher’s.',
  },
  tailRatio: {
    title: 'SV tail ratio',
    group: 'defense',
    unit: '%',
    formerly: ['svTailRatio'],
    definition:
      'Share of pooled samples with log10 KL below mean − 3 standard deviations; the ensemble is accepted above 2 %.',
  },
  coefficient: {
    title: 'SV coefficient',
    group: 'defense',
    unit: '',
    formerly: ['svCoefficient'],
    definition:
      'Weight of the Shuffling Vaccine’s penalty after the step: 0 until the selection test has accepted an ensemble, then the configured value to the end; without a test that value from the first step.',
  },
} satisfies Record<string, MetricDefinition>
