/** A data folder seen as a tree of names, wherever it lies: on disk, or in an archive that nobody has unpacked. */
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

export interface FileTree {
  /** The folder's own name. */
  readonly name: string
  /** Where it lies, for messages: a path, or an archive's path and the place in it. */
  readonly where: string
  /** False where an archive is too long to be listed to its end: what is not seen here may still be in it. */
  readonly complete: boolean
  /** Names of the files directly in it, sorted; hidden ones and what systems leave behind are passed over. */
  files(): Promise<readonly string[]>
  /** Names of the folders directly in it, likewise; links to folders count. */
  folders(): Promise<readonly string[]>
  folder(name: string): FileTree
}

/** A tree whose files can be opened: `path` is the folder itself, be it unpacked from an archive or not. */
export interface DiskTree extends FileTree {
  readonly path: string
  folder(name: string): DiskTree
}

/** False of an archive's names: what they name cannot be opened before it is unpacked. */
export const isOnDisk = (tree: FileTree): tree is DiskTree => 'path' in tree

const wrapperDepth = 4
/** Folders of a folder that are looked into: a set of a thousand classes is no place where others lie. */
const neighbourLimit = 64

/** Names in the order of their characters' codes, as Python's sort has them for most alphabets. */
export const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** What macOS, Windows and notebooks leave in folders: never data. */
export const isLeftover = (name: string): boolean =>
  name.startsWith('.') || name === '__MACOSX' || /^(thumbs\.db|ehthumbs\.db|desktop\.ini|\$recycle\.bin)$/i.test(name)

interface Names {
  readonly files: readonly string[]
  readonly folders: readonly string[]
}

async function readNames(path: string): Promise<Names> {
  const files: string[] = []
  const folders: string[] = []
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (isLeftover(entry.name)) continue
    const isFolder =
      entry.isDirectory() ||
      (entry.isSymbolicLink() && (await stat(join(path, entry.name)).catch(() => null))?.isDirectory() === true)
    ;(isFolder ? folders : files).push(entry.name)
  }
  return { files: files.sort(byName), folders: folders.sort(byName) }
}

/** A folder of this machine; each is read once, when it is first asked for. @throws what readdir throws */
export function diskTree(path: string, where = path): DiskTree {
  let names: Promise<Names> | undefined
  const read = (): Promise<Names> => (names ??= readNames(path))
  const children = new Map<string, DiskTree>()
  return {
    name: basename(path),
    path,
    where,
    complete: true,
    files: async () => (await read()).files,
    folders: async () => (await read()).folders,
    folder(name) {
      const child = children.get(name) ?? diskTree(join(path, name), join(where, name))
      children.set(name, child)
      return child
    },
  }
}

interface Branch {
  readonly files: Set<string>
  readonly folders: Map<string, Branch>
}
const emptyBranch = (): Branch => ({ files: new Set(), folders: new Map() })

/** The tree of an archive's files by their names, which `/` divides. */
export function treeOfNames(
  names: Iterable<string>,
  { name, where, complete }: Pick<FileTree, 'name' | 'where' | 'complete'>,
): FileTree {
  const root = emptyBranch()
  for (const entry of names) {
    const parts = entry.split('/')
    const file = parts.pop() ?? ''
    if (isLeftover(file) || parts.some(isLeftover)) continue
    let branch = root
    for (const part of parts) {
      const next = branch.folders.get(part) ?? emptyBranch()
      branch.folders.set(part, next)
      branch = next
    }
    if (file !== '') branch.files.add(file)
  }
  const view = (branch: Branch, own: string, place: string): FileTree => ({
    name: own,
    where: place,
    complete,
    files: () => Promise.resolve([...branch.files].sort(byName)),
    folders: () => Promise.resolve([...branch.folders.keys()].sort(byName)),
    folder: (child) =>
      view(
        branch.folders.get(child) ?? emptyBranch(),
        child,
        branch === root ? `${place}: ${child}` : `${place}/${child}`,
      ),
  })
  return view(root, name, where)
}

/**
 * Where in a tree a layout may begin, nearest first: the folder itself, what a lone folder in it holds (archive/,
 * cifar-10/cifar-10/), then its folders, and what lone folders in those hold. What cannot be read is passed over.
 */
export async function* placesIn<Tree extends FileTree>(tree: Tree): AsyncGenerator<Tree> {
  const enter = (from: Tree, name: string): Tree => from.folder(name) as Tree
  async function* wrappers(from: Tree): AsyncGenerator<Tree> {
    let place = from
    for (let depth = 0; depth <= wrapperDepth; depth++) {
      yield place
      const [folders, files] = await namesOf(place)
      const [only] = folders
      if (only === undefined || folders.length > 1 || files.length > 0) return
      place = enter(place, only)
    }
  }
  let innermost = tree
  for await (const place of wrappers(tree)) yield (innermost = place)
  const [folders] = await namesOf(innermost)
  for (const name of folders.slice(0, neighbourLimit)) yield* wrappers(enter(innermost, name))
}

const namesOf = (tree: FileTree): Promise<[readonly string[], readonly string[]]> =>
  Promise.all([tree.folders(), tree.files()]).catch(() => [[], []])

/** The first place of a tree that is what is looked for, else null. */
export async function findPlace<Tree extends FileTree>(
  tree: Tree,
  isIt: (place: Tree) => Promise<boolean>,
): Promise<Tree | null> {
  for await (const place of placesIn(tree)) if (await isIt(place).catch(() => false)) return place
  return null
}

/** The name among `names` that one of `wanted` is in any case; the first wanted wins. */
export function inAnyCase(names: readonly string[], wanted: readonly string[]): string | undefined {
  for (const name of wanted) {
    const found =
      names.find((candidate) => candidate === name) ??
      names.find((candidate) => candidate.toLowerCase() === name.toLowerCase())
    if (found !== undefined) return found
  }
  return undefined
}
