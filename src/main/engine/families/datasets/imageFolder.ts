import { basename } from 'node:path'
import { choice, integer, number, path } from '../../../../shared/schema'
import { bytesPerImage } from '../../images/imageSets'
import { createYielding, type Yielding } from '../../images/yielding'
import type { PictureShape } from '../../images/decoding'
import type { ImageSet, Normalization } from '../../images/types'
import { archiveExtensions } from './files/archives'
import { openDataFolder } from './files/namedFiles'
import { readPictureSets } from './files/pictureSets'
import { action, readLayout, title } from './imageFolder/layout'
import { matchImageFolder } from './imageFolder/match'
import { defineDataset } from './types'

/** Raised when decoding, resizing or the split changes. */
const version = 2

const channelsOf = (colour: 'rgb' | 'grey'): 1 | 3 => (colour === 'grey' ? 1 : 3)

/** Mean and standard deviation per channel over all pixels, in units of [0, 1]. */
async function measure(set: ImageSet, yielding: Yielding): Promise<Normalization> {
  const counts = Array.from({ length: set.channels }, () => new Float64Array(256))
  const size = bytesPerImage(set)
  for (let image = 0; image < set.count; image++) {
    for (let place = 0; place < size; place++) counts[place % set.channels]![set.pixels[image * size + place]!]! += 1
    if (yielding.due()) await yielding.pause()
  }
  const moments = counts.map((histogram) => {
    const total = histogram.reduce((sum, count) => sum + count, 0)
    const mean = histogram.reduce((sum, count, value) => sum + (count * value) / 255, 0) / total
    return {
      mean,
      variance: histogram.reduce((sum, count, value) => sum + count * (value / 255 - mean) ** 2, 0) / total,
    }
  })
  // Images of one colour have no deviation; 1 keeps the division harmless.
  return {
    mean: moments.map(({ mean }) => mean),
    standardDeviation: moments.map(({ variance }) => Math.sqrt(variance) || 1),
  }
}

/**
 * Any folder of pictures, one folder per class, or an archive of it.
 *
 * Layout: <class>/*.png with a share of each class as test set, or train/<class>/* and test/<class>/* (also training;
 * testing, val, valid, validation, eval; in any case). Folders around it are looked through; hidden files and leftovers
 * of systems are passed over.
 * Classes are the folder names in sorted order, pictures in the order of their names, as torchvision's ImageFolder has
 * them; PNG, JPEG, BMP, WebP, GIF, TIFF, PBM, PGM and PPM. As its loader does (Pillow, convert('RGB')), transparency is
 * dropped, EXIF orientation and colour profiles are not followed, the first frame counts. Bicubic resizing.
 * Differs: 16-bit grey keeps its upper eight bits, where Pillow makes everything above 255 white.
 * Normalisation: measured on the training images.
 */
export const imageFolder = defineDataset({
  id: 'image_folder',
  title,
  summary: 'Pictures of your own, one folder per class, made square and of one size.',
  reference: { citation: 'ABD Workbench, this project', place: 'the layout of torchvision’s ImageFolder' },
  facts: { needsFiles: true, augmentation: { crop: true, flip: false }, licence: 'that of the pictures' },
  params: {
    folder: path({
      label: 'Folder',
      default: '',
      select: 'fileOrFolder',
      extensions: archiveExtensions,
      help: 'One folder per class, directly in it or within "train" and "test", or an archive of that. The folder names become the class names.',
    }),
    size: integer({
      label: 'Image side',
      unit: 'px',
      default: 32,
      min: 8,
      max: 256,
      help: 'All pictures are made squares of this side. The networks of the presets expect 32; the generators follow the size.',
    }),
    fit: choice({
      label: 'Fit',
      default: 'cover',
      help: 'How pictures that are not square are made so.',
      options: [
        { value: 'cover', label: 'Cut', help: 'The largest square in the middle.' },
        { value: 'fill', label: 'Stretch', help: 'The whole picture, distorted.' },
      ],
    }),
    colour: choice({
      label: 'Colour',
      default: 'rgb',
      help: 'Grey pictures become RGB, or all become grey.',
      options: [
        { value: 'rgb', label: 'RGB' },
        { value: 'grey', label: 'Grey' },
      ],
    }),
    testShare: number({
      label: 'Test share',
      default: 0.2,
      min: 0.01,
      max: 0.9,
      step: 0.05,
      help: 'Share of each class that becomes the test set where there is no "test" folder.',
    }),
    splitSeed: integer({
      label: 'Seed of the split',
      default: 0,
      min: 0,
      max: 2 ** 31 - 1,
      advanced: true,
      help: 'Which pictures become test images. Independent of the experiment’s seed, so that runs are comparable.',
    }),
  },
  image: ({ size, colour }) => ({ height: size, width: size, channels: channelsOf(colour) }),
  async load(params, context) {
    const root = await openDataFolder(params.folder, { title, action }, context)
    const { names, train, test, notes } = await readLayout(root, params.testShare, params.splitSeed)
    const shape: PictureShape = { side: params.size, channels: channelsOf(params.colour), fit: params.fit }
    const sets = { train, test, shape, where: params.folder }
    const pair = await readPictureSets(sets, { id: 'image_folder', version }, context)
    return {
      id: 'image_folder',
      title: basename(params.folder),
      classNames: names,
      train: pair.train,
      test: pair.test,
      normalization: await measure(pair.train, createYielding(context.signal)),
      notes,
    }
  },
  match: matchImageFolder,
})
