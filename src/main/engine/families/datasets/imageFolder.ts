import { basename, join } from 'node:path'
import { RefusedInputError } from '../../../../shared/errors'
import { choice, integer, number, path } from '../../../../shared/schema'
import { createStream } from '../../maths/random'
import { createYielding, type Yielding } from '../../images/yielding'
import { cachedImages } from './cache'
import { fingerprint, holdsPictures, listFolders, readClassFolders, type ClassFolder } from './files/classFolders'
import { kindOf } from './files/namedFiles'
import { decodePictures, type PictureShape } from '../../images/decoding'
import { bytesPerImage } from '../../images/imageSets'
import { defineDataset, type DatasetContext } from './types'
import type { ImageSet, Normalization } from '../../images/types'

const title = 'Image folder'
/** Raised when decoding, resizing or the split changes. */
const version = 1
/** 4 GB of decoded images: beyond it the sets do not fit into memory beside a training run. */
const memoryLimit = 4_000_000_000
const action =
  'Make one folder per class with its pictures; put these folders into "train" and "test" to choose the test images yourself.'
const testNames = ['test', 'val', 'valid', 'validation']

const channelsOf = (colour: 'rgb' | 'grey'): 1 | 3 => (colour === 'grey' ? 1 : 3)

interface Labelled {
  readonly paths: string[]
  readonly labels: number[]
}
interface Layout {
  readonly names: string[]
  readonly train: Labelled
  readonly test: Labelled
  readonly ignored: number
}

const flatten = (classes: readonly ClassFolder[]): Labelled => ({
  paths: classes.flatMap((found) => found.pictures),
  labels: classes.flatMap((found, label) => found.pictures.map(() => label)),
})
const countIgnored = (classes: readonly ClassFolder[]): number => classes.reduce((sum, found) => sum + found.ignored, 0)

/** train/<class> and test/<class>: both must have the same classes. */
async function readSplitFolders(root: string, testName: string): Promise<Layout> {
  const train = await readClassFolders(join(root, 'train'), 'The folder "train"', action)
  const test = await readClassFolders(join(root, testName), `The folder "${testName}"`, action)
  const names = train.map((found) => found.name)
  const others = test.map((found) => found.name)
  const lacking = names.filter((name) => !others.includes(name))
  const surplus = others.filter((name) => !names.includes(name))
  if (lacking.length > 0 || surplus.length > 0) {
    throw new RefusedInputError('Training and test images have different classes.', {
      wanted: `the classes ${names.slice(0, 12).join(', ')} in "${testName}"`,
      got: [
        ...lacking.slice(0, 6).map((name) => `no ${name}`),
        ...surplus.slice(0, 6).map((name) => `${name}, unknown in "train"`),
      ].join('; '),
      where: root,
      action,
    })
  }
  return { names, train: flatten(train), test: flatten(test), ignored: countIgnored(train) + countIgnored(test) }
}

/**
 * <class> folders: a share of each class becomes the test set, chosen at random by the seed. At least one image of a
 * class stays on either side.
 */
async function splitClasses(root: string, share: number, seed: number): Promise<Layout> {
  const classes = await readClassFolders(root, title, action)
  const train: Labelled = { paths: [], labels: [] }
  const test: Labelled = { paths: [], labels: [] }
  for (const [label, { name, pictures }] of classes.entries()) {
    if (pictures.length < 2)
      throw new RefusedInputError(`The class "${name}" has too few pictures to be split.`, {
        wanted: 'at least 2 pictures',
        got: '1',
        where: join(root, name),
        action,
      })
    const held = Math.min(pictures.length - 1, Math.max(1, Math.round(share * pictures.length)))
    const chosen = new Set(createStream(seed, `imageFolder/${name}`).permutation(pictures.length).subarray(0, held))
    pictures.forEach((picture, index) => {
      const side = chosen.has(index) ? test : train
      side.paths.push(picture)
      side.labels.push(label)
    })
  }
  return { names: classes.map((found) => found.name), train, test, ignored: countIgnored(classes) }
}

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

async function decode(
  listed: Labelled,
  shape: PictureShape,
  context: DatasetContext,
  report: (done: number) => void,
): Promise<ImageSet> {
  const pixels = await decodePictures(listed.paths, shape, context.signal, report)
  return {
    count: listed.paths.length,
    height: shape.side,
    width: shape.side,
    channels: shape.channels,
    pixels,
    labels: Int32Array.from(listed.labels),
  }
}

function refuseTooMany(images: number, shape: PictureShape, where: string): void {
  const bytes = images * shape.side * shape.side * shape.channels
  if (bytes <= memoryLimit) return
  throw new RefusedInputError('These pictures do not fit into memory.', {
    wanted: `at most ${memoryLimit / 1e9} GB decoded`,
    got: `${(bytes / 1e9).toFixed(1)} GB: ${images.toLocaleString('en-US')} images of ${shape.side}×${shape.side}`,
    where,
    action: 'Choose a smaller image size or fewer pictures.',
  })
}

/**
 * Any folder of pictures, one folder per class.
 *
 * Layout: <class>/*.png with a share of each class as test set, or train/<class>/* and test/<class>/* (also val, valid,
 * validation).
 * Classes are the folder names in sorted order, pictures in the order of their names. PNG, JPEG, WebP, GIF, TIFF and
 * PPM; bicubic resizing,
 * transparency over black, EXIF orientation followed, first frame. Normalisation: measured on the training images.
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
      select: 'folder',
      help: 'One folder per class, directly in it or within "train" and "test". The folder names become the class names.',
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
    if ((await kindOf(params.folder, { title, action })) !== 'folder')
      throw new RefusedInputError('The path is no folder.', {
        wanted: 'a folder of class folders',
        got: 'a file',
        where: params.folder,
        action,
      })
    const folders = await listFolders(params.folder)
    const testName = testNames.find((name) => folders.includes(name))
    const layout =
      folders.includes('train') && testName !== undefined
        ? await readSplitFolders(params.folder, testName)
        : await splitClasses(params.folder, params.testShare, params.splitSeed)
    const shape: PictureShape = { side: params.size, channels: channelsOf(params.colour), fit: params.fit }
    const yielding = createYielding(context.signal)
    const { train, test } = layout
    const total = train.paths.length + test.paths.length
    refuseTooMany(total, shape, params.folder)
    const report = (done: number): void => {
      if (done % 100 === 0)
        context.onProgress?.(
          done / total,
          `Decoding ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} pictures`,
        )
    }
    const key = JSON.stringify({
      version,
      shape,
      train: await fingerprint(train.paths, yielding),
      test: await fingerprint(test.paths, yielding),
    })
    const pair = await cachedImages('image_folder', key, context, async () => ({
      train: await decode(train, shape, context, report),
      test: await decode(test, shape, context, (done) => report(train.paths.length + done)),
    }))
    return {
      id: 'image_folder',
      title: basename(params.folder),
      classNames: layout.names,
      train: pair.train,
      test: pair.test,
      normalization: await measure(pair.train, yielding),
      notes: layout.ignored > 0 ? [`${layout.ignored} files are no pictures by their names and were passed over.`] : [],
    }
  },
  async match(path) {
    const folders = await listFolders(path).catch(() => [] as string[])
    const root = folders.includes('train') ? join(path, 'train') : path
    const error: unknown = await readClassFolders(root, title, action).then(
      () => null,
      (reason: unknown) => reason,
    )
    if (error === null) return { folder: path }
    return error instanceof RefusedInputError && (await holdsPictures(root)) ? error : null
  },
})
