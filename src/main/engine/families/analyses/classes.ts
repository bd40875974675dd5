import { z } from 'zod'
import type { MetricDefinition } from '../../../../shared/schema'
import type { MatrixFigure } from '../../images/figures/types'
import { defineAnalysis, type AnalysisMaterials } from './types'

const artifact = z.object({
  /** Clean test images of each class. */
  images: z.array(z.number().int().min(0)),
  /** confusion[true][predicted], counts. */
  confusion: z.array(z.array(z.number().int().min(0))),
  /** Share of each class that is classified as itself; 0 for a class without images. */
  accuracy: z.array(z.number().min(0).max(1)),
  /** The same images with the trigger, counts alike; absent without an attack and in artifacts of earlier versions. */
  triggered: z.array(z.array(z.number().int().min(0))).optional(),
})
export type ClassesArtifact = z.infer<typeof artifact>

/**
 * n(i, j): images of class i that are classified as class j. An image without a finite logit stands in no column.
 * Shapes: labels and predictions [N], int32, −1 for no class; result [C][C].
 */
export function confusionOf(classes: number, labels: Int32Array, predicted: Int32Array): number[][] {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  labels.forEach((label, index) => {
    const [row, prediction] = [confusion[label], predicted[index] ?? -1]
    if (row && prediction >= 0) row[prediction] = (row[prediction] ?? 0) + 1
  })
  return confusion
}

/**
 * Confusion matrices of the clean and of the triggered test images, and accuracy by class: n(i, i) / images of class i;
 * an image without a class counts as wrong.
 */
export function classesOf(
  classes: number,
  { labels, clean, triggered }: AnalysisMaterials['predictions'],
): ClassesArtifact {
  const images = new Array<number>(classes).fill(0)
  for (const label of labels) images[label] = (images[label] ?? 0) + 1
  const confusion = confusionOf(classes, labels, clean)
  const accuracy = confusion.map((row, label) => (row[label] ?? 0) / Math.max(1, images[label] ?? 0))
  return {
    images,
    confusion,
    accuracy,
    ...(triggered ? { triggered: confusionOf(classes, labels, triggered) } : {}),
  }
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

/** Shares of each class's images, so that classes of few images show as well. */
function matrixOf(name: string, title: string, { counts, images, classNames }: Counted): MatrixFigure {
  const labels = counts.map((_, label) => classNames[label] ?? String(label))
  const shares = counts.map((row, label) => row.map((count) => count / Math.max(1, images[label] ?? 0)))
  return { kind: 'matrix', name, title, x: 'predicted class', y: 'true class', rows: labels, columns: labels, shares }
}

interface Counted {
  readonly counts: readonly (readonly number[])[]
  readonly images: readonly number[]
  readonly classNames: readonly string[]
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
  asr: {
    title: 'ASR by source class',
    group: 'quality',
    unit: '%',
    definition:
      'Of the test images of class i with the trigger, the share classified as the target. The mean over all images of the other classes is the ASR; of the target class it says nothing.',
  },
  confusion: {
    title: 'Confusion matrices',
    group: 'quality',
    unit: '',
    definition:
      'n(i, j): number of test images of class i (row) that are classified as class j (column), without and with the trigger. Colour: √ of the share n(i, j) / images of class i.',
  },
  change: {
    title: 'Difference',
    group: 'quality',
    unit: '%',
    definition:
      'Share of class i that is classified as class j with the trigger, minus the same share without it. Colour: √ of its size, with its sign.',
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
  summary: 'Accuracy and ASR by class, and the confusion matrices of the test images without and with the trigger.',
  reference: { citation: 'Stehman 1997, Selecting and interpreting measures of thematic classification accuracy' },
  params: {},
  metrics,
  needs: ['predictions'],
  when: 'evaluation',
  artifact,
  view: { kind: 'component', component: 'Classes' },
  empty: {
    title: 'Nothing evaluated yet',
    text: 'Accuracy and ASR by class and the confusion matrices appear with the first evaluation.',
  },
  measure: (_params, { predictions, classNames }) => classesOf(classNames.length, predictions),
  figures: ({ confusion, triggered, images }, { classNames }) => [
    matrixOf('confusion', 'Confusion matrix, clean test images', { counts: confusion, images, classNames }),
    ...(triggered
      ? [matrixOf('triggered', 'Confusion matrix, with the trigger', { counts: triggered, images, classNames })]
      : []),
  ],
  /** Column sums are what was answered, the images of the classes what is right. */
  evaluated({ confusion, images }) {
    const all = Math.max(1, sumOf(images))
    const answers = confusion.map((_, column) => sumOf(confusion.map((row) => row[column] ?? 0)))
    const most = Math.max(0, ...answers)
    return {
      classes: images.length,
      largestClass: Math.max(0, ...images) / all,
      ...(most > 0 ? { topAnswer: { label: answers.indexOf(most), share: most / all } } : {}),
    }
  },
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
