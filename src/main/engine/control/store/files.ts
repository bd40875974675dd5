/** File habits of the store: whole or not at all, and within the workspace. */
import { randomBytes } from 'node:crypto'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Writes beside the target, syncs, renames: a reader sees the old file or the new one. */
export async function writeFileWhole(file: string, data: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(file), `.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(data)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

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
