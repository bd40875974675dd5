import { z } from 'zod'
import type { MetricDefinition } from '../../../../shared/schema'
import { defineAnalysis } from './types'

const artifact = z.object({
  /** Clean test images of each class. */
  images: z.array(z.number().int().min(0)),
  /** confusion[true][predicted], counts. */
  confusion: z.array(z.array(z.number().int().min(0))),
  /** Share of each class that is classified as itself; 0 for a class without images. */
  accuracy: z.array(z.number().min(0).max(1)),
})
export type ClassesArtifact = z.infer<typeof artifact>

/**
 * Confusion matrix of the clean test images and accuracy by class.
 * n(i, j): images of class i that are classified as class j; accuracy of class i = n(i, i) / images of class i. An
 * image without a finite logit stands in no column, and counts as wrong.
 * Shapes: labels and predictions [N], int32, −1 for no class; confusion [C][C].
 */
export function confusionOf(classes: number, labels: Int32Array, predicted: Int32Array): ClassesArtifact {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  const images = new Array<number>(classes).fill(0)
  labels.forEach((label, index) => {
    const row = confusion[label]
    const prediction = predicted[index] ?? -1
    images[label] = (images[label] ?? 0) + 1
    if (row && prediction >= 0) row[prediction] = (row[prediction] ?? 0) + 1
  })
  const accuracy = confusion.map((row, label) => (row[label] ?? 0) / Math.max(1, images[label] ?? 0))
  return { images, confusion, accuracy }
}

interface FormerEvaluation {
  confusion?: number[][]
  perClassAccuracy?: number[]
}

const metrics = {
  accuracy: {
    title: 'Accuracy by class',
    group: 'quality',
    unit: '%',
    definition:
      'Of the clean test images of class i, the share classified as class i: n(i, i) / Σⱼ n(i, j), n(i, j) being the images of class i classified as class j. The mean over all images is the accuracy.',
  },
  confusion: {
    title: 'Confusion matrix',
    group: 'quality',
    unit: '',
    definition:
      'n(i, j): number of clean test images of class i (row) that are classified as class j (column). Colour: √ of the share n(i, j) / Σₖ n(i, k) of the row.',
  },
  mistakeShare: {
    title: 'Share of the true class',
    group: 'quality',
    unit: '%',
    definition: 'Of the clean test images of class i, the share taken for class j ≠ i: n(i, j) / Σₖ n(i, k).',
  },
} satisfies Record<string, MetricDefinition>

export const classes = defineAnalysis({
  id: 'classes',
  title: 'Classes',
  summary: 'Accuracy by class and the confusion matrix over the clean test images.',
  reference: { citation: 'Stehman 1997, Selecting and interpreting measures of thematic classification accuracy' },
  params: {},
  metrics,
  needs: ['predictions'],
  when: 'evaluation',
  artifact,
  view: { kind: 'component', component: 'Classes' },
  empty: {
    title: 'Nothing evaluated yet',
    text: 'Accuracy by class and the confusion matrix appear with the first evaluation.',
  },
  measure: (_params, { predictions, classNames }) =>
    confusionOf(classNames.length, predictions.labels, predictions.clean),
  /** Until 0.1 they stood in the evaluation. */
  formerly({ evaluation, ...record }) {
    if (typeof evaluation !== 'object' || evaluation === null) return null
    const { confusion, perClassAccuracy, ...rest } = evaluation as FormerEvaluation
    if (!confusion) return null
    const images = confusion.map((row) => row.reduce((sum, count) => sum + count, 0))
    const accuracy =
      perClassAccuracy ?? confusion.map((row, label) => (row[label] ?? 0) / Math.max(1, images[label] ?? 0))
    return { artifact: { images, confusion, accuracy }, record: { ...record, evaluation: rest } }
  },
})
