import { createAdam } from '../../optimizers/adam'
import { createSchedule } from '../../schedules'
import { createDivergenceStudent } from '../divergenceStudent'
import { defineDistillation, type DistillationContext, type StudentTrainer } from '../types'
import { batchesPerEpoch, faultsOfPatches, oodParameters, type OodParameters } from './parameters'
import { loadPicture, makePreview } from './source'
import { createOodSynthesizer } from './synthesizer'

const sameBatch: StudentTrainer['batches'] =
  ({ images, teacherLogits, imageWeights }) =>
  () => ({ args: { images, teacherLogits, ...(imageWeights ? { imageWeights } : {}) }, own: [] })

function createStudentTrainer(values: OodParameters, context: DistillationContext): StudentTrainer {
  const perEpoch = batchesPerEpoch(values)
  const schedule = createSchedule(oodParameters, values, { peak: values.learningRate, total: values.epochs })
  return createDivergenceStudent(
    {
      updates: 1,
      batchSize: values.batchSize,
      temperature: values.temperature,
      reduction: 'mean',
      squaredTemperature: false,
      optimizer: createAdam(context.student.parameters),
      schedule: (batch) => schedule(Math.floor(batch / perEpoch)),
    },
    context,
    sameBatch,
  )
}

/**
 * Distillation from one image: the teacher labels patches of a single picture, mixed with CutMix, and the student
 * learns the labels.
 * L = Σ_i w_i · mean_c KL(T(x_i)/T ‖ S(x_i)/T), w = 1/N, or the weights of a defense that suspects patches.
 * Reference: Asano & Saeed 2023, arXiv:2112.00725; ABD cmi/vanilla_kd_ood.py. Differs from the reference: patches are
 * made here from any picture instead of
 * read from a folder, and a schedule is always set (the reference refuses to run without one).
 */
export const ood = defineDistillation({
  id: 'ood',
  title: 'One image (OoD)',
  summary: 'The student learns what the teacher says of patches cut out of a single picture; nothing is synthesised.',
  reference: {
    citation: 'Asano & Saeed 2023, Extrapolating from a single image to a thousand classes using distillation',
    link: 'https://arxiv.org/abs/2112.00725',
    place: 'ABD cmi/vanilla_kd_ood.py',
  },
  params: oodParameters,
  presets: {
    cifar10: {
      title: 'CIFAR-10 (reference)',
      params: {
        epochs: 300,
        batchSize: 512,
        temperature: 8,
        learningRate: 1e-3,
        schedule: 'step',
        milestones: [150, 300, 600],
        cutMixAlpha: 0.25,
      },
    },
  },
  totalPseudoBatches: (values) => values.epochs * batchesPerEpoch(values),
  cost: (values) => ({
    studentForwards: 3 * values.batchSize,
    teacherForwards: values.batchSize,
    ownMultiplyAdds: 0,
    defendedImages: values.batchSize,
    studentImages: values.batchSize,
    held: { teacherImages: 0, studentImages: values.batchSize, ownActivations: 0 },
  }),
  lengthParameters: ['epochs'],
  stateParameters: [
    'picture',
    'pictureSeed',
    'patchSeed',
    'patches',
    'smallestPatch',
    'largestPatch',
    'rotation',
    'flips',
    'colour',
    'batchSize',
  ],
  batchParameter: 'batchSize',
  faults: faultsOfPatches,
  loadPicture,
  patchPreview: {
    parameters: [
      'picture',
      'pictureSeed',
      'patchSeed',
      'patches',
      'smallestPatch',
      'largestPatch',
      'rotation',
      'flips',
      'colour',
    ],
    make: makePreview,
  },
  createSynthesizer: createOodSynthesizer,
  createStudentTrainer,
})
