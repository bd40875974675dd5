import { matchNamedFiles } from '../files/namedFiles'
import type { LayoutMatch } from '../types'
import { mnistNames, requireMnist } from './load'

/**
 * Whether `path` holds files in MNIST's layout. All copies have the same file names, so the path's own words must tell
 * which set it is.
 */
export async function matchMnist(
  path: string,
  title: string,
  fashion: boolean,
): Promise<LayoutMatch<{ folder: string }>> {
  if (/fashion/i.test(path) !== fashion) return null
  return matchNamedFiles(path, {
    folderNames: ['raw'],
    files: mnistNames,
    tells: (names) => mnistNames.some((name) => names.includes(name)),
    check: (files) => requireMnist(files, title),
  })
}
