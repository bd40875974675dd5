import * as tf from '@tensorflow/tfjs-core'
import { boolean, integer, memberChoice, memberFields, number, path } from '../../../../../shared/schema'
import type { ParameterFault, ValuesOf } from '../../../../../shared/schema'
import type { ImageShape } from '../../../images/types'
import { decodePicture, pictureExtensions } from '../../../images/decoding'
import type { StepRunner } from '../../../graph/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { float32Tensor, toFloat32 } from '../../../weights/weightMap'
import { createAdam } from '../../optimizers/adam'
import { createSchedule, scheduleMembers, step as stepSchedule } from '../../schedules'
import { createStream } from '../../../maths/random'
import { augmentedImages, normalizationTable } from '../../../images/batches'
import { createDivergenceStudent } from '../divergenceStudent'
import { metricsOf } from '../stepOutputs'
import { defineDistillation } from '../types'
import type { DistillationContext, Picture, PseudoBatch, StepMetrics, StudentTrainer, Synthesizer } from '../types'
import { cutMix } from './cutMix'
import { createPatches, reducedPicture } from './patches'
import type { Patches } from './patches'
import { drawPicture } from './picture'

const params = {
  picture: path({
    label: 'Picture',
    default: '',
    select: 'file',
    extensions: pictureExtensions.map((extension) => extension.slice(1)),
    optional: true,
    help: 'Any picture; its largest middle square is used. Empty takes the built-in one, which is drawn by code.',
  }),
  pictureSeed: integer({
    label: 'Seed of the built-in picture',
    default: 0,
    min: 0,
    max: 2 ** 31 - 1,
    help: 'Which built-in picture is drawn.',
    visibleWhen: { field: 'picture', equals: '' },
    advanced: true,
  }),
  patchSeed: integer({
    label: 'Seed of the patches',
    default: 0,
    min: 0,
    max: 2 ** 31 - 1,
    help: 'Which patches are cut out. It belongs to the method, not to the run: runs of other seeds see the same patches, as the reference’s one folder.',
    advanced: true,
  }),
  patches: integer({
    label: 'Patches',
    unit: 'images',
    default: 50_000,
    min: 2,
    max: 1_000_000,
    help: 'Size of the data set that is cut out of the picture.',
  }),
  smallestPatch: number({
    label: 'Smallest patch',
    unit: 'of the picture',
    default: 0.002,
    min: 1e-5,
    max: 1,
    logarithmic: true,
    help: 'Area of the smallest patch; sizes are log-uniform between smallest and largest.',
    advanced: true,
  }),
  largestPatch: number({
    label: 'Largest patch',
    unit: 'of the picture',
    default: 1,
    min: 1e-5,
    max: 1,
    logarithmic: true,
    help: 'Area of the largest patch; 1 is the whole picture.',
    advanced: true,
  }),
  rotation: number({
    label: 'Rotation',
    unit: 'degrees',
    default: 35,
    min: 0,
    max: 180,
    help: 'Patches are turned by up to so much to either side.',
    advanced: true,
  }),
  flips: boolean({
    label: 'Mirror',
    default: true,
    help: 'Half of the patches are mirrored, and half of each batch once more. Off where mirrored signs or digits mean something else.',
    advanced: true,
  }),
  colour: number({
    label: 'Colour',
    default: 0.2,
    min: 0,
    max: 1,
    help: 'Light and each colour channel are scaled by a random factor of 1 ± this.',
    advanced: true,
  }),
  cutMixAlpha: number({
    label: 'CutMix α',
    default: 0.25,
    min: 0,
    max: 10,
    help: 'A box with area share 1 − λ, λ ~ Beta(α, α), comes from another patch of the batch; 0 mixes nothing.',
  }),
  epochs: integer({
    label: 'Epochs',
    default: 300,
    min: 1,
    max: 100_000,
    help: 'Passes over the patches; a pseudo batch is one batch of patches.',
  }),
  batchSize: integer({
    label: 'Batch size',
    unit: 'patches',
    default: 512,
    min: 2,
    max: 4096,
    help: 'Patches per update.',
  }),
  temperature: number({
    label: 'Temperature',
    default: 8,
    min: 0.01,
    max: 1000,
    help: 'T in KL(teacher/T ‖ student/T), averaged over images and classes; no T² factor, as in the reference.',
  }),
  learningRate: number({
    label: 'Learning rate',
    default: 1e-3,
    min: 1e-7,
    max: 1,
    logarithmic: true,
    help: 'Adam for the student; it falls by the schedule.',
  }),
  schedule: memberChoice(scheduleMembers, {
    label: 'Schedule',
    default: stepSchedule.id,
    help: 'How the learning rate falls.',
  }),
  ...memberFields(scheduleMembers, 'schedule'),
}
type OodParameters = ValuesOf<typeof params>

/** All patches of a run, which stay in memory once drawn: what one array of Node 20 holds. */
const patchBytes = 4_000_000_000

function faultsOfPatches(
  { patches, batchSize, smallestPatch, largestPatch }: OodParameters,
  image: ImageShape | undefined,
): ParameterFault[] {
  const faults: ParameterFault[] = []
  if (patches < batchSize)
    faults.push({ parameter: 'patches', wanted: `at least the ${batchSize} patches of a batch`, got: String(patches) })
  if (smallestPatch > largestPatch)
    faults.push({
      parameter: 'smallestPatch',
      wanted: `at most the largest patch, ${largestPatch}`,
      got: String(smallestPatch),
    })
  const bytes = image ? image.height * image.width * image.channels : 0
  if (image && patches * bytes > patchBytes) {
    faults.push({
      parameter: 'patches',
      wanted: `at most ${Math.floor(patchBytes / bytes).toLocaleString('en')} patches of ${image.height} × ${image.width} (${patchBytes / 1e9} GB), or smaller images`,
      got: `${patches.toLocaleString('en')}, which take ${((patches * bytes) / 1e9).toFixed(1)} GB`,
    })
  }
  return faults
}

