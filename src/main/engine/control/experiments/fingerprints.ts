/** What files hold, told by a hash: asked for once per state of a file, read in slices beside other work. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExperimentConfig } from '../../../../shared/domain'
import type { FolderContents } from '../store'
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

/** Of a path at which there is nothing. */
export const absentPrint = 'absent'

/** A folder with more files is told by those that come first. */
const countedFiles = 100_000
/** A folder with more is told by its look alone: a gigabyte is hashed in a second, so many files take three. */
const readBytes = 2 ** 30
const readFiles = 20_000

/**
 * A file is told by a hash of what it holds; a folder by the first look (names, sizes, times) under which `contents`
 * met what it holds, so that a folder copied, unpacked or checked out again is not another one.
 */
export function createFingerprints(table: MemberTable, contents: FolderContents): Fingerprints {
  const known = new Map<string, { state: string; print: string }>()
  const read = async (path: string): Promise<void> => {
    const found = await stat(path).catch(() => null)
    if (!found) return void known.set(path, { state: absentPrint, print: absentPrint })
    const state = `${found.ino} ${found.size} ${found.mtimeMs}`
    if (found.isFile() && known.get(path)?.state === state) return
    const print = found.isFile()
      ? await hashOfFile(path)
      : found.isDirectory()
        ? await printOfFolder(path, contents)
        : 'no file'
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

const unreadable = 'unreadable'

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  } catch {
    return unreadable
  }
  return hash.digest('hex')
}

async function printOfFolder(path: string, contents: FolderContents): Promise<string> {
  const { look, files, bytes } = await lookOf(path)
  const known = contents.firstLook(look)
  if (known !== null || bytes > readBytes || files.length > readFiles) return known ?? look
  const content = await contentOf(path, files)
  // One that is written to meanwhile is told by its look, this time.
  if (content === null || (await lookOf(path)).look !== look) return look
  contents.remember(look, content)
  return contents.firstLook(look) ?? look
}

interface FolderLook {
  /** A hash of names, sizes and times. */
  readonly look: string
  /** Paths below the folder. */
  readonly files: readonly string[]
  readonly bytes: number
}

async function lookOf(path: string): Promise<FolderLook> {
  const hash = createHash('sha256')
  const files: string[] = []
  let bytes = 0
  const add = async (folder: string, below: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      if (files.length >= countedFiles) return
      const name = `${below}/${entry.name}`
      if (entry.isDirectory()) {
        await add(join(folder, entry.name), name)
        continue
      }
      files.push(name)
      const found = await stat(join(folder, entry.name)).catch(() => null)
      bytes += found?.size ?? 0
      hash.update(`${name}\n${found?.size ?? 0} ${found?.mtimeMs ?? 0}\n`)
    }
  }
  await add(path, '')
  return { look: `folder ${hash.digest('hex')}`, files, bytes }
}

/** A hash of names and what lies under them; null where something cannot be read. */
async function contentOf(path: string, files: readonly string[]): Promise<string | null> {
  const hash = createHash('sha256')
  for (const name of files) {
    const content = await hashOfFile(join(path, name))
    if (content === unreadable) return null
    hash.update(`${name}\n${content}\n`)
  }
  return hash.digest('hex')
}
