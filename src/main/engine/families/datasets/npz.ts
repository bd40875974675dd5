import { basename } from 'node:path'
import { path } from '../../../../shared/schema'
import { RefusedInputError } from '../../../../shared/errors'
import { quoteFromFile } from '../../weights/fileText'
import { createYielding } from '../../images/yielding'
import type { ImageSet } from '../../images/types'
import { archiveExtensions } from './files/archives'
import type { ArrayFile } from './files/arrayFile'
import { readImageArray, readLabelArray } from './files/imageArrays'
import { channelsOf, colourField, fitField, sizeField, splitSeedField, testShareField } from './files/ownImages'
import { finishOwnSet } from './files/ownSet'
import { action, matchNpz, openArrays, readNames, title } from './npz/layout'
import { defineDataset, type DatasetContext } from './types'

async function readPair(
  file: ArrayFile,
  names: { readonly images: string; readonly labels: string },
  context: DatasetContext,
): Promise<{ set: ImageSet; notes: readonly string[] }> {
  const yielding = createYielding(context.signal)
  const named = async (name: string) => ({ name, where: file.placeOf(name), array: await file.read(name) })
  const labels = await readLabelArray(await named(names.labels), yielding)
  const { images, notes } = await readImageArray(await named(names.images), yielding)
  if (labels.length !== images.count)
    throw new RefusedInputError(`${quoteFromFile(names.labels)} does not fit ${quoteFromFile(names.images)}.`, {
      wanted: `${images.count.toLocaleString('en-US')} labels`,
      got: `${labels.length.toLocaleString('en-US')} labels`,
      where: file.placeOf(names.labels),
      action,
    })
  return { set: { ...images, labels }, notes }
}

/**
 * Images and labels in a NumPy archive (.npz), in archives of train.npz and test.npz, or in .npy files of one folder.
 *
 * Arrays by the names that people give them: x_train, y_train, x_test, y_test (Keras); train_images, train_labels,
 * test_images, test_labels, val_images … (MedMNIST); images, labels; data, labels; X, y; arr_0, arr_1; a word that
 * all of them begin with (cifar10.1_v6_data, cifar10.1_v6_labels) says nothing.
 * Images (n, h, w), (n, h, w, c) or (n, c, h, w), flat ones of 28×28 and 32×32 too; bytes, whole numbers or floats from
 * 0 to 255, or floats from 0 to 1. Labels (n), (n, 1) or one-hot.
 * Without a test set the validation images are it, else a share of each class. Object arrays, which hold pickles, are
 * refused. Classes are numbered; normalisation: measured on the training images.
 */
export const npz = defineDataset({
  id: 'numpy_archive',
  title,
  summary: 'Images and labels of your own in .npz or .npy files, as Keras, MedMNIST and notebooks save them.',
  reference: { citation: 'ABD Workbench, this project', place: 'numpy.savez, numpy.save' },
  facts: { needsFiles: true, augmentation: { crop: true, flip: false }, licence: 'that of the images' },
  params: {
    folder: path({
      label: 'NumPy arrays',
      default: '',
      select: 'fileOrFolder',
      extensions: ['npz', ...archiveExtensions],
      help: 'A .npz file with arrays such as x_train, y_train, x_test and y_test, or images and labels; or a folder or archive that holds one, train.npz and test.npz, or such arrays as .npy files.',
    }),
    size: sizeField('The side to which images are brought.'),
    fit: fitField,
    colour: colourField,
    testShare: testShareField('where the archive holds no test or validation images'),
    splitSeed: splitSeedField,
  },
  image: ({ size, colour }) => ({ height: size, width: size, channels: channelsOf(colour) }),
  async load(params, context) {
    const { size: side, fit, colour } = params
    const opened = await openArrays(params.folder, context)
    const { file, where } = opened
    try {
      const layout = readNames(opened)
      context.onProgress?.(0, 'Reading the training images')
      const train = await readPair(file, layout.pairs[layout.train]!, context)
      context.onProgress?.(0.6, 'Reading the test images')
      const test = layout.test === null ? null : await readPair(file, layout.pairs[layout.test]!, context)
      const set = {
        id: 'numpy_archive',
        title: basename(where),
        train: train.set,
        test: test?.set ?? null,
        notes: [...layout.notes, ...train.notes, ...(test?.notes ?? [])],
        where,
      }
      return await finishOwnSet(set, { shape: { side, fit, channels: channelsOf(colour) }, ...params }, context)
    } finally {
      file.close()
    }
  },
  match: matchNpz,
})
