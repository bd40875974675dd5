import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { RefusedInputError } from '../../../../shared/errors'
import { choice, path } from '../../../../shared/schema'
import { quoteFromFile } from '../../weights/fileText'
import { createYielding } from '../../images/yielding'
import { cachedImages } from './cache'
import { fingerprint, listFolders, listPictures, readClassFolders } from './files/classFolders'
import { kindOf } from './files/namedFiles'
import { readWhole } from '../../weights/byteSource'
import { decodePictures, type PictureShape } from '../../images/decoding'
import { defineDataset, type DatasetContext } from './types'
import type { ImageSet } from '../../images/types'

const title = 'GTSRB'
const classes = 43
/** Raised when decoding or resizing changes. */
const version = 1
const action =
  'Name the folder GTSRB that the official archives unpack to; GT-final_test.csv (out of GTSRB_Final_Test_GT.zip) may lie in it, beside it or with the test images.'
const trainFolders = ['Final_Training/Images', 'Training'] as const
const testFolder = 'Final_Test/Images'
const base = 'https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370'

const classNames = [
  'limit 20',
  'limit 30',
  'limit 50',
  'limit 60',
  'limit 70',
  'limit 80',
  'end of limit 80',
  'limit 100',
  'limit 120',
  'no passing',
  'no passing for trucks',
  'right of way ahead',
  'priority road',
  'yield',
  'stop',
  'no vehicles',
  'no trucks',
  'no entry',
  'danger',
  'curve left',
  'curve right',
  'double curve',
  'bumpy road',
  'slippery road',
  'road narrows',
  'road works',
  'traffic signals',
  'pedestrians',
  'children',
  'bicycles',
  'snow',
  'wild animals',
  'end of limits',
  'turn right ahead',
  'turn left ahead',
  'ahead only',
  'ahead or right',
  'ahead or left',
  'keep right',
  'keep left',
  'roundabout',
  'end of no passing',
  'end of no passing for trucks',
]

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null

interface Labelled {
  readonly paths: string[]
  readonly labels: number[]
}

/** The folder that holds the training images: named itself, or "GTSRB" in it. */
async function findRoot(given: string): Promise<{ root: string; train: string }> {
  await kindOf(given, { title, action })
  for (const root of [given, join(given, 'GTSRB')]) {
    for (const folder of trainFolders) if (await exists(join(root, folder))) return { root, train: join(root, folder) }
  }
  throw new RefusedInputError('GTSRB lacks its training images.', {
    wanted: `${trainFolders.join(' or ')} in the folder`,
    got: (await listFolders(given).catch(() => [])).map(quoteFromFile).join(', ') || 'no folder',
    where: given,
    action,
  })
}

async function listTraining(folder: string): Promise<Labelled> {
  const found = await readClassFolders(folder, title, action)
  if (found.length > classes)
    throw new RefusedInputError('These are more classes than GTSRB has.', {
      wanted: `at most ${classes} class folders`,
      got: String(found.length),
      where: folder,
      action: 'Choose "Image folder" for a set of your own.',
    })
  const paths: string[] = []
  const labels: number[] = []
  for (const [index, { name, pictures }] of found.entries()) {
    if (!/^\d{1,5}$/.test(name) || Number(name) !== index) {
      throw new RefusedInputError('The class folders of GTSRB are not numbered without a gap.', {
        wanted: `${String(index).padStart(5, '0')}`,
        got: quoteFromFile(name),
        where: folder,
        action: 'Unpack GTSRB_Final_Training_Images.zip again; every class must be there.',
      })
    }
    for (const picture of pictures) {
      paths.push(picture)
      labels.push(index)
    }
  }
  return { paths, labels }
}

