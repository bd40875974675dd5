/** Where something may be written: nothing that is there already is overwritten. */
import { lstat, readdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute } from 'node:path'
import { RefusedInputError } from '../../../../shared/errors'

async function assertWholePath(path: string, kind: 'file' | 'folder'): Promise<void> {
  if (!isAbsolute(path))
    throw new RefusedInputError('The target is no whole path.', {
      wanted: 'an absolute path on the engine’s machine',
      got: path,
      where: 'path',
    })
  const folder = await stat(dirname(path)).catch(() => null)
  if (!folder?.isDirectory())
    throw new RefusedInputError('The target’s folder does not exist.', {
      wanted: `a ${kind} name in an existing folder`,
      got: 'no such folder',
      where: dirname(path),
      action: 'Make the folder, or choose another.',
    })
}

/** @throws RefusedInputError where it is no new file in an existing folder */
export async function assertNewFile(path: string): Promise<void> {
  await assertWholePath(path, 'file')
  if (await lstat(path).catch(() => null))
    throw new RefusedInputError('The target exists already.', {
      wanted: 'a new file name',
      got: 'an existing file or folder',
      where: path,
      action: 'Choose another name, or move the existing one away.',
    })
}

/**
 * @returns whether it is there already, empty
 * @throws RefusedInputError where it is neither a new folder in an existing one nor an empty one
 */
export async function assertEmptyFolder(path: string): Promise<boolean> {
  await assertWholePath(path, 'folder')
  const found = await lstat(path).catch(() => null)
  if (!found) return false
  const entries = found.isDirectory() ? await readdir(path) : null
  if (entries?.length === 0) return true
  throw new RefusedInputError('The target exists already.', {
    wanted: 'a new or empty folder',
    got: entries ? `a folder with ${entries.length} entries` : 'a file',
    where: path,
    action: 'Choose another name.',
  })
}

/** @throws RefusedInputError where it is no address of a web server */
export function assertAddress(text: string, example: string): void {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return
  throw new RefusedInputError('The target is no address.', {
    wanted: `an address like ${example}`,
    got: text,
    where: 'target',
  })
}
