/** What files hold, told by a hash: asked for once per state of a file, read in slices beside other work. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExperimentConfig } from '../../../../shared/domain'
import type { MemberTable } from './memberTable'
import { namedPaths } from './namedFiles'

export interface Fingerprints {
  /** Reads what these experiments name; must have been awaited before `of` is asked about it. */
  read(configs: readonly ExperimentConfig[]): Promise<void>
  /** '' for no path, 'absent' for nothing at it. */
  of(path: string): string
  /** Of every file and folder that an experiment names, in an order of its own. */
  ofAll(config: ExperimentConfig): readonly FilePrint[]
}

export interface FilePrint {
  readonly path: string
  readonly print: string
}

/** A folder with more files is told by those that come first. */
const countedFiles = 100_000

export function createFingerprints(table: MemberTable): Fingerprints {
  const known = new Map<string, { state: string; print: string }>()
  const read = async (path: string): Promise<void> => {
    const found = await stat(path).catch(() => null)
    if (!found) return void known.set(path, { state: 'absent', print: 'absent' })
    const state = `${found.ino} ${found.size} ${found.mtimeMs}`
    if (found.isFile() && known.get(path)?.state === state) return
    const print = found.isFile() ? await hashOfFile(path) : found.isDirectory() ? await hashOfFolder(path) : 'no file'
    known.set(path, { state, print })
  }
  const of = (path: string): string => (path === '' ? '' : (known.get(path)?.print ?? 'unread'))
  return {
    async read(configs) {
      for (const path of new Set(configs.flatMap((config) => pathsOf(config, table)))) await read(path)
    },
    of,
    ofAll: (config) => pathsOf(config, table).map((path) => ({ path, print: of(path) })),
  }
}

const pathsOf = (config: ExperimentConfig, table: MemberTable): string[] =>
  namedPaths(config, table).map(({ file }) => file)

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  } catch {
    return 'unreadable'
  }
  return hash.digest('hex')
}

/** Of names, sizes and times: reading a data set of gigabytes for a key would take longer than many a stage. */
async function hashOfFolder(path: string): Promise<string> {
  const hash = createHash('sha256')
  let left = countedFiles
  const add = async (folder: string, below: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      if (left <= 0) return
      const name = `${below}/${entry.name}`
      if (entry.isDirectory()) {
        await add(join(folder, entry.name), name)
        continue
      }
      left -= 1
      const found = await stat(join(folder, entry.name)).catch(() => null)
      hash.update(`${name}\n${found?.size ?? 0} ${found?.mtimeMs ?? 0}\n`)
    }
  }
  await add(path, '')
  return `folder ${hash.digest('hex')}`
}
