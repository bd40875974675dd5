/**
 * The metrics that belong to no member. What a member records by itself is defined in the member's file and delivered
 * by the catalogue: no number without a definition.
 */
import type { MemberMetricName, MetricDefinition } from '../schema'

export type { MetricDefinition } from '../schema'

export const metricDefinitions = {
  loss: {
    title: 'Loss',
    group: 'loss',
    headline: true,
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
      'Loss of the step that makes the images: the method’s terms, each times its weight (minus the disagreement of student and teacher, where the images shall cause it), plus the penalties of defenses. Of a synthesis call: of the step whose images are kept, else of its last.',
  },
  studentLoss: {
    title: 'Student loss',
    group: 'loss',
    headline: true,
    unit: '',
    definition:
      'What the student lowers, mean over the updates of a pseudo batch: its distance from the teacher’s answers, with what the method adds to it (β · attention distance, the cross entropy of true labels).',
  },
  divergence: {
    title: 'Distance on student steps',
    group: 'loss',
    unit: '',
    definition:
      'Distance of the student’s answers from the teacher’s, mean over the updates of a pseudo batch: KL(teacher ‖ student) with the method’s temperature, factor and reduction, or mean |S − T| of the logits. All images count alike.',
  },
  attention: {
    title: 'Attention distance',
    group: 'loss',
    unit: '',
    definition: 'Σ over levels of mean squared distance of L2-normalised attention maps, before β.',
  },
  keptStep: {
    title: 'Kept synthesis step',
    group: 'schedule',
    unit: '',
    definition:
      'Which step of the synthesis call gave the images that enter the pool: that of the lowest total loss, or the last, as configured. Those of all other steps are discarded.',
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
  elapsed: {
    title: 'Elapsed time',
    group: 'speed',
    unit: 's',
    definition:
      'Working seconds from the stage’s beginning to the end of this step: evaluations and checkpoints are counted, pauses and what another student trained before it are not.',
  },
  learningRate: {
    title: 'Learning rate',
    group: 'schedule',
    unit: '',
    definition: 'Learning rate in force (student’s, in distillation).',
  },
  gradientNorm: { title: 'Gradient norm', group: 'schedule', unit: '', definition: 'Global L2 norm before clipping.' },
  processCpu: {
    title: 'Processor, this stage',
    group: 'system',
    unit: 'cores',
    definition: 'Processor cores that the training process kept busy, mean since the sample before.',
  },
  systemCpu: {
    title: 'Processor, whole machine',
    group: 'system',
    unit: '%',
    definition: 'Share of all cores of the machine that was busy, whoever kept them so, mean since the sample before.',
  },
  processMemory: {
    title: 'Memory, this stage',
    group: 'system',
    unit: 'GB',
    definition: 'Memory of the training process that is in RAM (resident set), in 10⁹ bytes.',
  },
  freeMemory: {
    title: 'Free memory',
    group: 'system',
    unit: 'GB',
    definition: 'Memory of the machine that programs could still take, in 10⁹ bytes.',
  },
  tensors: {
    title: 'Tensors',
    group: 'system',
    unit: '',
    definition: 'Tensors that the training process holds between two steps. A number that keeps growing is a leak.',
  },
  tensorMemory: {
    title: 'Memory of the tensors',
    group: 'system',
    unit: 'GB',
    definition: 'What these tensors hold, in 10⁹ bytes; on a GPU they lie in its memory.',
  },
  freeDisk: {
    title: 'Free disk',
    group: 'system',
    unit: 'GB',
    definition: 'Free space where the stage writes, in 10⁹ bytes.',
  },
  cpuTemperature: {
    title: 'Temperature, processor',
    group: 'system',
    unit: '°C',
    definition: 'The hottest sensor of the processor, where the machine tells it.',
  },
  gpuUtilisation: {
    title: 'GPU',
    group: 'system',
    unit: '%',
    definition: 'Share of the time in which the GPU computed something, as the NVIDIA driver samples it.',
  },
  gpuMemory: {
    title: 'Memory of the GPU in use',
    group: 'system',
    unit: 'GB',
    definition: 'Memory of the GPU that is taken, by whichever process, in 10⁹ bytes.',
  },
  gpuTemperature: {
    title: 'Temperature, GPU',
    group: 'system',
    unit: '°C',
    definition: 'Of the GPU’s core, as the NVIDIA driver tells it.',
  },
} as const satisfies Record<string, MetricDefinition>

export type SharedMetricName = keyof typeof metricDefinitions
export type MetricName = SharedMetricName | MemberMetricName
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
