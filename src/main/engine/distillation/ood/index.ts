import * as tf from '@tensorflow/tfjs-core'
import { ExhaustiveError, RefusedInputError } from '../../../../shared/errors'
import { choice, integer, integerList, number, path } from '../../../../shared/schema'
import type { ValuesOf } from '../../../../shared/schema'
import { decodePicture, pictureExtensions } from '../../datasets/files/pictures'
import type { NamedTensors, StepRunner } from '../../graph/types'
import { float32Tensor, toFloat32 } from '../../importers/weights'
import { createAdam } from '../../optimizers/adam'
import { constantSchedule, cosineSchedule, stepSchedule } from '../../optimizers/schedules'
import type { Schedule } from '../../optimizers/schedules'
import { createStream } from '../../random'
import { augmentedImages, normalizationTable } from '../../training/batches'
import { createDivergenceStudent } from '../divergenceStudent'
import { metricsOf } from '../stepOutputs'
import { defineDistillation } from '../types'
import type { DistillationContext, Picture, PseudoBatch, StepMetrics, StudentTrainer, Synthesizer } from '../types'
import { cutMix } from './cutMix'
import { createPatches, reducedPicture } from './patches'
import type { PatchOptions } from './patches'
import { drawPicture } from './picture'

const params = {
  picture: path({ label: 'Picture', default: '', select: 'file', extensions: pictureExtensions.map((extension) => extension.slice(1)), optional: true, help: 'Any picture; its largest middle square is used. Empty takes the built-in one, which is drawn by code.' }),
  pictureSeed: integer({ label: 'Seed of the built-in picture', default: 0, min: 0, max: 2 ** 31 - 1, help: 'Which built-in picture is drawn.', visibleWhen: { field: 'picture', equals: '' }, advanced: true }),
  patches: integer({ label: 'Patches', unit: 'images', default: 50_000, min: 2, max: 1_000_000, help: 'Size of the data set that is cut out of the picture.' }),
  smallestPatch: number({ label: 'Smallest patch', unit: 'of the picture', default: 0.002, min: 1e-5, max: 1, logarithmic: true, help: 'Area of the smallest patch; sizes are log-uniform up to the whole picture.', advanced: true }),
  rotation: number({ label: 'Rotation', unit: 'degrees', default: 35, min: 0, max: 180, help: 'Patches are turned by up to so much to either side.', advanced: true }),
  colour: number({ label: 'Colour', default: 0.2, min: 0, max: 1, help: 'Light and each colour channel are scaled by a random factor of 1 ± this.', advanced: true }),
  cutMixAlpha: number({ label: 'CutMix α', default: 0.25, min: 0, max: 10, help: 'A box with area share 1 − λ, λ ~ Beta(α, α), comes from another patch of the batch; 0 mixes nothing.' }),
  epochs: integer({ label: 'Epochs', default: 300, min: 1, max: 100_000, help: 'Passes over the patches; a pseudo batch is one batch of patches.' }),
  batchSize: integer({ label: 'Batch size', unit: 'patches', default: 512, min: 2, max: 4096, help: 'Patches per update.' }),
  temperature: number({ label: 'Temperature', default: 8, min: 0.01, max: 1000, help: 'T in KL(teacher/T ‖ student/T), averaged over images and classes; no T² factor, as in the reference.' }),
  learningRate: number({ label: 'Learning rate', default: 1e-3, min: 1e-7, max: 1, logarithmic: true, help: 'Adam for the student; it falls by the schedule.' }),
  schedule: choice({
    label: 'Schedule', default: 'step', help: 'How the learning rate falls.',
    options: [{ value: 'step', label: 'In steps' }, { value: 'cosine', label: 'Cosine to 0' }, { value: 'constant', label: 'Constant' }],
  }),
  milestones: integerList({ label: 'Milestones', unit: 'epochs', default: [150, 300, 600], min: 1, max: 100_000, maxLength: 20, help: 'Epochs after which the learning rate is halved.', visibleWhen: { field: 'schedule', equals: 'step' } }),
}
type OodParameters = ValuesOf<typeof params>

const batchesPerEpoch = (values: OodParameters): number => Math.max(1, Math.floor(values.patches / values.batchSize))
/** Of the run's seed. */
const patchStream = 'patches'
const patchOptions = ({ smallestPatch, rotation, colour }: OodParameters, { height, width }: { height: number; width: number }, count: number): PatchOptions =>
  ({ count, height, width, smallest: smallestPatch, rotation, colour })
