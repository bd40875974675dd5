import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What the input is called in refusals. */
export const name = 'input'
export const where = 'input'

let folder: string | null = null
/** Readers of files get one, in memory where the system has such a folder. */
export async function inFile(bytes: Buffer, extension: string, use: (path: string) => Promise<void>): Promise<void> {
  if (folder === null) {
    folder = mkdtempSync(join(process.platform === 'linux' ? '/dev/shm' : tmpdir(), 'abd-fuzz-'))
    const made = folder
    process.on('exit', () => rmSync(made, { recursive: true, force: true }))
  }
  const path = join(folder, `${name}${extension}`)
  writeFileSync(path, bytes)
  await use(path)
}
