/**
 * What killed processes left in the workspace and beside it. Swept once at every start, while the lock is held: by the
 * owner that a name tells, never what another is writing.
 */
import { readdirSync, rmSync, type Dirent } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sweepFolder, temporaryOf } from '../../../machine/temporaries.mjs'
import { letOthersWork } from '../../images/yielding'

export interface DebrisOptions {
  readonly workspace: string
  readonly cacheFolder: string
  /** The system's folder for temporary files. */
  readonly temporary?: string
  /** Whether the store has a run of this id, and a stage at this place. */
  readonly known: { run(id: string): boolean; stage(place: string): boolean }
  readonly signal?: AbortSignal
}

/** How deep below the workspace's own folders files are written under temporary names. */
const depths = new Map([
  ['runs', 5],
  ['stages', 3],
])
const cacheDepth = 3

/** What control puts into a folder before a process has begun to work there. */
const preparations = /^(?:task\.json|request\.json|kept\.json|imported(?:\.\w+)?)$/

/** @returns the paths that were removed, as they were found */
export async function sweepDebris(options: DebrisOptions): Promise<string[]> {
  const { workspace, cacheFolder, temporary = tmpdir(), signal } = options
  const swept = sweepFolder(temporary, {
    wanted: (name) => (temporaryOf(name) ?? name).startsWith('abd-'),
  }).map((name) => join(temporary, name))
  await sweepBelow(workspace, 0, { swept, signal, wanted: isOursAtTop })
  for (const { name } of entriesOf(workspace).filter((one) => one.isDirectory())) {
    const depth = depths.get(name)
    await sweepBelow(join(workspace, name), depth ?? 1, { swept, signal, wanted: depth ? () => true : isOfScheme })
  }
  await sweepBelow(cacheFolder, cacheDepth, { swept, signal, wanted: () => true })
  swept.push(...(await failedStarts(options)))
  return swept
}

/**
 * Names of earlier versions ("x.17.tmp", "check-0123abcd") may be anybody's where somebody else keeps files too: in
 * folders that are not ours, and beside them.
 */
const isOfScheme = (name: string): boolean => temporaryOf(name) !== null
const isOursAtTop = (name: string): boolean => isOfScheme(name) || /^\.|^engine\.lock\./.test(name)

interface Sweeping {
  readonly swept: string[]
  wanted(name: string): boolean
  readonly signal?: AbortSignal
}

async function sweepBelow(folder: string, depth: number, sweeping: Sweeping): Promise<void> {
  if (sweeping.signal?.aborted) return
  const { swept, wanted } = sweeping
  swept.push(...sweepFolder(folder, { wanted }).map((name) => join(folder, name)))
  await letOthersWork()
  if (depth === 0) return
  for (const entry of entriesOf(folder))
    if (entry.isDirectory()) await sweepBelow(join(folder, entry.name), depth - 1, sweeping)
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

/**
 * Folders that were made for runs and stages that the store has never heard of (it hears of each first). Only what
 * holds nothing but control's own preparations goes: where anything was recorded, it stays, also when a database that
 * was begun anew knows nothing of it.
 */
async function failedStarts({ workspace, known, signal }: DebrisOptions): Promise<string[]> {
  const unknown = [
    ...entriesOf(join(workspace, 'stages')).filter(({ name }) => !known.stage(`stages/${name}`)),
    ...entriesOf(join(workspace, 'runs')).filter(({ name }) => !known.run(name)),
  ].filter((entry) => entry.isDirectory())
  const gone: string[] = []
  for (const { parentPath, name } of unknown) {
    if (signal?.aborted) break
    const folder = join(parentPath, name)
    if (holdsOnlyPreparations(folder)) {
      rmSync(folder, { recursive: true, force: true })
      gone.push(folder)
    }
    await letOthersWork()
  }
  return gone
}

function holdsOnlyPreparations(folder: string): boolean {
  try {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
    // Copies of files that a method names lie in data/; the originals are where they were.
    return files.every(({ name, parentPath }) => preparations.test(name) || parentPath.startsWith(join(folder, 'data')))
  } catch {
    return false
  }
}
