import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { mnistNames } from './load'

/**
 * Whether `path` holds files in MNIST's layout. All copies have the same file names, so the path's own words must tell which set it is.
 */
export async function holdsMnist(path: string, fashion: boolean): Promise<boolean> {
  if (/fashion/i.test(path) !== fashion) return false
  for (const folder of [path, join(path, 'raw')]) {
    const names = await readdir(folder).catch(() => [] as string[])
    if (names.filter((name) => mnistNames.includes(name)).length >= 4) return true
  }
  return false
}
