/** The parameters of distillation from one image; the reference's values are the defaults. */
import { pictureExtensions } from '../../../images/decoding'
import type { ImageShape } from '../../../images/types'
import {
  boolean,
  integer,
  memberChoice,
  memberFields,
  number,
  path,
  type ParameterFault,
  type ValuesOf,
} from '../../../../../shared/schema'
import { scheduleMembers, step as stepSchedule } from '../../schedules'

export const oodParameters = {
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
    symbol: 'α',
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
    symbol: 'T',
    default: 8,
    min: 0.01,
    max: 1000,
    help: 'T in KL(teacher/T ‖ student/T), averaged over images and classes; no T² factor, as in the reference.',
  }),
  learningRate: number({
    label: 'Learning rate',
    symbol: 'η',
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
export type OodParameters = ValuesOf<typeof oodParameters>

/** All patches of a run, which stay in memory once drawn: what one array of Node 20 holds. */
const patchBytes = 4_000_000_000

export function faultsOfPatches(
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

export const batchesPerEpoch = (values: OodParameters): number =>
  Math.max(1, Math.floor(values.patches / values.batchSize))
