import { basename, join } from 'node:path'
import { RefusedInputError } from '../../../../shared/errors'
import { choice, path } from '../../../../shared/schema'
import { diskTree, inAnyCase, type DiskTree } from './files/fileTree'
import { archiveExtensions } from './files/archives'
import { listPictures, picturePaths } from './files/classFolders'
import { openDataFolder } from './files/namedFiles'
import { readPictureSets, type LabelledPictures } from './files/pictureSets'
import { gtsrbClasses as classNames } from './gtsrb/classes'
import { action, matchGtsrb, readNumberedClasses, requirePlaces, title, type GtsrbPlaces } from './gtsrb/layout'
import { parseTestList } from './gtsrb/testList'
import { readWhole } from '../../weights/byteSource'
import type { PictureShape } from '../../images/decoding'
import { defineDataset } from './types'

const classes = classNames.length
/** Raised when decoding or resizing changes. */
const version = 1
const listLimit = 50_000_000
const base = 'https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370'

type Places = GtsrbPlaces<DiskTree> & { readonly test: DiskTree }

async function findList({ list, root, test }: Places): Promise<string> {
  for (const folder of [...list.folders, diskTree(join(root.path, '..'))]) {
    const name = inAnyCase(await folder.files().catch(() => []), [list.name])
    if (name !== undefined) return join(folder.path, name)
  }
  throw new RefusedInputError('GTSRB lacks the labels of its test images.', {
    wanted: list.name,
    got: 'no such file',
    where: test.where,
    action,
  })
}

/** The test images in their list's order, and how many it leaves out. */
async function listTest(places: Places, count: number): Promise<LabelledPictures & { list: string; unnamed: number }> {
  const list = await findList(places)
  const { names, labels } = parseTestList(Buffer.from(await readWhole(list, listLimit)).toString('utf8'), list, {
    count,
    action,
  })
  const listed = new Set(names)
  const unnamed = (await listPictures(places.test)).pictures.filter((name) => !listed.has(name)).length
  return { list, labels, paths: names.map((name) => join(places.test.path, name)), unnamed }
}

/** Of the final training images, as published. */
const trainPerClass: readonly number[] = [
  210, 2220, 2250, 1410, 1980, 1860, 420, 1440, 1410, 1470, 2010, 1320, 2100, 2160, 780, 630, 420, 1110, 1200, 210, 360,
  330, 390, 510, 270, 1500, 600, 240, 540, 270, 450, 780, 240, 689, 420, 1200, 390, 210, 2070, 300, 360, 240, 240,
]

/**
 * GTSRB, the German traffic sign recognition benchmark: 43 classes, photographs of 15–250 px made 32×32 RGB.
 *
 * Layout: Final_Training/Images/00000 … 00042/*.ppm, Final_Test/Images/*.ppm, GT-final_test.csv; or Kaggle's copy,
 * Train/0 … 42/*.png, Test/*.png, Test.csv. Training images are sorted by class; the poisoning plan shuffles them. The
 * whole picture is stretched to a square (the sign's frame in the CSV is not used), bicubic, as the reference does.
 * Normalisation: mean and standard deviation of the reference (zskt/datasets/datasets.py).
 * Differs: the reference resizes with Pillow, here libvips does; both are bicubic, single bytes differ by a few grey
 * levels.
 */
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
      select: 'fileOrFolder',
      extensions: archiveExtensions,
      help: 'The folder GTSRB (with Final_Training and Final_Test), Kaggle’s copy (with Train, Test and Test.csv), a folder around either, or an archive. GT-final_test.csv may lie in any of them.',
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
    const places = await requirePlaces(await openDataFolder(params.folder, { title, action }, context))
    const folders = await readNumberedClasses(places.train)
    const found = folders.length
    const train: LabelledPictures = {
      paths: folders.flatMap(picturePaths),
      labels: folders.flatMap(({ pictures }, label) => pictures.map(() => label)),
    }
    const { list, unnamed, ...test } = await listTest(places, found)
    const shape: PictureShape = { side: Number(params.size), channels: 3, fit: 'fill' }
    const sets = { train, test, shape, where: params.folder }
    const pair = await readPictureSets(sets, { id: 'gtsrb', version, lists: [list] }, context)
    const official = pair.train.count === 39_209 && pair.test.count === 12_630 && found === classes
    const notes: string[] = []
    if (found < classes)
      notes.push(
        `Of the ${classes} classes the last ${classes - found} are absent (from number ${found} on): networks get ${found} outputs, and a teacher for all ${classes} does not fit.`,
      )
    if (unnamed > 0)
      notes.push(
        `${basename(list)} names ${test.labels.length.toLocaleString('en-US')} of the ${(test.labels.length + unnamed).toLocaleString('en-US')} test images; the other ${unnamed.toLocaleString('en-US')} have no class and are passed over.`,
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
  match: matchGtsrb,
})
