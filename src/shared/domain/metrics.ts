/**
 * Every metric that reaches a view has its definition here, or beside the loss term that it belongs to: no number
 * without one.
 */
export interface MetricDefinition {
  title: string
  /** Shown on hover: formula and meaning. */
  definition: string
  unit: '' | '%' | 'images/s' | 's' | 'nats'
  /** Views draw metrics of one group in one chart. */
  group: 'loss' | 'quality' | 'defense' | 'speed' | 'schedule'
}

export const metricDefinitions = {
  loss: {
    title: 'Loss',
    group: 'loss',
    unit: '',
    definition: 'Training loss of the teacher’s step: cross entropy against the (possibly poisoned) labels.',
  },
  trainAccuracy: {
    title: 'Training accuracy',
    group: 'quality',
    unit: '%',
    definition: 'Share of the step’s training images whose predicted class is their (possibly poisoned) label.',
  },
  accuracy: {
    title: 'Accuracy',
    group: 'quality',
    unit: '%',
    definition: 'Share of clean test images classified correctly.',
  },
  asr: {
    title: 'ASR',
    group: 'quality',
    unit: '%',
    definition:
      'Attack success rate: share of triggered test images of non-target classes that are classified as the target.',
  },
  asrAll: {
    title: 'ASR, all images',
    group: 'quality',
    unit: '%',
    definition: 'Share of all triggered test images classified as the target, images of the target class included.',
  },
  robustAccuracy: {
    title: 'Robust accuracy',
    group: 'quality',
    unit: '%',
    definition: 'Share of triggered non-target test images that keep their true class.',
  },
  classAccuracy: {
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
  der: {
    title: 'DER',
    group: 'quality',
    unit: '%',
    definition:
      'Defense effectiveness rate: (max(0, ΔASR) − max(0, ΔACC) + 1) / 2, each Δ the loss against the undefended student of the same run. 50 % is no effect, 100 % an attack wholly removed at no cost.',
  },
  rir: {
    title: 'RIR',
    group: 'quality',
    unit: '%',
    definition:
      'Robust improvement rate: (max(0, ΔRA) − max(0, ΔACC) + 1) / 2, ΔRA the gain in robust accuracy and ΔACC the loss in accuracy against the undefended student of the same run. 50 % is no effect.',
  },
  generatorLoss: {
    title: 'Generator loss',
    group: 'loss',
    unit: '',
    definition:
      'Loss of the step that makes the images: the method’s terms, each times its weight (minus the disagreement of student and teacher, where the images shall cause it), plus the Shuffling Vaccine penalty. Of a synthesis call: of the step whose images are kept, else of its last.',
  },
  studentLoss: {
    title: 'Student loss',
    group: 'loss',
    unit: '',
    definition:
      'What the student lowers, mean over the updates of a pseudo batch: its distance from the teacher’s answers; with ZSKT + β · attention distance, with clean-data KD mixed with the cross entropy of the labels.',
  },
  divergence: {
    title: 'Distance on student steps',
    group: 'loss',
    unit: '',
    definition:
      'Distance of the student’s answers from the teacher’s, mean over the updates of a pseudo batch: KL(teacher ‖ student) with the method’s temperature, factor and reduction, or mean |S − T| of the logits (DFAD). All images count alike.',
  },
  attention: {
    title: 'Attention distance',
    group: 'loss',
    unit: '',
    definition: 'Σ over levels of mean squared distance of L2-normalised attention maps, before β.',
  },
  batchNormLoss: {
    title: 'BN statistics',
    group: 'loss',
    unit: '',
    definition:
      '‖μ_batch − μ‖ + ‖σ²_batch − σ²‖ of the synthetic images inside the teacher, against its running statistics: mean over its layers in ZSKT, sum in the inversion family. Before its weight; of a synthesis call: of the step whose images are kept, else of its last.',
  },
  oneHotLoss: {
    title: 'One-hot',
    group: 'loss',
    unit: 'nats',
    definition:
      'Cross entropy of the teacher’s prediction against the class that an image shall show: the one drawn for it (CMI, DeepInversion, class-conditional codes), else the teacher’s own arg max. Before its weight; of a synthesis call: of the step whose images are kept, else of its last.',
  },
  balanceLoss: {
    title: 'Class balance',
    group: 'loss',
    unit: 'nats',
    definition:
      'Negative entropy of the mean class distribution that the teacher predicts on the synthetic images. Before its weight; of a synthesis call: of the step whose images are kept, else of its last.',
  },
  keptStep: {
    title: 'Kept synthesis step',
    group: 'schedule',
    unit: '',
    definition:
      'Which step of the synthesis call gave the images that enter the pool: that of the lowest total loss, or the last, as configured. Those of all other steps are discarded.',
  },
  svPenalty: {
    title: 'SV penalty',
    group: 'defense',
    unit: '',
    definition:
      '−coefficient · Σ(KL·mask)/Σmask over the samples that the shuffled ensemble classifies as the teacher does.',
  },
  svMaskRate: {
    title: 'SV suspected share',
    group: 'defense',
    unit: '%',
    definition: 'Share of the pseudo batch whose class under the shuffled ensemble equals the teacher’s.',
  },
  svTailRatio: {
    title: 'SV tail ratio',
    group: 'defense',
    unit: '%',
    definition:
      'Share of pooled samples with log10 KL below mean − 3 standard deviations; the ensemble is accepted above 2 %.',
  },
  svCoefficient: {
    title: 'SV coefficient',
    group: 'defense',
    unit: '',
    definition:
      'Weight of the Shuffling Vaccine’s penalty after the step: 0 until the selection test has accepted an ensemble, then the configured value to the end; without a test that value from the first step.',
  },
  srOuterLoss: {
    title: 'SR outer loss',
    group: 'defense',
    unit: '',
    definition:
      'Loss of the unlearning, mean over the updates of a pseudo batch: KL(student(x) ‖ student(x + m · p)) over the student batch, p the universal perturbation and m 1 for the images that carry it, before the update; with the consistency update the weighted distillation loss on x + m · p.',
  },
  srPerturbationNorm: {
    title: 'SR perturbation',
    group: 'defense',
    unit: '',
    definition: 'L2 norm of the universal perturbation after the inner rounds.',
  },
  classesSeen: {
    title: 'Classes in the pseudo batch',
    group: 'quality',
    unit: '',
    definition: 'Number of classes that the teacher sees in the pseudo batch; a collapsed generator shows few.',
  },
  imagesPerSecond: {
    title: 'Images per second',
    group: 'speed',
    unit: 'images/s',
    definition: 'Images that went through a training step per second of wall time, smoothed over the last steps.',
  },
  learningRate: {
    title: 'Learning rate',
    group: 'schedule',
    unit: '',
    definition: 'Learning rate in force (student’s, in distillation).',
  },
  gradientNorm: { title: 'Gradient norm', group: 'schedule', unit: '', definition: 'Global L2 norm before clipping.' },
} as const satisfies Record<string, MetricDefinition>

export type SharedMetricName = keyof typeof metricDefinitions
/** A metric of one method's loss term: defined beside the term, delivered by the catalogue. */
export type TermMetricName = `${string}.${string}`
export type MetricName = SharedMetricName | TermMetricName
export const isSharedMetric = (name: string): name is SharedMetricName => Object.hasOwn(metricDefinitions, name)

/** A series as columns; steps ascend. */
export interface MetricSeries {
  steps: Float64Array
  values: Float64Array
}

/** One recorded value. */
export interface MetricPoint {
  name: MetricName
  step: number
  value: number
}