/** Side of the picture in a preview, at most. */
const previewSide = 256
/** Side to which a picture out of a file is scaled. */
const decodedSide = 1024
const milestoneFactor = 0.5

function scheduleOf(values: OodParameters): Schedule {
  switch (values.schedule) {
    case 'step': return stepSchedule(values.learningRate, values.milestones, milestoneFactor)
    case 'cosine': return cosineSchedule(values.learningRate, values.epochs)
    case 'constant': return constantSchedule(values.learningRate)
    default: throw new ExhaustiveError(values.schedule)
  }
}

/** The order of an epoch's patches, drawn anew for each; part of every checkpoint. A last batch that is not full is left out. */
function createOrder(values: OodParameters, { state, stream }: DistillationContext): () => Int32Array {
  const draws = stream('patchOrder')
  let order: Int32Array = new Int32Array(0)
  let place = 0
  state.addPlain('patchOrderPlace', { read: () => ({ place }), write: (saved) => { place = Number(saved.place ?? 0) } })
  state.addPooled('patchOrder', {
    read: () => order.length === 0 ? new Map() : new Map([['order', float32Tensor([order.length], Float32Array.from(order))]]),
    write: (saved) => {
      const tensor = saved.get('order')
      order = tensor ? Int32Array.from(toFloat32(tensor)) : new Int32Array(0)
    },
  })
  return () => {
    if (place + values.batchSize > order.length) {
      order = draws.permutation(values.patches)
      place = 0
    }
    place += values.batchSize
    return order.subarray(place - values.batchSize, place)
  }
}

function createBatches(values: OodParameters, context: DistillationContext): () => tf.Tensor4D {
  const { image, picture, stream } = context
  if (!picture) throw new Error('Distillation from one image was started without its picture.')
  if (values.batchSize > values.patches) {
    throw new RefusedInputError('There are fewer patches than a batch needs.', {
      wanted: `at least ${values.batchSize} patches`, got: String(values.patches), where: 'distillation.method.params.patches', action: 'Raise the number of patches or lower the batch size.',
    })
  }
  const patches = createPatches(picture, patchOptions(values, image, values.patches), stream(patchStream))
  const table = normalizationTable(context.normalization, image.channels)
  const order = createOrder(values, context)
  return () => {
    const indices = order()
    patches.need(indices)
    const images = augmentedImages(patches.set, indices, table, { crop: true, flip: true }, stream('augmentation'))
    if (values.cutMixAlpha > 0) cutMix(images, { count: values.batchSize, ...image }, values.cutMixAlpha, stream('cutMix'))
    return tf.tensor4d(images, [values.batchSize, image.height, image.width, image.channels])
  }
}

/** The teacher's answers, and the weights that an active defense gives the images. */
function createJudge(context: DistillationContext): (images: tf.Tensor4D) => NamedTensors {
  const { teacher, program } = context
  const weighing = context.defenses.find((defense) => defense.studentWeights)
  const runners = new Map<boolean, StepRunner>()
  const runnerFor = (weighs: boolean): StepRunner => {
    const known = runners.get(weighs)
    if (known) return known
    const made = program.compile(weighs ? `oodTeacher+${weighing?.id}` : 'oodTeacher', ({ images, ...args }) => tf.tidy(() => {
      const { logits, activations } = teacher.forward(images as tf.Tensor4D, { training: false })
      const weighed = weighs ? weighing?.studentWeights?.({ images: images as tf.Tensor4D, teacherLogits: logits, teacherActivations: activations, args }) : undefined
      return { teacherLogits: logits, ...(weighed ? { imageWeights: weighed.weights, ...weighed.outputs } : {}) }
    }))
    runners.set(weighs, made)
    return made
  }
  return (images) => {
    const weighs = weighing !== undefined && (weighing.synthesizerTermActive?.() ?? true)
    const args = weighs ? weighing.synthesizerArguments?.() ?? {} : {}
    const outputs = runnerFor(weighs).run({ images, ...args })
    tf.dispose(args)
    const [count] = images.shape
    // Always there with such a defense, so that the student's step keeps its shape when the defense wakes.
    if (weighing && !weighs) outputs.imageWeights = tf.tensor1d(new Float32Array(count).fill(1 / count))
    return outputs
  }
}