/** Reads file names and classes of the test images; a row is Filename;Width;Height;…;ClassId. */
function parseTestLabels(text: string, file: string, count: number): { names: string[]; labels: number[] } {
  const rows = text.split(/\r?\n/).filter((row) => row.trim() !== '')
  const columns = (rows[0] ?? '').split(';').map((column) => column.trim())
  const [nameAt, classAt] = [columns.indexOf('Filename'), columns.indexOf('ClassId')]
  if (nameAt < 0 || classAt < 0) {
    throw new RefusedInputError('The list of test labels lacks a column.', {
      wanted: 'Filename and ClassId, separated by semicolons',
      got: quoteFromFile(rows[0] ?? ''),
      where: file,
      action: 'Take GT-final_test.csv out of GTSRB_Final_Test_GT.zip; the list inside the image archive has no labels.',
    })
  }
  const names: string[] = []
  const labels: number[] = []
  const rowOf = new Map<string, number>()
  for (const [index, row] of rows.slice(1).entries()) {
    const cells = row.split(';')
    const name = cells[nameAt]?.trim() ?? ''
    const label = Number(cells[classAt]?.trim() || NaN)
    if (!/^[\w-]+\.\w+$/.test(name) || !Number.isInteger(label) || label < 0 || label >= count) {
      throw new RefusedInputError(`Row ${index + 2} of the list of test labels cannot be read.`, {
        wanted: `a file name and a class from 0 to ${count - 1}`,
        got: quoteFromFile(row),
        where: file,
        action,
      })
    }
    const earlier = rowOf.get(name)
    if (earlier !== undefined) {
      const got = `${quoteFromFile(name)} in row ${earlier + 2} with class ${labels[earlier]} and in row ${index + 2} with class ${label}`
      throw new RefusedInputError('The list of test labels names an image twice.', {
        wanted: 'one row per test image',
        got,
        where: file,
        action: 'Take GT-final_test.csv out of GTSRB_Final_Test_GT.zip again.',
      })
    }
    rowOf.set(name, index)
    names.push(name)
    labels.push(label)
  }
  if (names.length === 0)
    throw new RefusedInputError('The list of test labels is empty.', {
      wanted: 'a row per test image',
      got: 'none',
      where: file,
      action,
    })
  return { names, labels }
}

async function findTestFolder(root: string): Promise<string> {
  const folder = join(root, testFolder)
  if (await exists(folder)) return folder
  throw new RefusedInputError('GTSRB lacks its test images.', {
    wanted: testFolder,
    got: 'no such folder',
    where: root,
    action,
  })
}

async function listTest(
  root: string,
  given: string,
  count: number,
): Promise<Labelled & { csv: string; unnamed: number }> {
  const folder = await findTestFolder(root)
  const candidates = [root, folder, given, join(root, '..')].map((place) => join(place, 'GT-final_test.csv'))
  for (const csv of candidates) {
    if (!(await exists(csv))) continue
    const { names, labels } = parseTestLabels(
      Buffer.from(await readWhole(csv, 50_000_000)).toString('utf8'),
      csv,
      count,
    )
    const listed = new Set(names)
    const unnamed = (await listPictures(folder)).pictures.filter((picture) => !listed.has(basename(picture))).length
    return { csv, labels, paths: names.map((name) => join(folder, name)), unnamed }
  }
  throw new RefusedInputError('GTSRB lacks the labels of its test images.', {
    wanted: 'GT-final_test.csv',
    got: 'no such file',
    where: folder,
    action,
  })
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
    channels: 3,
    pixels,
    labels: Int32Array.from(listed.labels),
  }
}

/**
 * GTSRB, the German traffic sign recognition benchmark: 43 classes, photographs of 15–250 px made 32×32 RGB.
 *
 * Layout: Final_Training/Images/00000 … 00042/*.ppm, Final_Test/Images/*.ppm, GT-final_test.csv. Training images are
 * sorted by class; the poisoning
 * plan shuffles them. The whole picture is stretched to a square (the sign's frame in the CSV is not used), bicubic, as
 * the reference does.
 * Normalisation: mean and standard deviation of the reference (zskt/datasets/datasets.py).
 * Differs: the reference resizes with Pillow, here libvips does; both are bicubic, single bytes differ by a few grey
 * levels.
 */
/** Of the final training images, as published. */
const trainPerClass: readonly number[] = [
  210, 2220, 2250, 1410, 1980, 1860, 420, 1440, 1410, 1470, 2010, 1320, 2100, 2160, 780, 630, 420, 1110, 1200, 210, 360,
  330, 390, 510, 270, 1500, 600, 240, 540, 270, 450, 780, 240, 689, 420, 1200, 390, 210, 2070, 300, 360, 240, 240,
]

