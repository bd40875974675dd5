/** Where GTSRB's images and test labels lie: as the official archives unpack, or as Kaggle's copy has them. */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { readClassFolders, type ClassFolder } from '../files/classFolders'
import { byName, findPlace, inAnyCase, type FileTree } from '../files/fileTree'
import type { FoundData, LayoutMatch } from '../types'
import { gtsrbClasses } from './classes'

export const title = 'GTSRB'
export const action =
  'Name the folder GTSRB that the official archives unpack to (GT-final_test.csv out of GTSRB_Final_Test_GT.zip may lie in it, beside it or with the test images), or the folder of Kaggle’s copy with Train, Test and Test.csv.'

const wantedTrain = 'Final_Training/Images or Training (official), or Train (Kaggle), in the folder'

export interface GtsrbPlaces<Tree extends FileTree> {
  readonly root: Tree
  readonly train: Tree | null
  readonly test: Tree | null
  readonly list: { readonly name: string; readonly folders: readonly Tree[] }
}

/** The folder at a path below, each step in any case; null where there is none. */
async function below<Tree extends FileTree>(root: Tree, steps: readonly string[]): Promise<Tree | null> {
  let place = root
  for (const step of steps) {
    const name = inAnyCase(await place.folders(), [step])
    if (name === undefined) return null
    place = place.folder(name) as Tree
  }
  return place
}

const isNumbered = (name: string): boolean => /^\d{1,5}$/.test(name)

async function officialAt<Tree extends FileTree>(root: Tree, around: Tree): Promise<GtsrbPlaces<Tree> | null> {
  const final = await below(root, ['Final_Training', 'Images'])
  const test = await below(root, ['Final_Test', 'Images'])
  if (final === null && test === null) return null
  const train = final ?? (await below(root, ['Training']))
  return { root, train, test, list: { name: 'GT-final_test.csv', folders: [root, ...(test ? [test] : []), around] } }
}

/** Numbered classes in Train, and a list beside it that an image folder does not have. */
async function kaggleAt<Tree extends FileTree>(root: Tree): Promise<GtsrbPlaces<Tree> | null> {
  const list = inAnyCase(await root.files(), ['Test.csv'])
  const train = await below(root, ['Train'])
  if (list === undefined || train === null || !(await train.folders()).every(isNumbered)) return null
  return { root, train, test: await below(root, ['Test']), list: { name: list, folders: [root] } }
}

/** The places of the first layout that there is a trace of. */
async function findPlaces<Tree extends FileTree>(given: Tree): Promise<GtsrbPlaces<Tree> | null> {
  let found: GtsrbPlaces<Tree> | null = null
  await findPlace(given, async (place) => {
    found = (await officialAt(place, given)) ?? (await kaggleAt(place))
    return found !== null
  })
  return found
}

/** @throws RefusedInputError naming what is missing */
export async function requirePlaces<Tree extends FileTree>(
  given: Tree,
): Promise<GtsrbPlaces<Tree> & { train: Tree; test: Tree }> {
  const places = await findPlaces(given)
  if (!places?.train) {
    const folders = await given.folders().catch(() => [])
    throw new RefusedInputError('GTSRB lacks its training images.', {
      wanted: wantedTrain,
      got: folders.map(quoteFromFile).join(', ') || 'no folder',
      where: given.where,
      action,
    })
  }
  const { train, test } = places
  if (test) return { ...places, train, test }
  throw new RefusedInputError('GTSRB lacks its test images.', {
    wanted: 'Final_Test/Images (official) or Test (Kaggle)',
    got: 'no such folder',
    where: places.root.where,
    action,
  })
}

/** Class folders in the order of their numbers, whether or not these are padded. */
export async function readNumberedClasses<Tree extends FileTree>(folder: Tree): Promise<ClassFolder<Tree>[]> {
  const found = await readClassFolders(folder, title, action)
  if (found.length > gtsrbClasses.length)
    throw new RefusedInputError('These are more classes than GTSRB has.', {
      wanted: `at most ${gtsrbClasses.length} class folders`,
      got: String(found.length),
      where: folder.where,
      action: 'Choose "Image folder" for a set of your own.',
    })
  const classes = found.sort((a, b) => Number(a.name) - Number(b.name) || byName(a.name, b.name))
  for (const [index, { name }] of classes.entries()) {
    if (isNumbered(name) && Number(name) === index) continue
    throw new RefusedInputError('The class folders of GTSRB are not numbered without a gap.', {
      wanted: String(index).padStart(name.length, '0'),
      got: quoteFromFile(name),
      where: folder.where,
      action: 'Unpack GTSRB_Final_Training_Images.zip again; every class must be there.',
    })
  }
  return classes
}

/** Looks at names only. */
export async function matchGtsrb({ path, tree }: FoundData): Promise<LayoutMatch<{ folder: string }>> {
  const root = await tree()
  const places = root && (await findPlaces(root))
  if (!root || !places) return { closeness: 0, found: 'neither its training nor its test images', refusal: null }
  try {
    await requirePlaces(root)
    return { params: { folder: path } }
  } catch (error) {
    if (!(error instanceof RefusedInputError)) throw error
    // What is missing of an archive that is too long to list may still be in it.
    if (!root.complete) return { params: { folder: path } }
    return { closeness: 0.5, found: `${places.train ? 'test' : 'training'} images missing`, refusal: error }
  }
}
