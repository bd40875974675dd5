/** The folders below which a page may have files read and written, and whether a path lies there. */
import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { ownFiles, ownFolders } from '../store'
import type { PathUse } from './namedPaths'

export interface AllowedFolders {
  readonly workspace: string
  /** Downloaded data sets lie there; it is read alone. */
  readonly cacheFolder: string
  /** Those of the setting. */
  readonly others: readonly string[]
}

const isHidden = (name: string): boolean => name.startsWith('.')
const partsOf = (path: string): string[] => path.split(sep).filter((part) => part !== '')

/** The one folder of a workspace in which pages write: all others are the engine’s own. */
const exportsFolder = 'exports'

/**
 * Why a page may not use a path, as the end of "this path …"; null where it may. Links are followed first, so none
 * leads out of a folder; nothing is asked of the disk about a path that lies elsewhere.
 */
export async function refusalOfPath(path: string, use: PathUse, folders: AllowedFolders): Promise<string | null> {
  if (!isAbsolute(path) || path.includes('\0')) return 'is no absolute path'
  if (path !== path.trim()) return 'begins or ends with a space, which some readers leave out'
  if (path.split('/').includes('..')) return 'goes up with ".."'
  const root = rootsFor(use, folders).find((folder) => isBelow(path, folder))
  if (root === undefined) return 'lies outside the folders that the owner has allowed'
  const below = refusalBelow(root, path, use, folders)
  if (below !== null) return below
  const realRoot = await realpath(root).catch(() => null)
  const [real, realWorkspace] = [await realOf(path), await realOf(folders.workspace)]
  if (realRoot === null || real === null || realWorkspace === null) return 'cannot be looked at'
  if (!isBelow(real, realRoot)) return 'leads out of its folder by a link'
  // The workspace may lie below another folder, by another name.
  const [place, realPlace] = isBelow(real, realWorkspace) ? [folders.workspace, realWorkspace] : [root, realRoot]
  return refusalBelow(place, join(place, relative(realPlace, real)), use, folders)
}

const rootsFor = (use: PathUse, { workspace, cacheFolder, others }: AllowedFolders): string[] =>
  [workspace, ...(use === 'read' ? [cacheFolder] : []), ...others].filter(isAbsolute)

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function refusalBelow(root: string, path: string, use: PathUse, { workspace }: AllowedFolders): string | null {
  const parts = partsOf(relative(root, path))
  if (parts.some(isHidden)) return 'is hidden, or lies in a hidden folder'
  // Another workspace's too: a lock holds its owner's token.
  if (parts.some((part) => ownFiles.test(part))) return 'is the engine’s own'
  if (use === 'read') return null
  const [first = ''] = parts
  if (root === workspace) {
    if ((parts.length > 1 || ownFolders.includes(first)) && first !== exportsFolder)
      return `lies neither directly in the workspace nor in its folder ${exportsFolder}`
  } else if (partsOf(root).some(isHidden)) return 'lies in a hidden folder, where files may be run'
  return null
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

/** With every link followed, of a path that need not be there yet; null where that cannot be told. */
async function realOf(path: string): Promise<string | null> {
  try {
    return await realpath(path)
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    // A link that leads nowhere yet would have its end made there.
    if (!isAbsent || dirname(path) === path || (await isThere(path))) return null
    const folder = await realOf(dirname(path))
    return folder === null ? null : join(folder, basename(path))
  }
}
