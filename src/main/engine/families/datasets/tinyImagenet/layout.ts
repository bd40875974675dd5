/** Where Tiny-ImageNet's pictures lie: as its archive unpacks, or with the validation images sorted into classes. */
import { join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { describeRow } from '../../../weights/fileText'
import { readWhole } from '../../../weights/byteSource'
import { listPictures, picturePaths } from '../files/classFolders'
import { findPlace, inAnyCase, type DiskTree, type FileTree } from '../files/fileTree'
import type { LabelledPictures } from '../files/pictureSets'
import type { FoundData, LayoutMatch } from '../types'

export const title = 'Tiny-ImageNet'
export const classes = 200
export const action =
  'Name the folder tiny-imagenet-200 that the official archive unpacks to (train, val, words.txt), or the archive.'

const listName = 'val_annotations.txt'
const textLimit = 50_000_000
const isWordNetId = (name: string): boolean => /^n\d{8}$/.test(name)

/** Folders of WordNet ids, each with its pictures in "images". */
async function holdsTraining(place: FileTree): Promise<boolean> {
  const name = inAnyCase(await place.folders(), ['train'])
  if (name === undefined) return false
  const train = place.folder(name)
  const [first] = (await train.folders()).filter(isWordNetId)
  return first !== undefined && (await train.folder(first).folders()).includes('images')
}

/** The folder whose pictures are the class's: "images" in it, where there is one. */
async function picturesOf<Tree extends FileTree>(folder: Tree): Promise<{ folder: Tree; pictures: string[] }> {
  const inner = (await folder.folders()).includes('images') ? (folder.folder('images') as Tree) : folder
  return { folder: inner, pictures: (await listPictures(inner)).pictures }
}

/** How the validation images are labelled: by a list, or by folders. */
async function validationOf<Tree extends FileTree>(root: Tree): Promise<{ folder: Tree; byList: boolean }> {
  const name = inAnyCase(await root.folders(), ['val'])
  const folder = name === undefined ? null : (root.folder(name) as Tree)
  if (folder && (await folder.files()).includes(listName)) return { folder, byList: true }
  if (folder && (await folder.folders()).some(isWordNetId)) return { folder, byList: false }
  throw new RefusedInputError(`${title} lacks the labels of its validation images.`, {
    wanted: `val/${listName}, or a folder of each class in val`,
    got: folder ? 'neither' : 'no folder "val"',
    where: root.where,
    action,
  })
}

/** The classes in the order of their ids, with their pictures. @throws RefusedInputError naming an empty one */
async function readTraining(root: DiskTree): Promise<{ ids: string[]; train: LabelledPictures }> {
  const folder = root.folder(inAnyCase(await root.folders(), ['train']) ?? 'train')
  const ids = (await folder.folders()).filter(isWordNetId)
  if (ids.length < 2 || ids.length > classes)
    throw new RefusedInputError(`These are not the classes of ${title}.`, {
      wanted: `2 to ${classes} folders named by WordNet ids in "train"`,
      got: String(ids.length),
      where: folder.where,
      action,
    })
  const train: LabelledPictures = { paths: [], labels: [] }
  for (const [label, id] of ids.entries()) {
    const found = await picturesOf(folder.folder(id))
    if (found.pictures.length === 0)
      throw new RefusedInputError(`The class ${id} has no pictures.`, {
        wanted: 'pictures in "images"',
        got: 'none',
        where: found.folder.where,
        action: 'Unpack the archive again; every class must be there.',
      })
    train.paths.push(...picturePaths(found))
    train.labels.push(...found.pictures.map(() => label))
  }
  return { ids, train }
}

/** A row of the list: file, class and four numbers of a box, divided by tabs. */
function readAnnotations(text: string, ids: readonly string[], file: string): { names: string[]; labels: number[] } {
  const names: string[] = []
  const labels: number[] = []
  const labelOf = new Map(ids.map((id, label) => [id, label]))
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    if (row.trim() === '') continue
    const [name = '', id = ''] = row.split('\t')
    if (!/^[\w-]+\.\w+$/.test(name) || !isWordNetId(id))
      throw new RefusedInputError(`Row ${index + 1} of ${listName} cannot be read.`, {
        wanted: 'a file name, a tab and a class',
        got: describeRow(row, '\t'),
        where: file,
        action,
      })
    const label = labelOf.get(id)
    // Copies of a few classes keep the whole list.
    if (label === undefined) continue
    names.push(name)
    labels.push(label)
  }
  return { names, labels }
}

async function readValidation(root: DiskTree, ids: readonly string[]): Promise<LabelledPictures & { lists: string[] }> {
  const { folder, byList } = await validationOf(root)
  if (byList) {
    const list = join(folder.path, listName)
    const text = Buffer.from(await readWhole(list, textLimit)).toString('utf8')
    const { names, labels } = readAnnotations(text, ids, list)
    const pictures = join(folder.path, (await folder.folders()).includes('images') ? 'images' : '.')
    return { paths: names.map((name) => join(pictures, name)), labels, lists: [list] }
  }
  const test: LabelledPictures = { paths: [], labels: [] }
  for (const [label, id] of ids.entries()) {
    if (!(await folder.folders()).includes(id)) continue
    const paths = picturePaths(await picturesOf(folder.folder(id)))
    test.paths.push(...paths)
    test.labels.push(...paths.map(() => label))
  }
  return { ...test, lists: [] }
}

/** The first word of each class in words.txt; its id where there is none, or where two are called alike. */
async function readNames(root: DiskTree, ids: readonly string[]): Promise<string[]> {
  if (!(await root.files()).includes('words.txt')) return [...ids]
  const text = Buffer.from(await readWhole(join(root.path, 'words.txt'), textLimit)).toString('utf8')
  const words = new Map<string, string>()
  for (const row of text.split(/\r?\n/)) {
    const [id = '', names = ''] = row.split('\t')
    if (isWordNetId(id)) words.set(id, (names.split(',')[0] ?? '').trim().slice(0, 100))
  }
  const named = ids.map((id) => words.get(id) ?? '')
  return named.map((name, label) => {
    const id = ids[label] ?? ''
    if (name === '') return id
    return named.indexOf(name) === named.lastIndexOf(name) ? name : `${name} (${id})`
  })
}

export interface TinyImagenetFiles {
  readonly names: string[]
  readonly train: LabelledPictures
  readonly test: LabelledPictures
  /** Files that decide labels. */
  readonly lists: readonly string[]
}

/** @throws RefusedInputError naming what is missing */
export async function readTinyImagenet(given: DiskTree): Promise<TinyImagenetFiles> {
  const root = (await findPlace(given, holdsTraining)) ?? given
  const { ids, train } = await readTraining(root)
  const { lists, ...test } = await readValidation(root, ids)
  return { names: await readNames(root, ids), train, test, lists }
}

/** Looks at names only. */
export async function matchTinyImagenet({ path, tree }: FoundData): Promise<LayoutMatch<{ folder: string }>> {
  const given = await tree()
  const root = given && (await findPlace(given, holdsTraining))
  if (!root) return { closeness: 0, found: 'no folders of WordNet ids with images', refusal: null }
  try {
    if (root.complete) await validationOf(root)
    return { params: { folder: path } }
  } catch (error) {
    if (!(error instanceof RefusedInputError)) throw error
    return { closeness: 0.5, found: 'labels of its validation images missing', refusal: error }
  }
}
