/** MNIST and the sets that copy its layout: four IDX files, or two tables, of grey images of 28×28. */
import { RefusedInputError } from '../../../../../shared/errors'
import { choice, path } from '../../../../../shared/schema'
import { createYielding, type Yielding } from '../../../images/yielding'
import { parseIdx } from '../files/idx'
import { archiveExtensions } from '../files/archives'
import { listNames, openNamedFiles, type NamedFiles } from '../files/namedFiles'
import type { DatasetContext, LoadedDataset } from '../types'
import type { ImageSet, ImageShape } from '../../../images/types'
import type { MnistKind } from './kind'
import { loadTables } from './tables'

const mnistSide = 28
const paddedSide = 32
/** 400 MB, of a file and of what it unpacks to: eight times the official images. */
const fileLimit = 400_000_000
const classes = 10

const stems = { train: ['train-images', 'train-labels'], test: ['t10k-images', 't10k-labels'] } as const

export const mnistParams = (title: string) => ({
  folder: path({
    label: `${title} folder`,
    default: '',
    select: 'fileOrFolder',
    extensions: archiveExtensions,
    help: 'The folder with the four official files (train-images-idx3-ubyte and so on), gzipped or unpacked; the folder around its "raw" folder; with two tables (mnist_train.csv and mnist_test.csv, or Kaggle’s train.csv and test.csv); or an archive of any of them.',
  }),
  size: choice({
    label: 'Image size',
    default: '32',
    help: 'Two black pixels on each side make 32×32, which generators and networks for CIFAR expect.',
    options: [
      { value: '32', label: '32×32, padded' },
      { value: '28', label: '28×28, as it is' },
    ],
  }),
})

export const mnistImage = ({ size }: { size: string }): ImageShape => ({
  height: Number(size),
  width: Number(size),
  channels: 1,
})

/** The names under which a file is found in the wild. */
const variants = (stem: string): string[] => {
  const type = stem.endsWith('images') ? 'idx3-ubyte' : 'idx1-ubyte'
  return [`${stem}-${type}`, `${stem}-${type}.gz`, `${stem}.${type}`, `${stem}.${type}.gz`]
}
const allNames = [...stems.train, ...stems.test].flatMap(variants)

function findName(files: NamedFiles, stem: string, title: string): string {
  // In the files' order: those in folders of their own come last.
  const name = files.names.find((candidate) => variants(stem).includes(candidate))
  if (name !== undefined) return name
  throw new RefusedInputError(`${title} lacks ${variants(stem)[0]}.`, {
    wanted: `${variants(stem)[0]}, or with .gz`,
    got: listNames(files.names),
    where: files.where,
    action: `Name the folder with the four files of ${title}.`,
  })
}

/** @throws RefusedInputError naming the first missing file */
export function requireMnist(files: NamedFiles, title: string): void {
  for (const stem of [...stems.train, ...stems.test]) findName(files, stem, title)
}

async function pad(set: ImageSet, yielding: Yielding): Promise<ImageSet> {
  const offset = (paddedSide - mnistSide) / 2
  const pixels = new Uint8Array(set.count * paddedSide * paddedSide)
  for (let row = 0; row < set.count * mnistSide; row++) {
    const image = Math.floor(row / mnistSide)
    pixels.set(
      set.pixels.subarray(row * mnistSide, (row + 1) * mnistSide),
      (image * paddedSide + offset + (row % mnistSide)) * paddedSide + offset,
    )
    if (yielding.due()) await yielding.pause()
  }
  return { ...set, height: paddedSide, width: paddedSide, pixels }
}

interface Split {
  readonly split: keyof typeof stems
  readonly title: string
  readonly yielding: Yielding
}

