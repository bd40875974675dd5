import type { RecordLayout } from '../../../../src/main/engine/families/datasets/cifar/records'

/** Of CIFAR-10 and CIFAR-100. */
export const layouts: readonly RecordLayout[] = [
  { labels: [{ key: 'labels', classes: 10 }], labelAt: 0 },
  {
    labels: [
      { key: 'coarse_labels', classes: 20 },
      { key: 'fine_labels', classes: 100 },
    ],
    labelAt: 1,
  },
]
