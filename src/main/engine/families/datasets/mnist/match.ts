import { matchNamedFiles } from '../files/namedFiles'
import type { FoundData, LayoutMatch } from '../types'
import { mnistFiles, mnistNames, requireMnist } from './load'

/**
 * Whether `path` holds files in MNIST's layout. All copies have the same file names, so the path's own words must tell
 * which set it is.
 */
export async function matchMnist(
  found: FoundData,
  title: string,
  fashion: boolean,
): Promise<LayoutMatch<{ folder: string }>> {
  if (/fashion/i.test(found.path) !== fashion) return { closeness: 0, found: 'none of its files', refusal: null }
  return matchNamedFiles(found, {
    folderNames: ['raw'],
    files: mnistNames,
    versions: [mnistFiles],
    tells: (names) => mnistNames.some((name) => names.includes(name)),
    check: (files) => requireMnist(files, title),
  })
}
