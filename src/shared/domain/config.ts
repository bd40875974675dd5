import {
  boolean,
  choice,
  integer,
  number,
  path,
  text,
  type MemberDescription,
  type ParameterSchema,
  type ValuesOf,
} from '../schema'
import { ordinaryPrecision, precisionNames } from './precision'
import { channelValuesPattern, knownPixels, knownPixelValues, ownPixels, type KnownPixelValues } from './pixels'

/** A member of a family with its parameters, as saved. */
export interface MemberChoice {
  id: string
  params: Record<string, unknown>
}

/** Poisoning plan, shared by all attacks. Source: zskt/datasets/backdoor.py. */
export const poisoningSchema = {
  ratio: number({
    label: 'Poison ratio',
    symbol: 'ρ',
    unit: 'of the training set',
    default: 0.1,
    min: 0,
    max: 1,
    step: 0.01,
    help: 'Fraction ρ of the full training set that carries the trigger: N = int(ρ · full size). 0 trains a clean teacher.',
  }),
  target: integer({
    label: 'Target class',
    default: 0,
    min: 0,
    max: 999,
    help: 'Label that triggered images receive, and that the attack success rate counts.',
  }),
  holdout: number({
    label: 'Hold-out',
    unit: 'of the training set',
    default: 0.05,
    min: 0,
    max: 0.5,
    step: 0.01,
    help: 'Fraction of the training images set apart before poisoning; it stays clean.',
  }),
  trainOnHoldout: boolean({
    label: 'Train on the hold-out too',
    default: true,
    advanced: true,
    help: 'The reference concatenates poisoned training part and clean hold-out for teacher training. Switch off to keep the hold-out unseen.',
  }),
} satisfies ParameterSchema
export type PoisoningPlan = ValuesOf<typeof poisoningSchema>

/**
 * How a teacher is trained. Its parameters are declared beside what they choose from (optimizers, schedules) and come
 * with the catalogue; these are known everywhere.
 */
export interface TeacherTraining extends Record<string, unknown> {
  epochs: number
  batchSize: number
  crop: boolean
  flip: boolean
}

/** What a run keeps, and how often it looks at itself. */
export const recordingSchema = {
  evaluateEvery: integer({
    label: 'Evaluate every',
    unit: 'pseudo batches',
    default: 200,
    min: 1,
    max: 1_000_000,
    help: 'Test accuracy and ASR of the student. The teacher is evaluated after every epoch.',
  }),
  imagesEvery: integer({
    label: 'Keep images every',
    unit: 'pseudo batches',
    default: 20,
    min: 1,
    max: 1_000_000,
    help: 'Synthetic images kept for the viewer; thinned evenly beyond the budget.',
  }),
  imagesPerStep: integer({
    label: 'Images per kept step',
    default: 64,
    min: 1,
    max: 256,
    help: 'How many of the pseudo batch are kept.',
  }),
  keptSteps: integer({
    label: 'Kept image steps, at most',
    default: 200,
    min: 1,
    max: 5000,
    help: 'At most this many steps of images stay on disk per student; every second one is dropped when it is full.',
  }),
  poolMegabytes: integer({
    label: 'Pool images on disk, at most',
    unit: 'MB',
    default: 256,
    min: 0,
    max: 1_000_000,
    help: 'Grids of the pool’s images, one per synthesis call, stay within it per student; every second one is dropped when it is full. 0 writes none. Training does not read them.',
  }),
  checkpointEvery: integer({
    label: 'Checkpoint every',
    unit: 's',
    default: 60,
    min: 1,
    max: 86_400,
    help: 'Seconds between checkpoints. One is also written at pause, stop and the end of a stage.',
  }),
  keptCheckpoints: integer({
    label: 'Kept checkpoints',
    unit: 'of the last evaluations',
    default: 0,
    min: 0,
    max: 100,
    help: 'Checkpoints at the last so many evaluation points of each student stay on disk, for Self-Retrospection to start from. The reference keeps 5. Some 3 MB each with ZSKT; with a replay memory or a pool of images, hundreds.',
  }),
  keepLastCheckpoint: boolean({
    label: 'Keep the last checkpoint of finished stages',
    default: false,
    help: 'Without it a finished stage keeps its weights, the kept checkpoints, and what other runs go on from; the rest of its checkpoints is removed. They are only good for going on: a fork, or Self-Retrospection from its end.',
    advanced: true,
  }),
  tensorboard: boolean({
    label: 'TensorBoard files',
    default: false,
    help: 'Write curves, images and figures as TensorBoard event files into the run’s folder while it trains. A run can be exported at any time without it.',
    advanced: true,
  }),
  metricsEvery: integer({
    label: 'Record metrics every',
    unit: 'pseudo batches',
    default: 1,
    min: 1,
    max: 10_000,
    help: 'Step metrics leave the device only this often.',
    advanced: true,
  }),
} satisfies ParameterSchema
export type Recording = ValuesOf<typeof recordingSchema>

