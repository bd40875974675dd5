import { z } from 'zod'
import { path, text } from '../../../../shared/schema'
import { createYielding } from '../../images/yielding'
import { cachedImages } from './cache'
import { archiveExtensions } from './files/archives'
import { channelsOf, colourField, fitField, sizeField, splitSeedField, testShareField } from './files/ownImages'
import { finishOwnSet } from './files/ownSet'
import { fingerprint } from './files/pictureSets'
import { locateParquet, matchParquet, nameOf, title } from './parquet/layout'
import { inspectFirst, readColumns, readParquet } from './parquet/read'
import { defineDataset } from './types'

/** Raised when decoding changes. */
const version = 1
const isWithoutTest = z.object({ withoutTest: z.boolean() })

/**
 * Pictures and labels in Parquet files, as the hub of Hugging Face has CIFAR-10, CIFAR-100, MNIST and SVHN, and in the
 * Arrow files that its library saves (save_to_disk) and keeps as its cache.
 *
 * Layouts: train-*.parquet and test-*.parquet (several of each) in a folder or in data/, plain_text/ …, or in folders
 * train/ and test/; a single file; the same with .arrow. A column of encoded pictures (bytes, or a group of bytes and
 * path), one of whole numbers. Class names and the kinds of columns are those that the file's note names; else classes
 * are numbered. Without a test file the validation file is it, else a share of each class. Rows in the files' order.
 * Normalisation: measured on the training images.
 */
export const parquet = defineDataset({
  id: 'parquet_files',
  title,
  summary:
    'Pictures and labels in Parquet files, as the hub of Hugging Face has most image sets, and in Arrow files of its library.',
  reference: { citation: 'ABD Workbench, this project', place: 'the layouts of Hugging Face’s datasets library' },
  facts: { needsFiles: true, augmentation: { crop: true, flip: false }, licence: 'that of the pictures' },
  params: {
    folder: path({
      label: title,
      default: '',
      select: 'fileOrFolder',
      extensions: ['parquet', 'arrow', 'feather', ...archiveExtensions],
      help: 'A folder with train-*.parquet and test-*.parquet, or one that save_to_disk wrote; a folder or archive around it, or one such file.',
    }),
    labelColumn: text({
      label: 'Column of labels',
      maxLength: 200,
      default: '',
      help: 'Which column holds the classes. Empty takes label, or fine_label of CIFAR-100.',
    }),
    size: sizeField('The side to which pictures are brought.'),
    fit: fitField,
    colour: colourField,
    testShare: testShareField('where there is no test or validation file'),
    splitSeed: splitSeedField,
  },
  image: ({ size, colour }) => ({ height: size, width: size, channels: channelsOf(colour) }),
  async load(params, context) {
    const { size: side, fit, colour, labelColumn, folder } = params
    const shape = { side, fit, channels: channelsOf(colour) }
    const layout = await locateParquet(folder, context)
    const columns = await readColumns(layout.train[0]!, labelColumn)
    const files = await fingerprint([...layout.train, '', ...layout.test], createYielding(context.signal))
    const read = (names: readonly string[]) => readParquet({ files: names, labelColumn, shape }, context)
    const key = JSON.stringify({ version, shape, files, label: columns.label })
    const pair = await cachedImages('parquet_files', key, context, async () => {
      const train = await read(layout.train)
      const withoutTest = layout.test.length === 0
      return {
        train,
        test: withoutTest
          ? { ...train, count: 0, pixels: new Uint8Array(0), labels: new Int32Array(0) }
          : await read(layout.test),
        extra: { withoutTest },
      }
    })
    const { withoutTest } = isWithoutTest.parse(pair.extra)
    const set = {
      id: 'parquet_files',
      title: nameOf(folder),
      train: pair.train,
      test: withoutTest ? null : pair.test,
      classNames: columns.classNames ?? undefined,
      notes: [...layout.notes, ...(columns.note === null ? [] : [columns.note])],
      where: folder,
    }
    return finishOwnSet(set, { shape, ...params }, context)
  },
  match: (found) => matchParquet(found, inspectFirst),
})
