import { RefusedInputError } from '../../../../shared/errors'
import { path } from '../../../../shared/schema'
import { decodePictures, inspectPicture, type PictureShape } from '../../images/decoding'
import type { KnownImages, TriggerVariant } from '../../images/poisoning/trigger'
import { readWhole } from '../../weights/byteSource'
import { checkTriggered } from './fromFiles/check'
import { readTriggered, type TriggeredFiles } from './fromFiles/folders'
import { triggerFileLimit } from './pictures'
import { triggerOf } from './trigger'
import { defineAttack, type AttackContext } from './types'

function shapeFor({ height, width, channels }: AttackContext): PictureShape {
  if (height === width) return { side: height, channels, fit: 'pad' }
  throw new RefusedInputError('Triggered images out of files are for square images.', {
    wanted: 'as high as wide',
    got: `${width}×${height}`,
    action: 'Choose a data set of square images.',
  })
}

const sortedPlaces = (files: TriggeredFiles): Int32Array => Int32Array.from(files.keys()).sort()

async function sizeNotes(files: TriggeredFiles, { side, channels }: PictureShape): Promise<string[]> {
  const [first] = files.values()
  if (!first) return []
  const called = { name: 'the first triggered image', where: first.path }
  const found = await inspectPicture(await readWhole(first.path, triggerFileLimit), called)
  const { width, height } = found
  return [
    ...(width === side && height === side
      ? []
      : [
          `The triggered images are ${width}×${height}: they were ${Math.max(width, height) > side ? 'made smaller' : 'put in the middle of black images'} to fit ${side}×${side}.`,
        ]),
    ...(found.channels === channels ? [] : [`The triggered images were made ${channels === 1 ? 'grey' : 'RGB'}.`]),
  ]
}

/**
 * Triggered images out of files, as BackdoorBench saves them with each of its attacks.
 *
 * x' = the file's picture of the image's place in the data set; images of which there is none stay as they are, which
 * are those of the target class: the success rate does not count them. Checked against the data set: the places, the
 * class of each image, that none is missing and none is of the target.
 * Training images can be poisoned where bd_train_dataset is there: only its images are eligible.
 * Reference: BackdoorBench, utils/bd_dataset_v2.py (version 2). Labels of the poisoned images are the target's.
 */
export const fromFiles = defineAttack({
  id: 'from_files',
  title: 'From files (BackdoorBench)',
  summary: 'Triggered images that BackdoorBench saved with its attack (bd_test_dataset), matched to the test images.',
  reference: {
    citation: 'Wu, Chen, Zhang, Zhu, Wei, Yuan, Shen 2022, BackdoorBench',
    link: 'https://arxiv.org/abs/2206.12654',
    place: 'utils/bd_dataset_v2.py',
  },
  cleanLabel: false,
  params: {
    folder: path({
      label: 'Folder of the attack',
      default: '',
      select: 'folder',
      help: 'The folder in which BackdoorBench saved the attack, with bd_test_dataset in it, or bd_test_dataset itself. Training images are poisoned only where bd_train_dataset is there too.',
    }),
  },
  async create({ folder }, context) {
    const sets = await readTriggered(folder)
    const shape = shapeFor(context)
    const size = shape.side * shape.side * shape.channels
    const pixels: Record<TriggerVariant, Map<number, Uint8Array>> = { train: new Map(), test: new Map() }
    const known: KnownImages = {
      places: { train: sets.train && sortedPlaces(sets.train), test: sets.test && sortedPlaces(sets.test) },
      check(variant, labels, target) {
        const files = sets[variant]
        if (files) return checkTriggered({ variant, files, labels, target, folder })
        throw new RefusedInputError('These files cannot poison training images.', {
          wanted: 'the folder bd_train_dataset beside bd_test_dataset',
          got: 'triggered test images only',
          where: folder,
          action: 'Take the teacher from its file (attack_result.pt), or train with another attack.',
        })
      },
      async prepare(variant, places) {
        const wanted = Array.from(places).filter((place) => sets[variant]?.has(place) && !pixels[variant].has(place))
        const paths = wanted.map((place) => sets[variant]!.get(place)!.path)
        const decoded = await decodePictures(paths, shape, undefined, () => undefined)
        wanted.forEach((place, row) => pixels[variant].set(place, decoded.subarray(row * size, (row + 1) * size)))
      },
    }
    const exact = triggerOf(
      (images, _count, variant, indices) => {
        if (!indices) throw new Error('Triggered images out of files need the images’ places in their set.')
        const out = Float64Array.from(images)
        for (let row = 0; row < indices.length; row++) {
          const place = indices[row]!
          const own = pixels[variant].get(place)
          if (own) out.set(own, row * size)
          else if (sets[variant]?.has(place)) throw new Error(`The triggered image ${place} was not prepared.`)
        }
        return out
      },
      await sizeNotes(sets.test ?? new Map<number, never>(), shape),
    )
    return { ...exact, known }
  },
})