/** The budget of the pool's image grids in bytes; runs from before it have the default. */
export const poolBytesOf = ({ poolMegabytes = recordingSchema.poolMegabytes.default }: Partial<Recording>): number =>
  poolMegabytes * 1e6

/** Intervals whose default a distillation method may propose. */
export const recordingIntervals = ['evaluateEvery', 'imagesEvery'] as const
export type RecordingInterval = (typeof recordingIntervals)[number]

/**
 * The intervals where none are named: the value of the parameter that the method names for it (its fact `recording`),
 * else the declared default.
 * @param method the member's description; `params` may be incomplete
 */
export function proposedIntervals(
  method: Pick<MemberDescription, 'facts' | 'params'> | undefined,
  params: Record<string, unknown>,
): Record<RecordingInterval, number> {
  const named = (method?.facts.recording ?? {}) as Partial<Record<RecordingInterval, string>>
  const proposal = (interval: RecordingInterval): number => {
    const parameter = named[interval]
    const value = parameter === undefined ? undefined : (params[parameter] ?? method?.params[parameter]?.default)
    return typeof value === 'number' ? value : recordingSchema[interval].default
  }
  return { evaluateEvery: proposal('evaluateEvery'), imagesEvery: proposal('imagesEvery') }
}

export const executionSchema = {
  device: choice({
    label: 'Device',
    default: 'auto',
    help: 'Automatic takes the GPU when one works. A GPU that was asked for and is not usable fails the run; it never falls back silently.',
    options: [
      { value: 'auto', label: 'Automatic' },
      { value: 'cpu', label: 'CPU' },
      { value: 'gpu', label: 'GPU' },
    ],
  }),
  threads: integer({
    label: 'Threads',
    default: 0,
    min: 0,
    max: 256,
    help: 'TensorFlow threads on the CPU; 0 takes all cores.',
  }),
  sideBySide: boolean({
    label: 'Students side by side',
    default: false,
    laterAddition: true,
    help: 'The students of this run train at the same time, each with its share of the cores; one that goes on from another waits for it. Faster on a processor, where a small network leaves cores idle, and takes the memory of each. It changes nothing on a GPU and on a cluster.',
  }),
  precision: choice({
    label: 'Precision',
    default: ordinaryPrecision,
    laterAddition: true,
    help: 'Number format of convolutions and matrix products. It is part of what a result is: each gives models of its own, which are never averaged with others unsaid.',
    options: [
      {
        value: 'float32',
        label: precisionNames.float32,
        help: 'Everything in float32: what the tests against the authors’ code hold.',
      },
      {
        value: 'tf32',
        label: precisionNames.tf32,
        help: 'NVIDIA’s format: 10 bits of mantissa in what is multiplied, float32 in the sums. What the authors’ code ran with. Needs a GPU.',
      },
      {
        value: 'mixed',
        label: precisionNames.mixed,
        help: 'Convolutions, matrix products and the activations between them in bfloat16; weights, optimizer, batch-norm statistics, losses and sums in float32.',
      },
    ],
  }),
  graph: boolean({
    label: 'Run steps as graphs',
    default: true,
    help: 'Run each training step as one TensorFlow graph. Switch off to debug kernel by kernel.',
    advanced: true,
  }),
  deterministic: boolean({
    label: 'Deterministic kernels',
    default: false,
    help: 'Ask TensorFlow for deterministic GPU kernels; slower. CPU runs with equal threads and processor give equal bytes anyway.',
    advanced: true,
  }),
} satisfies ParameterSchema
export type Execution = ValuesOf<typeof executionSchema>

const acknowledgementDigits = 16

/** The value of `teacher.acknowledged` that says: the warnings of the file with this SHA-256 were read. */
export const acknowledgementOf = (sha256: string): string => sha256.slice(0, acknowledgementDigits)

