/** A data set's files by name, whether they lie in a folder, in one around it, or in an archive of either. */
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { openFileSource, readWhole } from '../../../weights/byteSource'
import { quoteFromFile } from '../../../weights/fileText'
import type { DatasetContext, FoundData, LayoutDistance, LayoutMatch } from '../types'
import { isArchive, unpackCommand } from './archives'
import { unpackedFolder } from './archives/unpacked'
import { diskTree, findPlace, type DiskTree, type FileTree } from './fileTree'

export interface NamedFiles {
  /** The folder or archive, for messages. */
  readonly where: string
  /**
   * Every file's name there, wanted or not, at most 10,000, sorted; then those of wanted files in folders of their own.
   * No folders, no hidden ones.
   */
  readonly names: readonly string[]
  /** @throws RefusedInputError when the file is absent, no regular file, or larger than `limit` bytes */
  read(name: string, limit: number): Promise<Uint8Array>
}

export interface FilesWanted {
  /** The data set's title, for messages. */
  readonly title: string
  /** Folders that the official archives unpack to; one may be named, or a folder around it. */
  readonly folderNames: readonly string[]
  /** Names of files that tell the folder. */
  readonly files: readonly string[]
  /** Which of several folders that hold them comes first: sets that share their names lie side by side. */
  prefers?(where: string): boolean
  /** What to do when the path is wrong. */
  readonly action: string
}

const nameLimit = 10_000

/** Lists names for a message: at most a dozen, sorted. */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return 'no file'
  const shown = [...names].sort().slice(0, 12).map(quoteFromFile).join(', ')
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown
}

/** What kind of thing lies at a path, following links. @throws RefusedInputError when nothing does */
export async function kindOf(path: string, wanted: Pick<FilesWanted, 'title' | 'action'>): Promise<'folder' | 'file'> {
  if (path.trim() === '')
    throw new RefusedInputError(`No folder of ${wanted.title} was named.`, {
      wanted: 'a path',
      got: 'nothing',
      action: wanted.action,
    })
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR'
    throw new RefusedInputError(
      `${wanted.title} cannot be read: ${missing ? 'nothing lies there' : 'the path cannot be opened'}.`,
      {
        wanted: 'a folder or an archive',
        got: error.code ?? 'an unknown error',
        where: path,
        action: wanted.action,
        cause: error,
      },
    )
  })
  return found.isDirectory() ? 'folder' : 'file'
}

/**
 * The folder at a path, or the one that the archive at the path unpacks to (in the per-user cache, with progress).
 * @throws RefusedInputError where nothing lies there, and for files of other kinds
 */
export async function openDataFolder(
  path: string,
  { title, action }: Pick<FilesWanted, 'title' | 'action'>,
  context: DatasetContext,
): Promise<DiskTree> {
  if ((await kindOf(path, { title, action })) === 'folder') return diskTree(path)
  // Opening checks that it is a regular file before a byte of a pipe or device is read.
  await (await openFileSource(path)).close()
  if (isArchive(path)) return diskTree(await unpackedFolder(path, context), path)
  const name = basename(path)
  const command = unpackCommand(name)
  throw new RefusedInputError(`${quoteFromFile(name)} is neither a folder nor an archive that is read here.`, {
    wanted: 'a folder, or a .zip, .tar.gz, .tgz or .tar',
    got: quoteFromFile(name),
    where: path,
    action: command === undefined ? action : `Unpack it (${command} ${quoteFromFile(name)}) and name the folder.`,
  })
}

type NamedPlace = Pick<FilesWanted, 'folderNames' | 'files' | 'prefers'>

/**
 * Where the files of a place lie in it, by name: directly, else, for the wanted ones, in a folder of a wanted name, as
 * Kaggle unpacks MNIST (train-images-idx3-ubyte/train-images-idx3-ubyte).
 */
async function filesAt(place: FileTree, wanted: readonly string[]): Promise<Map<string, string>> {
  const found = new Map((await place.files()).slice(0, nameLimit).map((name) => [name, name]))
  for (const folder of (await place.folders()).filter((name) => wanted.includes(name))) {
    for (const name of await place.folder(folder).files())
      if (wanted.includes(name) && !found.has(name)) found.set(name, join(folder, name))
  }
  return found
}

