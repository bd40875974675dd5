/** Data sets of named arrays, whatever files they come in. */
import { basename } from 'node:path'
import { path } from '../../../../../shared/schema'
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { createYielding } from '../../../images/yielding'
import type { ImageSet } from '../../../images/types'
import { archiveExtensions } from '../files/archives'
import type { ArrayFile } from '../files/arrayFile'
import { readImageArray, readLabelArray } from '../files/imageArrays'
import { channelsOf, colourField, fitField, sizeField, splitSeedField, testShareField } from '../files/ownImages'
import { finishOwnSet } from '../files/ownSet'
import { defineDataset, type Dataset, type DatasetContext } from '../types'
import { matchArrays, openArrays, readNames, type ArrayFormat } from './layout'

async function readPair(
  file: ArrayFile,
  names: { readonly images: string; readonly labels: string },
  { action, signal }: Pick<ArrayFormat, 'action'> & Pick<DatasetContext, 'signal'>,
): Promise<{ set: ImageSet; notes: readonly string[] }> {
  const yielding = createYielding(signal)
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

export interface ArrayDataset extends Pick<Dataset, 'id' | 'summary' | 'reference'> {
  readonly format: ArrayFormat
  readonly extensions: readonly string[]
  /** Of the path. */
  readonly help: string
}

/**
 * Images and labels in named arrays.
 *
 * By the names that people give them: x_train, y_train, x_test, y_test (Keras); train_images, train_labels,
 * test_images, test_labels, val_images … (MedMNIST); images, labels; data, labels; X, y; arr_0, arr_1; a word that all
 * of them have (cifar10.1_v6_data, cifar10.1_v6_labels) says nothing.
 * Images (n, h, w), (n, h, w, c) or (n, c, h, w), flat ones of 28×28 and 32×32 too; bytes, whole numbers or floats from
 * 0 to 255, or floats from 0 to 1. Labels (n), (n, 1) or one-hot.
 * Without a test set the validation images are it, else a share of each class. Classes are numbered; normalisation:
 * measured on the training images.
 */
export const defineArrayDataset = ({ id, summary, reference, format, extensions, help }: ArrayDataset): Dataset =>
  defineDataset({
    id,
    title: format.title,
    summary,
    reference,
    facts: { needsFiles: true, augmentation: { crop: true, flip: false }, licence: 'that of the images' },
    params: {
      folder: path({
        label: format.title,
        default: '',
        select: 'fileOrFolder',
        extensions: [...extensions, ...archiveExtensions],
        help,
      }),
      size: sizeField('The side to which images are brought.'),
      fit: fitField,
      colour: colourField,
      testShare: testShareField('where there are no test or validation images'),
      splitSeed: splitSeedField,
    },
    image: ({ size, colour }) => ({ height: size, width: size, channels: channelsOf(colour) }),
    async load(params, context) {
      const { size: side, fit, colour } = params
      const opened = await openArrays(params.folder, format, context)
      const { file, where } = opened
      const { action } = format
      try {
        const layout = readNames(opened, format)
        const read = (split: keyof typeof layout.pairs) =>
          readPair(file, layout.pairs[split]!, { action, signal: context.signal })
        context.onProgress?.(0, 'Reading the training images')
        const train = await read(layout.train)
        context.onProgress?.(0.6, 'Reading the test images')
        const test = layout.test === null ? null : await read(layout.test)
        const set = {
          id,
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
    match: (found) => matchArrays(found, format),
  })
