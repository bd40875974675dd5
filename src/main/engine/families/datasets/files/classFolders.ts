/** Folders of pictures, one per class, on disk or in an archive. */
import { extname, join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { pictureExtensions } from '../../../images/decoding'
import type { DiskTree, FileTree } from './fileTree'

export interface ClassFolder<Tree extends FileTree = FileTree> {
  readonly name: string
  readonly folder: Tree
  /** Their names, in order. */
  readonly pictures: readonly string[]
  /** Files that are no pictures by their names. */
  readonly ignored: number
}

const isPicture = (name: string): boolean => pictureExtensions.includes(extname(name).toLowerCase())

/** The pictures directly in a folder; folders within are passed over. */
export async function listPictures(folder: FileTree): Promise<{ pictures: string[]; ignored: number }> {
  const files = await folder.files()
  const pictures = files.filter(isPicture)
  return { pictures, ignored: files.length - pictures.length }
}

export const picturePaths = ({ folder, pictures }: Pick<ClassFolder<DiskTree>, 'folder' | 'pictures'>): string[] =>
  pictures.map((name) => join(folder.path, name))

/**
 * One class per folder within `root`, sorted by name. Only one level is read, so links cannot lead in circles.
 * @throws RefusedInputError when there are none, one is empty, or two names differ in case or accents' encoding only
 */
export async function readClassFolders<Tree extends FileTree>(
  root: Tree,
  title: string,
  action: string,
): Promise<ClassFolder<Tree>[]> {
  const names = await root.folders()
  if (names.length < 2)
    throw new RefusedInputError(`${title} has no classes.`, {
      wanted: 'at least 2 folders, one per class',
      got: names.length === 1 ? '1 folder' : `${names.length} folders`,
      where: root.where,
      action,
    })
  refuseTwins(names, root.where)
  const classes: ClassFolder<Tree>[] = []
  for (const name of names) {
    const folder = root.folder(name) as Tree
    const { pictures, ignored } = await listPictures(folder)
    if (pictures.length === 0)
      throw new RefusedInputError(`The class ${quoteFromFile(name)} has no pictures.`, {
        wanted: `files ending in ${pictureExtensions.join(', ')}`,
        got: await otherFiles(folder),
        where: folder.where,
        action: 'Add pictures or remove the folder.',
      })
    classes.push({ name, folder, pictures, ignored })
  }
  return classes
}

function refuseTwins(names: readonly string[], where: string): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    const folded = name.normalize('NFC').toLowerCase()
    const twin = seen.get(folded)
    if (twin !== undefined)
      throw new RefusedInputError('Two class folders have the same name on other systems.', {
        wanted: 'names that differ in more than case or encoding',
        got: `${quoteFromFile(twin)} and ${quoteFromFile(name)}`,
        where,
        action: 'Rename or merge them.',
      })
    seen.set(folded, name)
  }
}

/** "12 files, all .heic": what lies there in place of pictures. */
async function otherFiles(folder: FileTree): Promise<string> {
  const files = await folder.files()
  if (await holdsClasses(folder)) return 'pictures in folders within it; those directly in it are read'
  if (files.length === 0) return 'an empty folder'
  const kinds = [...new Set(files.map((name) => extname(name).toLowerCase()))]
  const [only] = kinds
  return `${files.length} other files${kinds.length === 1 && only !== '' ? `, all ${only}` : ''}`
}

/** Whether a picture lies directly in a folder or in one of its folders. */
export async function holdsPictures(root: FileTree): Promise<boolean> {
  const { pictures } = await listPictures(root).catch(() => ({ pictures: [] }))
  return pictures.length > 0 || holdsClasses(root)
}

/** Whether a picture lies directly in one of a folder's folders; unreadable ones are passed over. */
export async function holdsClasses(root: FileTree): Promise<boolean> {
  for (const name of await root.folders().catch(() => [])) {
    const { pictures } = await listPictures(root.folder(name)).catch(() => ({ pictures: [] }))
    if (pictures.length > 0) return true
  }
  return false
}
