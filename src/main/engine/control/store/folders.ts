/** Habits of the workspace's folders. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Mode of what the store writes: runs are their owner's alone. */
export const privateFile = 0o600
export const privateFolder = 0o700

/** Bytes of the files below a folder; links are not followed, what vanishes meanwhile counts nothing. */
export async function folderBytes(folder: string, wanted: (name: string) => boolean = () => true): Promise<number> {
  let bytes = 0
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += await folderBytes(path, wanted)
    else if (entry.isFile() && wanted(entry.name)) bytes += (await stat(path).catch(() => ({ size: 0 }))).size
  }
  return bytes
}

/** Bytes of a file; null where there is none. */
export const bytesOf = (file: string): Promise<number | null> =>
  stat(file).then(
    ({ size }) => size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    },
  )
