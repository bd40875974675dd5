import { matchNamedFiles } from '../files/namedFiles'
import type { FoundData, LayoutMatch } from '../types'
import { mnistFiles, mnistNames, requireMnist, type MnistKind } from './load'

/** Whether `path` holds the set's files: all copies have the same file names, so that the path's words must tell. */
export async function matchMnist(
  found: FoundData,
  { title, isNamedBy }: Pick<MnistKind, 'title' | 'isNamedBy'>,
): Promise<LayoutMatch<{ folder: string }>> {
  return matchNamedFiles(found, {
    folderNames: ['raw'],
    files: mnistNames,
    versions: [mnistFiles],
    prefers: isNamedBy,
    tells: (names) => mnistNames.some((name) => names.includes(name)),
    check: (files) => requireMnist(files, title),
  })
}
