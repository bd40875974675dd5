/** Which folders of a tree are the classes, and which pictures train and test. */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { createStream } from '../../../maths/random'
import { holdsClasses, picturePaths, readClassFolders, type ClassFolder } from '../files/classFolders'
import { findPlace, inAnyCase, type DiskTree, type FileTree } from '../files/fileTree'
import { holdOut, type LabelledPictures } from '../files/pictureSets'

export const title = 'Image folder'
export const action =
  'Make one folder per class with its pictures; put these folders into "train" and "test" to choose the test images yourself.'

const trainNames = ['train', 'training']
/** The first that is there holds the test images. */
const testNames = ['test', 'testing', 'val', 'valid', 'validation', 'eval']

/** Where the classes lie: in one folder, or in one for training and one for testing. */
export interface Place<Tree extends FileTree = FileTree> {
  readonly train: Tree
  /** Null where a share of the training images becomes the test set. */
  readonly test: Tree | null
  /** Folders beside them that look like further splits; their pictures are not used. */
  readonly unused: readonly string[]
}

const named = (names: readonly string[], wanted: readonly string[]): string[] =>
  names.filter((name) => wanted.includes(name.toLowerCase()))

/** The split that begins at a folder, where it has one. */
async function splitAt<Tree extends FileTree>(root: Tree): Promise<Place<Tree> | null> {
  const folders = await root.folders()
  const trainName = inAnyCase(folders, trainNames)
  if (trainName === undefined || !(await holdsClasses(root.folder(trainName)))) return null
  let testName: string | undefined
  for (const wanted of testNames) {
    const name = inAnyCase(folders, [wanted])
    if (name !== undefined && (await root.folder(name).folders()).length > 0) testName ??= name
  }
  return {
    train: root.folder(trainName) as Tree,
    test: testName === undefined ? null : (root.folder(testName) as Tree),
    unused: named(folders, [...trainNames, ...testNames]).filter((name) => name !== trainName && name !== testName),
  }
}

/** The nearest place that holds a split or class folders; the tree itself where none does. */
export async function findClasses<Tree extends FileTree>(root: Tree): Promise<Place<Tree>> {
  let found: Place<Tree> | null = null
  await findPlace(root, async (place) => {
    found = (await splitAt(place)) ?? ((await holdsClasses(place)) ? { train: place, test: null, unused: [] } : null)
    return found !== null
  })
  return found ?? { train: root, test: null, unused: [] }
}

export interface Layout {
  readonly names: string[]
  readonly train: LabelledPictures
  readonly test: LabelledPictures
  readonly notes: string[]
}

const flatten = (classes: readonly ClassFolder<DiskTree>[]): LabelledPictures => ({
  paths: classes.flatMap(picturePaths),
  labels: classes.flatMap(({ pictures }, label) => pictures.map(() => label)),
})

const ignoredNotes = (classes: readonly ClassFolder[]): string[] => {
  const ignored = classes.reduce((sum, found) => sum + found.ignored, 0)
  return ignored > 0 ? [`${ignored} files are no pictures by their names and were passed over.`] : []
}

/** Both must have the same classes. */
export async function readSplit<Tree extends FileTree>(
  trainTree: Tree,
  testTree: Tree,
): Promise<{ train: ClassFolder<Tree>[]; test: ClassFolder<Tree>[] }> {
  const train = await readClassFolders(trainTree, `The folder ${quoteFromFile(trainTree.name)}`, action)
  const test = await readClassFolders(testTree, `The folder ${quoteFromFile(testTree.name)}`, action)
  const names = train.map((found) => found.name)
  const others = test.map((found) => found.name)
  const lacking = names.filter((name) => !others.includes(name))
  const surplus = others.filter((name) => !names.includes(name))
  if (lacking.length > 0 || surplus.length > 0) {
    throw new RefusedInputError('Training and test images have different classes.', {
      wanted: `the classes ${names.slice(0, 12).join(', ')} in "${testTree.name}"`,
      got: [
        ...lacking.slice(0, 6).map((name) => `no ${name}`),
        ...surplus.slice(0, 6).map((name) => `${name}, unknown in "${trainTree.name}"`),
      ].join('; '),
      where: testTree.where,
      action,
    })
  }
  return { train, test }
}

/** A share of each class becomes the test set. @throws RefusedInputError naming a class that cannot be split */
function splitClasses(classes: readonly ClassFolder<DiskTree>[], share: number, seed: number): Omit<Layout, 'notes'> {
  const tooFew = classes.find(({ pictures }) => pictures.length < 2)
  if (tooFew)
    throw new RefusedInputError(`The class "${tooFew.name}" has too few pictures to be split.`, {
      wanted: 'at least 2 pictures',
      got: '1',
      where: tooFew.folder.where,
      action,
    })
  const names = classes.map(({ name }) => name)
  return { names, ...holdOut(flatten(classes), share, (label) => createStream(seed, `imageFolder/${names[label]}`)) }
}

/** Reads the folders; `share` and `seed` choose the test set where no folder does. */
export async function readLayout(root: DiskTree, share: number, seed: number): Promise<Layout> {
  const { train, test, unused } = await findClasses(root)
  const notes = unused.map((name) => `The folder ${quoteFromFile(name)} is not used.`)
  if (test === null) {
    const classes = await readClassFolders(train, title, action)
    return { ...splitClasses(classes, share, seed), notes: [...notes, ...ignoredNotes(classes)] }
  }
  const split = await readSplit(train, test)
  return {
    names: split.train.map(({ name }) => name),
    train: flatten(split.train),
    test: flatten(split.test),
    notes: [...notes, ...ignoredNotes([...split.train, ...split.test])],
  }
}
