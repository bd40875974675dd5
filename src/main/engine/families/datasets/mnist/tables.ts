/** MNIST and its like as tables: mnist_train.csv and mnist_test.csv, or Kaggle's train.csv and test.csv. */
import { RefusedInputError } from '../../../../../shared/errors'
import { createStream } from '../../../maths/random'
import type { ImageSet } from '../../../images/types'
import { createYielding } from '../../../images/yielding'
import { heldOut } from '../files/heldOut'
import { listNames, matchNamedFiles, openNamedFiles, type NamedFiles, type NeededFile } from '../files/namedFiles'
import type { DatasetContext, FoundData, LayoutMatch } from '../types'
import { parseDigitTable, type DigitTable } from './digitTable'
import { setNamedBy, type MnistKind } from './kind'

/** 600 MB: five times the largest official table. */
const fileLimit = 600_000_000
/** 10,000 of 70,000, as the official files have. */
const testShare = 1 / 7
const side = 28

/** Names that tell the set, then those that any competition of Kaggle's has. */
const tablesOf = ({ tables }: Pick<MnistKind, 'tables'>): { train: NeededFile; test: NeededFile } => ({
  train: [`${tables}_train.csv`, 'train.csv'],
  test: [`${tables}_test.csv`, 'test.csv'],
})

/** The tables' images, 28×28; null where there is no table of training images. */
export async function loadTables(
  kind: MnistKind,
  folder: string,
  context: DatasetContext,
): Promise<{ train: ImageSet; test: ImageSet; notes: string[] } | null> {
  const { id, title } = kind
  const names = tablesOf(kind)
  const action = `Name the folder with the tables of ${title}.`
  const wanted = { title, folderNames: [], files: [...names.train, ...names.test], action, prefers: kind.isNamedBy }
  const files = await openNamedFiles(folder, wanted, context)
  const trainName = names.train.find((name) => files.names.includes(name))
  if (trainName === undefined) return null
  const testName = requireTest(files, trainName, kind)
  const yielding = createYielding(context.signal)
  const read = async (name: string, done: number, share: number): Promise<DigitTable> => {
    const onProgress = (part: number): void => context.onProgress?.(done + share * part, `Reading ${name}`)
    onProgress(0)
    return parseDigitTable(await files.read(name, fileLimit), { name, where: files.where, yielding, onProgress })
  }
  const train = imagesOf(await read(trainName, 0, 0.85))
  if (train === null) throw unlabelled(files, trainName)
  const test = imagesOf(await read(testName, 0.85, 0.15))
  if (test !== null) return { train, test, notes: [] }
  const chosen = heldOut(train.labels, testShare, (label) => createStream(0, `${id}/tables/${label}`))
  const note = `${testName} has no labels: ${chosen.size.toLocaleString('en-US')} of the training images, a seventh of each class and always the same, are the test set here. Results are not comparable with those on the official test images.`
  return { train: part(train, (place) => !chosen.has(place)), test: part(train, (p) => chosen.has(p)), notes: [note] }
}

/** The table of test images that goes with that of training images. */
function requireTest(files: NamedFiles, trainName: string, kind: MnistKind): string {
  const testName = tablesOf(kind).test[tablesOf(kind).train.indexOf(trainName)] ?? ''
  if (files.names.includes(testName)) return testName
  throw new RefusedInputError(`${kind.title} lacks ${testName}.`, {
    wanted: testName,
    got: listNames(files.names),
    where: files.where,
    action: `Lay it beside ${trainName}.`,
  })
}

const unlabelled = (files: NamedFiles, name: string): RefusedInputError =>
  new RefusedInputError(`${name} has no labels.`, {
    wanted: '785 columns, the label among them',
    got: '784 columns',
    where: `${files.where}: ${name}`,
    action: 'Take the table of training images as it was downloaded.',
  })

const imagesOf = ({ count, pixels, labels }: DigitTable): ImageSet | null =>
  labels && { count, height: side, width: side, channels: 1, pixels, labels }

/** The images at some places, in their order. */
function part(set: ImageSet, isChosen: (place: number) => boolean): ImageSet {
  const places = Array.from({ length: set.count }, (_, place) => place).filter(isChosen)
  const size = side * side
  const pixels = new Uint8Array(places.length * size)
  places.forEach((place, index) => pixels.set(set.pixels.subarray(place * size, (place + 1) * size), index * size))
  return { ...set, count: places.length, pixels, labels: Int32Array.from(places, (place) => set.labels[place] ?? 0) }
}

/** Names that other sets have as well tell it only where the path's words do. */
export const matchTables = (found: FoundData, kind: MnistKind): Promise<LayoutMatch<{ folder: string }>> => {
  const { train, test } = tablesOf(kind)
  const [ownTrain = '', commonTrain = ''] = train
  const [ownTest = '', commonTest = ''] = test
  const isTold = (files: NamedFiles): boolean =>
    files.names.includes(ownTrain) || (files.names.includes(commonTrain) && isNamedByWord(files.where, kind))
  return matchNamedFiles(found, {
    folderNames: [],
    files: [...train, ...test],
    versions: [[[ownTrain], [ownTest]]],
    tells: (names) => [ownTrain, ownTest, commonTrain, commonTest].some((name) => names.includes(name)),
    check(files) {
      if (!isTold(files))
        throw new RefusedInputError(`${commonTrain} may be of any set: nothing tells that it is of ${kind.title}.`, {
          wanted: `${ownTrain}, or a folder that is called after the set`,
          got: listNames(files.names),
          where: files.where,
          action: `Choose ${kind.title} if it is meant.`,
        })
      requireTest(files, files.names.includes(ownTrain) ? ownTrain : commonTrain, kind)
    },
  })
}

const isNamedByWord = (where: string, kind: MnistKind): boolean => setNamedBy(where) !== null && kind.isNamedBy(where)
