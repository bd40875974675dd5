/** The parameters that all inversion methods share; a method is a set of defaults. */
import {
  boolean,
  choice,
  integer,
  number,
  type ParameterSchema,
  type ValuesOf,
  type VisibleWhen,
} from '../../../../../shared/schema'
import { termFields } from '../terms'

const usesGenerator: VisibleWhen = { field: 'source', oneOf: ['generatorAnew', 'generatorKept'] }
const fillsPool: VisibleWhen = { field: 'source', oneOf: ['generatorAnew', 'pixels'] }

const variationOptions = [
  { value: 'dataSet', label: 'As the data set' },
  { value: 'on', label: 'On' },
  { value: 'off', label: 'Off' },
] as const

const fields = {
  source: choice({
    label: 'Images come from',
    default: 'generatorAnew',
    help: 'What the inversion optimises.',
    options: [
      {
        value: 'generatorAnew',
        label: 'A new generator for each call',
        help: 'Each synthesis call resets generator and latent codes, optimises both, and adds the best images to the pool (CMI).',
      },
      {
        value: 'pixels',
        label: 'The pixels themselves',
        help: 'Each synthesis call optimises random images under jitter and adds the best ones to the pool (DeepInversion).',
      },
      {
        value: 'generatorKept',
        label: 'One generator for the whole run',
        help: 'The generator learns throughout; the student sees fresh images at every update (DAFL, DFQ, DFAD).',
      },
    ],
  }),
  pseudoBatches: integer({
    label: 'Synthesis calls',
    default: 200,
    min: 1,
    max: 10_000_000,
    help: 'Length of the distillation: each call is the synthesis steps and the student steps after them.',
  }),
  callsPerEpoch: integer({
    label: 'Calls per epoch',
    default: 1,
    min: 1,
    max: 100_000,
    help: 'The student’s learning rate falls after so many calls (student steps of an epoch / student steps of a call).',
  }),
  synthesisSteps: integer({
    label: 'Synthesis steps',
    unit: 'per call',
    default: 200,
    min: 1,
    max: 100_000,
    help: 'Updates of what makes the images, per call.',
  }),
  synthesisBatchSize: integer({
    label: 'Synthesis batch',
    unit: 'images',
    default: 256,
    min: 2,
    max: 4096,
    help: 'Images that one call makes.',
  }),
  studentSteps: integer({
    label: 'Student steps',
    unit: 'per call',
    default: 400,
    min: 1,
    max: 100_000,
    help: 'Updates of the student after each synthesis.',
  }),
  batchSize: integer({
    label: 'Student batch',
    unit: 'images',
    default: 128,
    min: 2,
    max: 4096,
    help: 'Images per update of the student.',
  }),
  studentLoss: choice({
    label: 'Student loss',
    default: 'kl',
    help: 'What the student lowers on the synthetic images.',
    advanced: true,
    options: [
      { value: 'kl', label: 'T² · KL(teacher/T ‖ student/T)', help: 'Averaged over images.' },
      { value: 'l1', label: 'Mean |S − T| of the logits (DFAD)', help: 'Over images and classes; no temperature.' },
    ],
  }),
  temperature: number({
    label: 'Temperature',
    symbol: 'T',
    default: 20,
    min: 0.01,
    max: 1000,
    help: 'T of the softmax in the student’s T² · KL(teacher/T ‖ student/T), averaged over images.',
    visibleWhen: { field: 'studentLoss', equals: 'kl' },
  }),
  studentLearningRate: number({
    label: 'Student learning rate',
    symbol: 'η',
    default: 0.1,
    min: 1e-7,
    max: 10,
    logarithmic: true,
    help: 'SGD with momentum; cosine to 0 over the epochs.',
  }),
  momentum: number({
    label: 'Momentum',
    default: 0.9,
    min: 0,
    max: 0.9999,
    help: 'Of the student’s SGD.',
    advanced: true,
  }),
  weightDecay: number({
    label: 'Weight decay',
    default: 1e-4,
    min: 0,
    max: 1,
    help: 'Of the student’s SGD, added to the gradient.',
    advanced: true,
  }),
  generatorLearningRate: number({
    label: 'Synthesis learning rate',
    default: 1e-3,
    min: 1e-7,
    max: 10,
    logarithmic: true,
    help: 'Adam with β₁ 0.5 on generator and codes, or on the pixels, and Adam on the contrastive head.',
  }),
  ...termFields,
  latent: integer({
    label: 'Length of the latent code',
    default: 256,
    min: 1,
    max: 4096,
    help: 'Length of z ~ N(0, 1).',
    visibleWhen: usesGenerator,
    advanced: true,
  }),
  generatorWidth: integer({
    label: 'Generator width',
    unit: 'channels',
    default: 64,
    min: 1,
    max: 1024,
    help: 'Channels of the generator’s last hidden layer.',
    visibleWhen: usesGenerator,
    advanced: true,
  }),
  largeGenerator: boolean({
    label: 'Large generator',
    default: false,
    help: 'Twice as many channels in the first block (the reference’s LargeGenerator).',
    visibleWhen: usesGenerator,
    advanced: true,
  }),
  poolCapacity: integer({
    label: 'Image pool',
    unit: 'images',
    default: 0,
    min: 0,
    max: 10_000_000,
    help: 'Synthetic images kept for the student; the oldest give way. 0 keeps all, as the reference does. They are part of every checkpoint (3 kB per 32 × 32 image).',
    visibleWhen: fillsPool,
    advanced: true,
  }),
  poolCrop: choice({
    label: 'Crop pool images',
    default: 'dataSet',
    options: variationOptions,
    help: 'Whether the student sees random crops (4 pixels of padding). The reference crops CIFAR, but neither GTSRB, SVHN nor MNIST. In short runs crops and mirroring teach far more (Signs, 24 calls, one seed: accuracy 99 % with both, 75 % without).',
    visibleWhen: fillsPool,
    advanced: true,
  }),
  poolFlip: choice({
    label: 'Mirror pool images',
    default: 'dataSet',
    options: variationOptions,
    help: 'Whether the student sees half of the images mirrored. The reference mirrors CIFAR only; signs and digits would change their meaning.',
    visibleWhen: fillsPool,
    advanced: true,
  }),
  keptImages: choice({
    label: 'Images kept of a call',
    default: 'best',
    help: 'Which images of a synthesis call enter the pool.',
    visibleWhen: { field: 'source', equals: 'pixels' },
    advanced: true,
    options: [
      { value: 'best', label: 'Those of the least loss' },
      {
        value: 'last',
        label: 'Those after the last step (reference)',
        help: 'The published DeepInversion means to keep the best, but its copy is the live images.',
      },
    ],
  }),
  rounding: choice({
    label: 'Rounding to bytes',
    default: 'round',
    help: 'How intensities become the pool’s bytes.',
    visibleWhen: fillsPool,
    advanced: true,
    options: [
      { value: 'round', label: 'Rounded' },
      { value: 'truncate', label: 'Truncated (reference)' },
    ],
  }),
}
export type InversionSchema = typeof fields
export type InversionParameters = ValuesOf<InversionSchema>

/** The shared declaration with a method's own defaults. */
export const inversionParameters = (defaults: Partial<InversionParameters>): InversionSchema =>
  Object.fromEntries(
    Object.entries(fields as ParameterSchema).map(([name, field]) => [
      name,
      name in defaults ? { ...field, default: defaults[name as keyof InversionParameters] } : field,
    ]),
  ) as InversionSchema
