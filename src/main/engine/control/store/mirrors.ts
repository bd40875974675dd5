/**
 * The copies of runs beside their files, run.json: what a rebuilt database starts from. The database knows which are
 * behind, from the transaction that changed the run until the copy is on disk, so that no kill leaves one behind for
 * good.
 */
import { existsSync } from 'node:fs'
import { writeAtomically } from '../../weights/atomicFile'
import type { Database } from './database'
import { privateFile } from './folders'

export interface Mirrors {
  /** Brings a run's copy up to date; one without a folder has none. One after the other for each run. */
  write(runId: string): Promise<void>
  /** Runs whose copies are behind. */
  behind(): string[]
}

export interface MirrorsOptions {
  readonly database: Database
  readonly folderOf: (runId: string) => string
  readonly fileOf: (runId: string) => string
  /** What a copy holds now. */
  readonly read: (runId: string) => object
}

/** Within the transaction that changes these runs. */
export const markBehind = (database: Database, runIds: readonly string[]): void =>
  database.run('INSERT OR IGNORE INTO behind_mirrors (run_id) SELECT value FROM json_each(?)', JSON.stringify(runIds))

export function createMirrors({ database, folderOf, fileOf, read }: MirrorsOptions): Mirrors {
  const writing = new Map<string, Promise<void>>()

  async function write(runId: string): Promise<void> {
    const text = JSON.stringify(read(runId), null, 1)
    if (existsSync(folderOf(runId))) await writeAtomically(fileOf(runId), [Buffer.from(text)], { mode: privateFile })
    // What has changed meanwhile is written by whoever changed it, and is still behind until then.
    if (JSON.stringify(read(runId), null, 1) === text)
      database.run('DELETE FROM behind_mirrors WHERE run_id = ?', runId)
  }
  return {
    write(runId) {
      const next = (writing.get(runId) ?? Promise.resolve()).catch(() => undefined).then(() => write(runId))
      writing.set(runId, next)
      const ended = (): void => {
        if (writing.get(runId) === next) writing.delete(runId)
      }
      next.then(ended, ended)
      return next
    },
    behind: () => database.columns('SELECT run_id FROM behind_mirrors').map(([id]) => String(id)),
  }
}
