import { basename } from 'node:path'
import { choice, path } from '../../../../shared/schema'
import { createYielding } from '../../images/yielding'
import type { PictureShape } from '../../images/decoding'
import { archiveExtensions } from './files/archives'
import { openDataFolder } from './files/namedFiles'
import { measureNormalization } from './files/normalization'
import { channelsOf, colourField, sizeField, splitSeedField, testShareField } from './files/ownImages'
import { readPictureSets } from './files/pictureSets'
import { action, readLayout, title } from './imageFolder/layout'
import { matchImageFolder } from './imageFolder/match'
import { defineDataset } from './types'

/** Raised when decoding, resizing or the split changes. */
const version = 2

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
    size: sizeField('All pictures are made squares of this side.'),
    fit: choice({
      label: 'Fit',
      default: 'cover',
      help: 'How pictures that are not square are made so.',
      options: [
        { value: 'cover', label: 'Cut', help: 'The largest square in the middle.' },
        { value: 'fill', label: 'Stretch', help: 'The whole picture, distorted.' },
      ],
    }),
    colour: colourField,
    testShare: testShareField('where there is no "test" folder'),
    splitSeed: splitSeedField,
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
      normalization: await measureNormalization(pair.train, createYielding(context.signal)),
      notes,
    }
  },
  match: matchImageFolder,
})