const batchesPerEpoch = (values: OodParameters): number => Math.max(1, Math.floor(values.patches / values.batchSize))
/** The first `count` patches: each depends on its place in the stream alone. */
const patchesOf = (
  values: OodParameters,
  picture: Picture,
  { height, width }: { height: number; width: number },
  count: number,
): Patches =>
  createPatches(
    picture,
    {
      count,
      height,
      width,
      smallest: values.smallestPatch,
      largest: values.largestPatch,
      rotation: values.rotation,
      flips: values.flips,
      colour: values.colour,
    },
    createStream(values.patchSeed, 'patches'),
  )
/** Side of the picture in a preview, at most. */
const previewSide = 256
/** Side to which a picture out of a file is scaled. */
const decodedSide = 1024

/**
 * The order of an epoch's patches, drawn anew for each; part of every checkpoint. A last batch that is not full is left
 * out.
 */
function createOrder(values: OodParameters, { state, stream }: DistillationContext): () => Int32Array {
  const draws = stream('patchOrder')
  let order: Int32Array = new Int32Array(0)
  let place = 0
  state.addPlain('patchOrderPlace', {
    read: () => ({ place }),
    write: (saved) => {
      place = Number(saved.place ?? 0)
    },
  })
  state.addPooled('patchOrder', {
    read: () =>
      order.length === 0 ? new Map() : new Map([['order', float32Tensor([order.length], Float32Array.from(order))]]),
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
  const patches = patchesOf(values, picture, image, values.patches)
  const table = normalizationTable(context.normalization, image.channels)
  const order = createOrder(values, context)
  return () => {
    const indices = order()
    patches.need(indices)
    const images = augmentedImages(
      patches.set,
      indices,
      table,
      { crop: true, flip: values.flips },
      stream('augmentation'),
    )
    if (values.cutMixAlpha > 0)
      cutMix(images, { count: values.batchSize, ...image }, values.cutMixAlpha, stream('cutMix'))
    return tf.tensor4d(images, [values.batchSize, image.height, image.width, image.channels])
  }
}

const prefixed = (tensors: NamedTensors, prefix: string): NamedTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}${name}`, tensor]))

/** The teacher's answers, and the weights that an active defense gives the images. */
function createJudge(context: DistillationContext): (images: tf.Tensor4D) => NamedTensors {
  const { teacher, program } = context
  const weighing = context.defenses.find((defense) => defense.studentWeights)
  const runners = new Map<boolean, StepRunner>()
  const runnerFor = (weighs: boolean): StepRunner => {
    const known = runners.get(weighs)
    if (known) return known
    const made = program.compile(weighs ? `oodTeacher+${weighing?.id}` : 'oodTeacher', ({ images, ...args }) =>
      tf.tidy(() => {
        const { logits, activations } = teacher.forward(images as tf.Tensor4D, { training: false })
        const weighed = weighs
          ? weighing?.studentWeights?.({
              images: images as tf.Tensor4D,
              teacherLogits: logits,
              teacherActivations: activations,
              args,
            })
          : undefined
        return {
          teacherLogits: logits,
          ...(weighed ? { imageWeights: weighed.weights, ...prefixed(weighed.outputs, `${weighing?.id}.`) } : {}),
        }
      }),
    )
    runners.set(weighs, made)
    return made
  }
  return (images) => {
    const weighs = weighing !== undefined && (weighing.synthesizerTermActive?.() ?? true)
    const args = weighs ? (weighing.synthesizerArguments?.() ?? {}) : {}
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
      const metrics = position.measure ? metricsOf(numbers, {}) : {}
      tf.dispose(numbers)
      batch = {
        images,
        teacherLogits: teacherLogits as tf.Tensor2D,
        teacherAttention: [],
        ...(imageWeights ? { imageWeights: imageWeights as tf.Tensor1D } : {}),
      }
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

const sameBatch: StudentTrainer['batches'] =
  ({ images, teacherLogits, imageWeights }) =>
  () => ({ args: { images, teacherLogits, ...(imageWeights ? { imageWeights } : {}) }, own: [] })

function createStudentTrainer(values: OodParameters, context: DistillationContext): StudentTrainer {
  const perEpoch = batchesPerEpoch(values)
  const schedule = createSchedule(params, values, { peak: values.learningRate, total: values.epochs })
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

async function loadPicture(values: OodParameters, channels: number, signal?: AbortSignal): Promise<Picture> {
  const kind = channels === 1 ? 1 : 3
  return values.picture === ''
    ? drawPicture(values.pictureSeed, channels, signal)
    : {
        side: decodedSide,
        channels: kind,
        pixels: await decodePicture(values.picture, { side: decodedSide, channels: kind, fit: 'cover' }),
      }
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
  params,
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
  }),
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
    async make(values, { image, count, signal }) {
      const picture = await loadPicture(values, image.channels, signal)
      const shown = Math.min(count, values.patches)
      const { set, need } = patchesOf(values, picture, image, shown)
      need(Int32Array.from({ length: shown }, (_unused, index) => index))
      const { side, channels, pixels } = reducedPicture(picture, previewSide)
      return {
        picture: { count: 1, height: side, width: side, channels, pixels },
        total: values.patches,
        patches: { count: shown, height: image.height, width: image.width, channels, pixels: set.pixels },
      }
    },
  },
  createSynthesizer,
  createStudentTrainer,
})
