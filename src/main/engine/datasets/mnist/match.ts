import { matchNamedFiles } from '../files/namedFiles'
import type { LayoutMatch } from '../types'
import { mnistNames, requireMnist } from './load'

/**
 * Whether `path` holds files in MNIST's layout. All copies have the same file names, so the path's own words must tell which set it is.
 */
export async function matchMnist(path: string, title: string, fashion: boolean): Promise<LayoutMatch<{ folder: string }>> {
  if (/fashion/i.test(path) !== fashion) return null
  return matchNamedFiles(path, { folderName: 'raw', files: mnistNames, telling: mnistNames, check: (files) => requireMnist(files, title) })
}
