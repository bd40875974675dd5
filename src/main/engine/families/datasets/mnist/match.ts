import { matchNamedFiles } from '../files/namedFiles'
import type { FoundData, LayoutMatch } from '../types'
import type { MnistKind } from './kind'
import { mnistFiles, mnistNames, requireMnist } from './load'
import { matchTables } from './tables'

/** Whether `path` holds the set's files: all copies have the same file names, so that the path's words must tell. */
export async function matchMnist(found: FoundData, kind: MnistKind): Promise<LayoutMatch<{ folder: string }>> {
  const { title, isNamedBy } = kind
  const official = await matchNamedFiles(found, {
    folderNames: ['raw'],
    files: mnistNames,
    versions: [mnistFiles],
    prefers: isNamedBy,
    tells: (names) => mnistNames.some((name) => names.includes(name)),
    check: (files) => requireMnist(files, title),
  })
  if ('params' in official) return official
  const tables = await matchTables(found, kind)
  return 'params' in tables || tables.closeness > official.closeness ? tables : official
}