export const gtsrb = defineDataset({
  id: 'gtsrb',
  title,
  summary: '39,209 + 12,630 photographs of German traffic signs in 43 classes, made 32×32 RGB.',
  reference: {
    citation: 'Stallkamp, Schlipsing, Salmen, Igel 2012, Man vs. computer',
    link: 'https://doi.org/10.1016/j.neunet.2012.02.016',
    place: 'zskt/datasets/gtsrb.py',
  },
  facts: {
    classNames,
    classes,
    needsFiles: true,
    augmentation: { crop: false, flip: false },
    licence: 'free to use, as its page says; cite the paper',
    sources: [
      {
        url: `${base}/GTSRB_Final_Training_Images.zip`,
        fileName: 'GTSRB_Final_Training_Images.zip',
        md5: 'f33fd80ac59bff73c82d25ab499e03a3',
      },
      {
        url: `${base}/GTSRB_Final_Test_Images.zip`,
        fileName: 'GTSRB_Final_Test_Images.zip',
        md5: 'c7e4e6327067d32654124b0fe9e82185',
      },
      {
        url: `${base}/GTSRB_Final_Test_GT.zip`,
        fileName: 'GTSRB_Final_Test_GT.zip',
        md5: 'fe31e9c9270bbcd7b84b7f21a9d9d9e5',
      },
    ],
  },
  params: {
    folder: path({
      label: 'GTSRB folder',
      default: '',
      select: 'folder',
      help: 'The folder GTSRB (with Final_Training and Final_Test), or the folder around it. GT-final_test.csv may lie in any of them.',
    }),
    size: choice({
      label: 'Image size',
      default: '32',
      help: 'Side to which every photograph is stretched. The reference uses 32.',
      options: [
        { value: '32', label: '32×32' },
        { value: '48', label: '48×48' },
        { value: '64', label: '64×64' },
      ],
    }),
  },
  trainPerClass: () => trainPerClass,
  image: ({ size }) => ({ height: Number(size), width: Number(size), channels: 3 }),
  async load(params, context) {
    const { root, train } = await findRoot(params.folder)
    const training = await listTraining(train)
    const found = (training.labels.at(-1) ?? 0) + 1
    const testing = await listTest(root, params.folder, found)
    const shape: PictureShape = { side: Number(params.size), channels: 3, fit: 'fill' }
    const files = await fingerprint([...training.paths, ...testing.paths, testing.csv], createYielding(context.signal))
    const total = training.paths.length + testing.paths.length
    const report = (done: number): void => {
      if (done % 100 === 0)
        context.onProgress?.(
          done / total,
          `Decoding ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} photographs`,
        )
    }
    const pair = await cachedImages('gtsrb', JSON.stringify({ version, shape, files }), context, async () => ({
      train: await decode(training, shape, context, report),
      test: await decode(testing, shape, context, (done) => report(training.paths.length + done)),
    }))
    const official = pair.train.count === 39_209 && pair.test.count === 12_630 && found === classes
    const notes: string[] = []
    if (found < classes)
      notes.push(
        `Of the ${classes} classes the last ${classes - found} are absent (from the folder ${String(found).padStart(5, '0')} on): networks get ${found} outputs, and a teacher for all ${classes} does not fit.`,
      )
    if (testing.unnamed > 0)
      notes.push(
        `GT-final_test.csv names ${testing.labels.length.toLocaleString('en-US')} of the ${(testing.labels.length + testing.unnamed).toLocaleString('en-US')} test images; the other ${testing.unnamed.toLocaleString('en-US')} have no class and are passed over.`,
      )
    if (!official)
      notes.push(
        `This copy has ${pair.train.count.toLocaleString('en-US')} + ${pair.test.count.toLocaleString('en-US')} images in ${found} classes instead of 39,209 + 12,630 in 43: results on it are not results on GTSRB.`,
      )
    return {
      id: 'gtsrb',
      title,
      classNames: classNames.slice(0, found),
      train: pair.train,
      test: pair.test,
      normalization: { mean: [0.3403, 0.3121, 0.3214], standardDeviation: [0.2724, 0.2608, 0.2669] },
      notes,
    }
  },
  async match(path) {
    for (const root of [path, join(path, 'GTSRB')]) {
      if (!(await exists(join(root, trainFolders[0]))) && !(await exists(join(root, testFolder)))) continue
      const error: unknown = await findRoot(path)
        .then((found) => findTestFolder(found.root))
        .then(
          () => null,
          (reason: unknown) => reason,
        )
      return error instanceof RefusedInputError ? error : { folder: path }
    }
    return null
  },
})
