/** CIFAR-10 as Kaggle's competition has it: train/1.png …, trainLabels.csv, and test images without labels. */
import { join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { createStream } from '../../../maths/random'
import { readWhole } from '../../../weights/byteSource'
import { describeRow } from '../../../weights/fileText'
import { listPictures } from '../files/classFolders'
import { findPlace, inAnyCase, type DiskTree, type FileTree } from '../files/fileTree'
import { holdOut, readPictureSets, type LabelledPictures } from '../files/pictureSets'
import type { ImagePair } from '../cache'
import type { DatasetContext, FoundData, LayoutMatch } from '../types'
import { cifarSize } from './records'

const listName = 'trainLabels.csv'
/** 10,000 of 50,000, as the official test set has. */
const testShare = 0.2
/** Raised when decoding or the choice of test images changes. */
const version = 1
const listLimit = 50_000_000

interface Place<Tree extends FileTree> {
  readonly root: Tree
  readonly list: string
  readonly train: Tree
}

const listIn = async (place: FileTree): Promise<string | undefined> => inAnyCase(await place.files(), [listName])

/** @throws RefusedInputError where the list is there and the images are not; null without the list */
async function findKaggle<Tree extends FileTree>(given: Tree): Promise<Place<Tree> | null> {
  const root = await findPlace(given, async (place) => (await listIn(place)) !== undefined)
  const list = root ? await listIn(root) : undefined
  if (!root || list === undefined) return null
  const name = inAnyCase(await root.folders(), ['train'])
  const train = name === undefined ? null : (root.folder(name) as Tree)
  if (train) return { root, list, train }
  const packed = inAnyCase(await root.files(), ['train.7z', 'train.zip'])
  throw new RefusedInputError('CIFAR-10 as Kaggle has it lacks its training images.', {
    wanted: `the folder train beside ${list}`,
    got: packed ?? 'no such folder',
    where: root.where,
    action: packed === undefined ? 'Unpack train.7z there.' : `Unpack it there: 7z x ${packed}.`,
  })
}

/** A row is id,label. */
function parseLabels(text: string, classNames: readonly string[], file: string): { ids: string[]; labels: number[] } {
  const ids: string[] = []
  const labels: number[] = []
  const seen = new Set<string>()
  const rows = text.split(/\r?\n/)
  for (const [index, row] of rows.entries()) {
    if (row.trim() === '' || (index === 0 && /^\ufeff?id\s*,\s*label\s*$/i.test(row))) continue
    const [id = '', name = ''] = row.split(',').map((cell) => cell.trim())
    const label = classNames.indexOf(name)
    if (!/^\d{1,9}$/.test(id) || label < 0 || seen.has(id))
      throw new RefusedInputError(`Row ${index + 1} of ${listName} cannot be read.`, {
        wanted: seen.has(id) ? 'each image once' : `the number of an image and one of ${classNames.join(', ')}`,
        got: describeRow(row, ','),
        where: file,
        action: 'Take trainLabels.csv out of Kaggle’s archive again.',
      })
    seen.add(id)
    ids.push(id)
    labels.push(label)
  }
  if (new Set(labels).size === classNames.length) return { ids, labels }
  throw new RefusedInputError(`${listName} does not have every class.`, {
    wanted: `images of ${classNames.length} classes`,
    got: `${ids.length} images of ${new Set(labels).size}`,
    where: file,
    action: 'Take trainLabels.csv out of Kaggle’s archive again.',
  })
}

/**
 * The images in the list's order, or null where there is no such list. A fifth of each class is the test set, always
 * the same, since Kaggle's own has no labels.
 */
export async function loadKaggle(
  given: DiskTree,
  { id, classNames }: { readonly id: string; readonly classNames: readonly string[] },
  context: DatasetContext,
): Promise<(ImagePair & { notes: string[] }) | null> {
  const found = await findKaggle(given)
  if (found === null) return null
  const list = join(found.root.path, found.list)
  const { ids, labels } = parseLabels(Buffer.from(await readWhole(list, listLimit)).toString('utf8'), classNames, list)
  const all: LabelledPictures = { paths: ids.map((id) => join(found.train.path, `${id}.png`)), labels }
  const { train, test } = holdOut(all, testShare, (label) => createStream(0, `cifar/kaggle/${label}`))
  const pair = await readPictureSets(
    { train, test, shape: { side: cifarSize, channels: 3, fit: 'fill' }, where: given.where },
    { id, version, lists: [list] },
    context,
  )
  const { pictures } = await listPictures(found.train)
  const unnamed = pictures.length - ids.length
  const notes = [
    `Kaggle publishes no labels of its test images: ${test.paths.length.toLocaleString('en-US')} of the training images, a fifth of each class and always the same, are the test set here. Results are not comparable with those on the official test images.`,
    ...(unnamed > 0
      ? [`${unnamed.toLocaleString('en-US')} pictures in train have no row in ${found.list} and are passed over.`]
      : []),
  ]
  return { ...pair, notes }
}

/** Looks at names only. */
export async function matchKaggle({ path, tree }: FoundData): Promise<LayoutMatch<{ folder: string }> | null> {
  const root = await tree()
  if (root === null) return null
  try {
    return (await findKaggle(root)) === null ? null : { params: { folder: path } }
  } catch (error) {
    if (!(error instanceof RefusedInputError)) throw error
    if (!root.complete) return { params: { folder: path } }
    return { closeness: 0.5, found: `${listName} is there, its images are not`, refusal: error }
  }
}
