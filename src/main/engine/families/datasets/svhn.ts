import { RefusedInputError } from '../../../../shared/errors'
import { path } from '../../../../shared/schema'
import { quoteFromFile } from '../../weights/fileText'
import { createYielding } from '../../images/yielding'
import { archiveExtensions } from './files/archives'
import { matchNamedFiles, openNamedFiles, requireFiles, type NamedFiles } from './files/namedFiles'
import { openMat5, type MatFile } from './files/mat5'
import { defineDataset, type DatasetContext } from './types'
import type { ImageSet } from '../../images/types'

const title = 'SVHN'
const needed = ['train_32x32.mat', 'test_32x32.mat']
const classNames = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']
const side = 32
/** 400 MB, of a file and of what it unpacks to: the official training images take 182 and 225 MB. */
const fileLimit = 400_000_000
const action = 'Name the folder that holds train_32x32.mat and test_32x32.mat ("format 2, cropped digits").'
const base = 'http://ufldl.stanford.edu/housenumbers'

function otherShape(name: string, where: string, got: string): RefusedInputError {
  return new RefusedInputError(`${name} holds images of another shape.`, {
    wanted: 'X of 32 × 32 × 3 × images, uint8',
    got,
    where,
    action,
  })
}

/** How many images the file has; none is unpacked. @throws RefusedInputError where images and labels do not fit */
function requireShapes(shapes: MatFile['shapes'], name: string, where: string): number {
  const [images, labels] = [shapes.get('X'), shapes.get('y')]
  if (!images || !labels)
    throw new RefusedInputError(`${name} lacks the images or the labels.`, {
      wanted: 'the matrices X and y',
      got: [...shapes.keys()].map(quoteFromFile).join(', ') || 'no numeric matrix',
      where,
      action,
    })
  const count = images[3] ?? 1
  if (images[0] !== side || images[1] !== side || images[2] !== 3 || images.length > 4)
    throw otherShape(name, where, images.join(' × '))
  const labelled = labels.reduce((product, length) => product * length, 1)
  if (labelled !== count)
    throw new RefusedInputError(`${name} has another number of labels than images.`, {
      wanted: `${count} labels`,
      got: String(labelled),
      where,
      action,
    })
  return count
}

async function readSplit(files: NamedFiles, name: string, context: DatasetContext): Promise<ImageSet> {
  const where = `${files.where}: ${name}`
  const file = await openMat5(await files.read(name, fileLimit), { name, where, limit: fileLimit, ...context })
  const count = requireShapes(file.shapes, name, where)
  const labels = labelsOf((await file.read('y')).data, name, where)
  const images = await file.read('X')
  if (!(images.data instanceof Uint8Array)) throw otherShape(name, where, 'numbers of another type')
  const yielding = createYielding(context.signal)
  const size = side * side * 3
  const pixels = new Uint8Array(count * size)
  for (let image = 0; image < count; image++) {
    const start = image * size
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        for (let channel = 0; channel < 3; channel++)
          pixels[start + (row * side + column) * 3 + channel] =
            images.data[start + (channel * side + column) * side + row]!
      }
    }
    if (yielding.due()) await yielding.pause()
  }
  return { count, height: side, width: side, channels: 3, pixels, labels }
}

/** MATLAB counts from 1: the digit 0 has the label 10. */
function labelsOf(values: ArrayLike<number>, name: string, where: string): Int32Array {
  return Int32Array.from(values, (value, index) => {
    if (Number.isInteger(value) && value >= 1 && value <= 10) return value % 10
    throw new RefusedInputError(`Label ${index + 1} of ${name} does not exist.`, {
      wanted: '1 to 10 (10 is the digit 0)',
      got: String(value),
      where,
      action: 'The file is damaged; download it again.',
    })
  })
}

/**
 * SVHN, cropped digits: house numbers from street views, 32×32 RGB, ten classes; label = digit.
 *
 * MATLAB level 5 files with X [32, 32, 3, n] uint8 and y [n, 1], the digit 0 labelled 10. The extra set is not read.
 * Normalisation: mean and standard deviation of the training images.
 */
export const svhn = defineDataset({
  id: 'svhn',
  title,
  summary: '73,257 + 26,032 digits of house numbers, 32×32 RGB, from the official MATLAB files.',
  reference: {
    citation:
      'Netzer, Wang, Coates, Bissacco, Wu, Ng 2011, Reading digits in natural images with unsupervised feature learning',
    link: 'http://ufldl.stanford.edu/housenumbers/',
  },
  facts: {
    classNames,
    classes: 10,
    needsFiles: true,
    augmentation: { crop: false, flip: false },
    licence: 'for non-commercial use only, as its page says',
    sources: [
      {
        url: `${base}/train_32x32.mat`,
        fileName: 'train_32x32.mat',
        bytes: 182_040_794,
        md5: 'e26dedcc434d2e4c54c9b2d4a06d8373',
      },
      {
        url: `${base}/test_32x32.mat`,
        fileName: 'test_32x32.mat',
        bytes: 64_275_384,
        md5: 'eb5a983be6a315427106f1b164d9cef3',
      },
    ],
  },
  params: {
    folder: path({
      label: 'SVHN folder',
      default: '',
      select: 'fileOrFolder',
      extensions: archiveExtensions,
      help: 'The folder with train_32x32.mat and test_32x32.mat ("format 2, cropped digits"), or an archive of it.',
    }),
  },
  trainPerClass: () => [4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659],
  async load(params, context) {
    const files = await openNamedFiles(params.folder, { title, folderNames: ['SVHN'], files: needed, action }, context)
    requireFiles(files, needed, title, action)
    context.onProgress?.(0, 'Reading train_32x32.mat')
    const train = await readSplit(files, 'train_32x32.mat', context)
    context.onProgress?.(0.7, 'Reading test_32x32.mat')
    const test = await readSplit(files, 'test_32x32.mat', context)
    const official = train.count === 73_257 && test.count === 26_032
    return {
      id: 'svhn',
      title,
      classNames,
      train,
      test,
      normalization: { mean: [0.4377, 0.4438, 0.4728], standardDeviation: [0.198, 0.201, 0.197] },
      notes: official
        ? []
        : [
            `This copy has ${train.count.toLocaleString('en-US')} + ${test.count.toLocaleString('en-US')} images instead of 73,257 + 26,032: results on it are not results on SVHN.`,
          ],
    }
  },
  image: () => ({ height: side, width: side, channels: 3 }),
  match: (found) =>
    matchNamedFiles(found, {
      folderNames: ['SVHN'],
      files: needed,
      versions: [needed.map((name) => [name])],
      tells: (names) => needed.some((name) => names.includes(name)),
      check: (files) => requireFiles(files, needed, title, action),
    }),
})
