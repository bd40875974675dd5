/** The folders below which a page may have files read and written, and whether a path lies there. */
import { realpath } from 'node:fs/promises'
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
  const real = await realOf(path)
  if (realRoot === null || real === null) return 'cannot be looked at'
  if (!isBelow(real, realRoot)) return 'leads out of its folder by a link'
  return refusalBelow(root, join(root, relative(realRoot, real)), use, folders)
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
  const [first = ''] = parts
  if (root === workspace) {
    // The lock holds the owner's token.
    if (ownFiles.test(first)) return 'is the engine’s own'
    if (use === 'write' && (parts.length > 1 || ownFolders.includes(first)) && first !== exportsFolder)
      return `lies neither directly in the workspace nor in its folder ${exportsFolder}`
  } else if (use === 'write' && partsOf(root).some(isHidden)) return 'lies in a hidden folder, where files may be run'
  return null
}

/** With every link followed, of a path that need not be there yet; null where that cannot be told. */
async function realOf(path: string): Promise<string | null> {
  try {
    return await realpath(path)
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isAbsent || dirname(path) === path) return null
    const folder = await realOf(dirname(path))
    return folder === null ? null : join(folder, basename(path))
  }
}
