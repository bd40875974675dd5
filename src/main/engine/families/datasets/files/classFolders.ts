/** Folders of pictures, one per class, with a fingerprint that tells when they changed. */
import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import type { Yielding } from '../../../images/yielding'
import { pictureExtensions } from '../../../images/decoding'

export interface ClassFolder {
  readonly name: string
  /** Absolute paths in the order of their names. */
  readonly pictures: readonly string[]
  /** Files that are no pictures by their names. */
  readonly ignored: number
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const isPicture = (name: string): boolean => pictureExtensions.includes(extname(name).toLowerCase())

/** The pictures directly in a folder; hidden files and folders within are passed over. */
export async function listPictures(folder: string): Promise<{ pictures: string[]; ignored: number }> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(
    (entry) => !entry.name.startsWith('.') && !entry.isDirectory(),
  )
  const pictures = entries
    .filter((entry) => isPicture(entry.name))
    .map((entry) => entry.name)
    .sort(byName)
  return { pictures: pictures.map((name) => join(folder, name)), ignored: entries.length - pictures.length }
}

/** Names of the folders within a folder, sorted; links to folders count, hidden ones do not. */
export async function listFolders(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => !entry.name.startsWith('.'))
  const names: string[] = []
  for (const entry of entries) {
    const isFolder =
      entry.isDirectory() ||
      (entry.isSymbolicLink() && (await stat(join(folder, entry.name)).catch(() => null))?.isDirectory())
    if (isFolder) names.push(entry.name)
  }
  return names.sort(byName)
}

/**
 * One class per folder within `root`, sorted by name. Only one level is read, so links cannot lead in circles.
 * @throws RefusedInputError when there are none, one is empty, or two names differ in case or accents' encoding only
 */
export async function readClassFolders(root: string, title: string, action: string): Promise<ClassFolder[]> {
  const names = await listFolders(root)
  if (names.length < 2)
    throw new RefusedInputError(`${title} has no classes.`, {
      wanted: 'at least 2 folders, one per class',
      got: names.length === 1 ? '1 folder' : `${names.length} folders`,
      where: root,
      action,
    })
  const seen = new Map<string, string>()
  const classes: ClassFolder[] = []
  for (const name of names) {
    const folded = name.normalize('NFC').toLowerCase()
    const twin = seen.get(folded)
    if (twin !== undefined) {
      throw new RefusedInputError('Two class folders have the same name on other systems.', {
        wanted: 'names that differ in more than case or encoding',
        got: `${quoteFromFile(twin)} and ${quoteFromFile(name)}`,
        where: root,
        action: 'Rename or merge them.',
      })
    }
    seen.set(folded, name)
    const { pictures, ignored } = await listPictures(join(root, name))
    if (pictures.length === 0)
      throw new RefusedInputError(`The class ${quoteFromFile(name)} has no pictures.`, {
        wanted: `files ending in ${pictureExtensions.join(', ')}`,
        got: `${ignored} other files`,
        where: join(root, name),
        action: 'Add pictures or remove the folder.',
      })
    classes.push({ name, pictures, ignored })
  }
  return classes
}

/** Whether a picture lies directly in `root` or in one of its folders; unreadable ones are passed over. */
export async function holdsPictures(root: string): Promise<boolean> {
  const folders = await listFolders(root).catch(() => [] as string[])
  for (const folder of [root, ...folders.map((name) => join(root, name))]) {
    if (
      await listPictures(folder).then(
        ({ pictures }) => pictures.length > 0,
        () => false,
      )
    )
      return true
  }
  return false
}

/** A hash over names, sizes and times of files: decoded images are kept under it until one changes. */
export async function fingerprint(paths: readonly string[], yielding: Yielding): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    const found = await stat(path).catch(() => null)
    hash.update(`${path}\0${found?.size ?? -1}\0${found?.mtimeMs ?? -1}\n`)
    if (yielding.due()) await yielding.pause()
  }
  return hash.digest('hex')
}