function createSynthesizer(values: OodParameters, context: DistillationContext): Synthesizer {
  const draw = createBatches(values, context)
  const judge = createJudge(context)
  let batch: PseudoBatch | undefined
  return {
    step(position): StepMetrics {
      const images = draw()
      const { teacherLogits, imageWeights, ...numbers } = judge(images)
      const metrics = position.measure ? metricsOf(numbers, { svMaskRate: 'svMaskRate' }) : {}
      tf.dispose(numbers)
      batch = { images, teacherLogits: teacherLogits as tf.Tensor2D, teacherAttention: [], ...(imageWeights ? { imageWeights: imageWeights as tf.Tensor1D } : {}) }
      return metrics
    },
    sample() {
      if (!batch) throw new Error('A pseudo batch was asked for before it was drawn.')
      const drawn = batch
      batch = undefined
      return drawn
    },
  }
}

const sameBatch: StudentTrainer['batches'] = ({ images, teacherLogits, imageWeights }) =>
  () => ({ args: { images, teacherLogits, ...(imageWeights ? { imageWeights } : {}) }, own: [] })

function createStudentTrainer(values: OodParameters, context: DistillationContext): StudentTrainer {
  const perEpoch = batchesPerEpoch(values)
  const schedule = scheduleOf(values)
  return createDivergenceStudent({
    updates: 1, batchSize: values.batchSize, temperature: values.temperature, reduction: 'mean', squaredTemperature: false,
    optimizer: createAdam(context.student.parameters), schedule: (batch) => schedule(Math.floor(batch / perEpoch)),
  }, context, sameBatch)
}

async function loadPicture(values: OodParameters, channels: number, signal?: AbortSignal): Promise<Picture> {
  const kind = channels === 1 ? 1 : 3
  return values.picture === '' ? drawPicture(values.pictureSeed, channels, signal)
    : { side: decodedSide, channels: kind, pixels: await decodePicture(values.picture, { side: decodedSide, channels: kind, fit: 'cover' }) }
}

/**
 * Distillation from one image: the teacher labels patches of a single picture, mixed with CutMix, and the student learns the labels.
 * L = Σ_i w_i · mean_c KL(T(x_i)/T ‖ S(x_i)/T), w = 1/N, or the weights of a defense that suspects patches.
 * Reference: Asano & Saeed 2023, arXiv:2112.00725; ABD cmi/vanilla_kd_ood.py. Differs from the reference: patches are made here from any picture instead of
 * read from a folder, and a schedule is always set (the reference refuses to run without one).
 */
export const ood = defineDistillation({
  id: 'ood',
  title: 'One image (OoD)',
  summary: 'The student learns what the teacher says of patches cut out of a single picture; nothing is synthesised.',
  reference: { citation: 'Asano & Saeed 2023, Extrapolating from a single image to a thousand classes using distillation', link: 'https://arxiv.org/abs/2112.00725', place: 'ABD cmi/vanilla_kd_ood.py' },
  params,
  presets: { cifar10: { title: 'CIFAR-10 (reference)', params: { epochs: 300, batchSize: 512, temperature: 8, learningRate: 1e-3, schedule: 'step', milestones: [150, 300, 600], cutMixAlpha: 0.25 } } },
  totalPseudoBatches: (values) => values.epochs * batchesPerEpoch(values),
  cost: (values) => ({ studentForwards: 3 * values.batchSize, teacherForwards: values.batchSize, ownMultiplyAdds: 0, defendedImages: values.batchSize, studentImages: values.batchSize }),
  loadPicture,
  patchPreview: {
    parameters: ['picture', 'pictureSeed', 'patches', 'smallestPatch', 'rotation', 'colour'],
    async make(values, { image, seed, count, signal }) {
      const picture = await loadPicture(values, image.channels, signal)
      const shown = Math.min(count, values.patches)
      // A patch depends on its place in the stream alone: the first ones of the run need no others.
      const { set, need } = createPatches(picture, patchOptions(values, image, shown), createStream(seed, patchStream))
      need(Int32Array.from({ length: shown }, (_unused, index) => index))
      const { side, channels, pixels } = reducedPicture(picture, previewSide)
      return {
        picture: { count: 1, height: side, width: side, channels, pixels }, total: values.patches,
        patches: { count: shown, height: image.height, width: image.width, channels, pixels: set.pixels },
      }
    },
  },
  createSynthesizer,
  createStudentTrainer,
})