/** The place of a tree where the wanted files lie, else the tree itself. */
async function findFiles<Tree extends FileTree>(tree: Tree, wanted: NamedPlace): Promise<Tree> {
  const { folderNames, files } = wanted
  const holds = async (place: Tree): Promise<boolean> =>
    folderNames.includes(place.name) || [...(await filesAt(place, files)).keys()].some((name) => files.includes(name))
  const preferred = async (place: Tree): Promise<boolean> =>
    wanted.prefers?.(place.where) === true && (await holds(place))
  return (wanted.prefers ? await findPlace(tree, preferred) : null) ?? (await findPlace(tree, holds)) ?? tree
}

/**
 * Opens a data set's folder, one around it, or an archive of either.
 * @throws RefusedInputError naming path and reason
 */
export async function openNamedFiles(path: string, wanted: FilesWanted, context: DatasetContext): Promise<NamedFiles> {
  const tree = await findFiles(await openDataFolder(path, wanted, context), wanted)
  const places = await filesAt(tree, wanted.files)
  return {
    where: tree.where,
    names: [...places.keys()],
    read: (name, limit) => readWhole(join(tree.path, places.get(name) ?? name), limit),
  }
}

/** @throws RefusedInputError naming every missing file */
export function requireFiles(files: NamedFiles, needed: readonly string[], title: string, action: string): void {
  const missing = needed.filter((name) => !files.names.includes(name))
  if (missing.length === 0) return
  throw new RefusedInputError(`${title} lacks ${missing.join(', ')}.`, {
    wanted: needed.join(', '),
    got: listNames(files.names),
    where: files.where,
    action,
  })
}

/** A file that a layout needs: the names of which any one will do. */
export type NeededFile = readonly string[]

/** How a data set of named files is told by names alone. */
export interface NamedLayout extends NamedPlace {
  /** The files of each version of the set, one version being enough. */
  readonly versions: readonly (readonly NeededFile[])[]
  /** Names of the official archives. */
  readonly archive?: RegExp
  /** Whether names of files, and of the folder they lie in, tell the set, be it whole or not. */
  tells(names: readonly string[]): boolean
  /** Throws what loading would throw for want of files. */
  check(files: NamedFiles): void
}

/** Of the version that comes nearest: the share of its files that is there, and the clause that names the others. */
function nearestVersion(
  names: readonly string[],
  versions: NamedLayout['versions'],
): Pick<LayoutDistance, 'closeness' | 'found'> {
  let nearest = { closeness: 0, found: 'none of its files' }
  for (const needed of versions) {
    const missing = needed.filter((file) => !file.some((name) => names.includes(name)))
    const closeness = 1 - missing.length / needed.length
    const found = `${missing.length} of ${needed.length} files missing: ${missing.map(([name]) => name).join(', ')}`
    if (closeness > nearest.closeness) nearest = { closeness, found }
  }
  return nearest
}

/** Whether data are a data set's folder, one around it, or an archive of either; see LayoutMatch. */
export async function matchNamedFiles(
  { path, tree }: FoundData,
  layout: NamedLayout,
): Promise<LayoutMatch<{ folder: string }>> {
  if (layout.archive?.test(basename(path))) return { params: { folder: path } }
  const root = await tree()
  if (root === null) return { closeness: 0, found: 'none of its files', refusal: null }
  const place = await findFiles(root, layout)
  if (layout.prefers?.(place.where) === false) return { closeness: 0, found: 'none of its files', refusal: null }
  const names = [...(await filesAt(place, layout.files).catch(() => new Map<string, string>())).keys()]
  const told = layout.tells([place.name, ...names])
  const refusal = refusalOf(() => layout.check({ where: place.where, names, read: notRead }))
  // What is missing of an archive that is too long to list may still be in it.
  if (told && (refusal === null || !root.complete)) return { params: { folder: path } }
  const nearest = nearestVersion(names, layout.versions)
  if (!told || refusal === null) return { ...nearest, refusal: null }
  // Told by its folder's name, or by the files of a version that is not read.
  return nearest.closeness > 0
    ? { ...nearest, refusal }
    : { closeness: leastTrace, found: refusal.message.replace(/\.$/, ''), refusal }
}

const leastTrace = 0.01

const notRead = (name: string): never => {
  throw new Error(`${name} was to be told by its name alone`)
}

/** The refusal that a check ends with, else null. */
function refusalOf(check: () => void): RefusedInputError | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof RefusedInputError) return error
    throw error
  }
}