export const teacherSourceSchema = {
  source: choice({
    label: 'Teacher',
    default: 'train',
    help: 'Train one here on the poisoned data, or import a file.',
    options: [
      { value: 'train', label: 'Train here' },
      { value: 'file', label: 'From a file' },
    ],
  }),
  file: path({
    label: 'Teacher file',
    default: '',
    select: 'file',
    extensions: ['safetensors', 'pt', 'pth', 'onnx'],
    optional: true,
    visibleWhen: { field: 'source', equals: 'file' },
    help: 'Weights with PyTorch names, or an ONNX graph with its weights. Nothing in the file is executed.',
  }),
  weights: text({
    label: 'Weights in the file',
    default: '',
    maxLength: 1000,
    visibleWhen: { field: 'source', equals: 'file' },
    help: 'Key of the network that is meant, where the file holds several that are known here, such as netC. Empty: the only one that is known.',
  }),
  normalization: choice({
    label: 'Pixel values the file expects',
    default: 'dataset',
    visibleWhen: { field: 'source', equals: 'file' },
    help: 'Which pixel values the network in the file was trained on. A wrong one shows as a low accuracy in the evaluation. Students and synthetic images use the same.',
    options: [
      ...knownPixelValues.map((value) => ({ value, label: knownPixels[value].label, help: knownPixels[value].help })),
      { value: ownPixels, label: 'Values of my own', help: 'Mean and deviation of each channel.' },
    ],
  }),
  normalizationValues: text({
    label: 'Mean / deviation',
    default: '',
    maxLength: 200,
    pattern: `^$|${channelValuesPattern}`,
    placeholder: '0.4914 0.4822 0.4465 / 0.247 0.243 0.261',
    visibleWhen: { field: 'normalization', equals: ownPixels },
    help: 'x = (pixel / 255 − mean) / deviation; one number for all channels, or one for each.',
  }),
  distilCollapsed: boolean({
    label: 'Distil from a collapsed teacher',
    default: false,
    advanced: true,
    help: 'A teacher that gives one answer to nearly all clean test images teaches nothing, and its ASR means nothing: the run stops before its students, unless this is on.',
  }),
  acknowledged: text({
    label: 'Warnings of the file',
    default: '',
    maxLength: acknowledgementDigits,
    pattern: `^([0-9a-f]{${acknowledgementDigits}})?$`,
    visibleWhen: { field: 'source', equals: 'file' },
    help: 'First 16 hex digits of the SHA-256 of the file whose warnings were read. A teacher with warnings is not used without them.',
  }),
} satisfies ParameterSchema

/** Pixel values that a network in a file takes. */
export type TeacherNormalization = KnownPixelValues | typeof ownPixels

export const experimentSchema = {
  name: text({
    label: 'Name',
    default: 'Untitled experiment',
    maxLength: 200,
    help: 'Shown in tables; can be changed later.',
  }),
  seed: integer({
    label: 'Seed',
    default: 0,
    min: 0,
    max: 2 ** 31 - 1,
    help: 'Start of every named random stream of the run.',
  }),
} satisfies ParameterSchema

/** The sections of an experiment that belong to no family, but for the teacher's training. */
export const experimentSections = {
  experiment: { title: 'Experiment', params: experimentSchema },
  poisoning: { title: 'Poisoning', params: poisoningSchema },
  teacher: { title: 'Teacher', params: teacherSourceSchema },
  recording: { title: 'Recording', params: recordingSchema },
  execution: { title: 'Execution', params: executionSchema },
}

/** One student to distil: which defenses act on it; an empty list is the undefended student. */
export interface StudentPlan {
  defenses: MemberChoice[]
}

/** A whole experiment as saved in the run folder, fully resolved. */
export interface ExperimentConfig {
  format: 1
  name: string
  seed: number
  data: MemberChoice
  attack: MemberChoice
  poisoning: PoisoningPlan
  teacher: {
    source: 'train' | 'file'
    file: string
    /** Absent in runs from before it. */
    weights?: string
    normalization: TeacherNormalization
    /** Absent in runs from before it. */
    normalizationValues?: string
    /** Absent in runs from before it: nobody was asked. */
    distilCollapsed?: boolean
    acknowledged: string
    architecture: MemberChoice
    training: TeacherTraining
  }
  distillation: { architecture: MemberChoice; method: MemberChoice }
  students: StudentPlan[]
  recording: Recording
  execution: Execution
}

/** What a caller may send: anything left out takes its declared default. */
export type PartialExperimentConfig = { [K in keyof ExperimentConfig]?: unknown }

const seedEnding = (seed: number): string => `, seed ${seed}`
/** The same experiment from another seed; the name tells them apart. */
export const withSeed = <C extends PartialExperimentConfig>(config: C, name: string, seed: number): C => ({
  ...config,
  seed,
  name: `${name.slice(0, 180)}${seedEnding(seed)}`,
})
/** The name before `withSeed`. */
export const nameWithoutSeed = (name: string, seed: number): string =>
  name.endsWith(seedEnding(seed)) ? name.slice(0, -seedEnding(seed).length) : name

/** The title of a student, e.g. "Student 2: sv". @param index from 0 */
export const studentTitle = (index: number, defense: string): string => `Student ${index + 1}: ${defense}`

/** The label of a student without a defense. */
export const noDefense = 'none'

/** "none", or the ids of its defenses ("sv+sr"): the name of a student's defense in tables and on the command line. */
export const defenseLabel = (plan: StudentPlan): string =>
  plan.defenses.map((defense) => defense.id).join('+') || noDefense
/** The ids of the defenses that such a name stands for. */
export const defensesOfLabel = (label: string | null | undefined): string[] =>
  !label || label === noDefense ? [] : label.split('+')