/** As they are, 28×28. */
async function loadSplit(files: NamedFiles, { split, title, yielding }: Split): Promise<ImageSet> {
  const [imagesName, labelsName] = stems[split].map((stem) => findName(files, stem, title)) as [string, string]
  const { where } = files
  const options = { where, limit: fileLimit, yielding }
  const labels = await parseIdx(await files.read(labelsName, fileLimit), {
    ...options,
    name: labelsName,
    dimensions: 1,
  })
  const images = await parseIdx(await files.read(imagesName, fileLimit), {
    ...options,
    name: imagesName,
    dimensions: 3,
    checkShape([count, rows, columns]) {
      if (rows !== mnistSide || columns !== mnistSide)
        throw new RefusedInputError(`${imagesName} holds images of another size.`, {
          wanted: '28 × 28',
          got: `${columns} × ${rows}`,
          where: `${where}: ${imagesName}`,
          action: `Check that these are the files of ${title}.`,
        })
      if (labels.shape[0] !== count)
        throw new RefusedInputError(`${labelsName} does not fit ${imagesName}.`, {
          wanted: `${(count ?? 0).toLocaleString('en-US')} labels`,
          got: `${(labels.shape[0] ?? 0).toLocaleString('en-US')} labels`,
          where,
          action: 'Take both files from the same download.',
        })
    },
  })
  const [count = 0] = images.shape
  const wrong = labels.data.findIndex((label) => label >= classes)
  if (wrong >= 0) {
    throw new RefusedInputError(`Label ${(wrong + 1).toLocaleString('en-US')} of ${labelsName} does not exist.`, {
      wanted: '0 to 9',
      got: String(labels.data[wrong]),
      where: `${files.where}: ${labelsName}, byte ${wrong + 8}`,
      action: 'The file is damaged; download it again.',
    })
  }
  return {
    count,
    height: mnistSide,
    width: mnistSide,
    channels: 1,
    pixels: new Uint8Array(images.data),
    labels: Int32Array.from(labels.data),
  }
}

/** Reads the four files, or without them the tables; labels and sizes are checked. */
export async function loadMnist(
  kind: MnistKind,
  params: { folder: string; size: string },
  context: DatasetContext,
): Promise<LoadedDataset> {
  const { id, title, classNames } = kind
  const yielding = createYielding(context.signal)
  const { train, test, notes } = await readSets(kind, params.folder, context)
  const sized = (set: ImageSet): ImageSet | Promise<ImageSet> => (params.size === '32' ? pad(set, yielding) : set)
  return {
    id,
    title,
    classNames,
    train: await sized(train),
    test: await sized(test),
    normalization: { mean: [kind.mean], standardDeviation: [kind.standardDeviation] },
    notes: [...notesOn(title, train, test), ...notes],
  }
}

async function readSets(
  kind: MnistKind,
  folder: string,
  context: DatasetContext,
): Promise<{ train: ImageSet; test: ImageSet; notes: string[] }> {
  const { title } = kind
  const action = `Name the folder with the four files of ${title}.`
  const files = await openNamedFiles(
    folder,
    { title, folderNames: ['raw'], files: allNames, action, prefers: kind.isNamedBy },
    context,
  )
  const whole = mnistFiles.every((names) => names.some((name) => files.names.includes(name)))
  const tables = whole ? null : await loadTables(kind, folder, context)
  if (tables) return tables
  requireMnist(files, title)
  const yielding = createYielding(context.signal)
  context.onProgress?.(0, 'Reading the training images')
  const train = await loadSplit(files, { split: 'train', title, yielding })
  context.signal?.throwIfAborted()
  context.onProgress?.(0.8, 'Reading the test images')
  return { train, test: await loadSplit(files, { split: 'test', title, yielding }), notes: [] }
}

/** How the labels of the official training images begin: what tells a copy under another set's name. */
const beginnings: Readonly<Record<string, string>> = {
  MNIST: '5,0,4,1,9,2,1,3,1,4',
  'Fashion-MNIST': '9,0,0,3,0,2,7,2,5,5',
}

function notesOn(title: string, train: ImageSet, test: ImageSet): string[] {
  const start = train.labels.subarray(0, 10).join(',')
  const other = Object.keys(beginnings).find((name) => name !== title && beginnings[name] === start)
  return [
    ...(train.count === 60_000 && test.count === 10_000
      ? []
      : [
          `This copy has ${train.count.toLocaleString('en-US')} + ${test.count.toLocaleString('en-US')} images instead of 60,000 + 10,000: results on it are not results on ${title}.`,
        ]),
    ...(other === undefined
      ? []
      : [`The labels begin as those of ${other}, whose files have the same names: choose ${other} if it is meant.`]),
  ]
}

/** The four files, each with its names. */
export const mnistFiles: readonly (readonly string[])[] = [...stems.train, ...stems.test].map(variants)

/** Every name under which one of the four files is found. */
export const mnistNames: readonly string[] = allNames
