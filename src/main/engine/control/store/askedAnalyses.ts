/** Analyses that were asked for, with what became of each; what they found lies in the table of artifacts. */
import type { AskedAnalysis } from '../../../../shared/domain'
import type { ArtifactsTable } from './artifacts'
import { createAskedCopies } from './askedCopies'
import { textOf, type Database } from './database'

export interface AskedAnalysesTable {
  /** Of a run, the newest first; those that cannot be read are left out. */
  ofRun(runId: string): AskedAnalysis[]
  /** Of all runs that name the stage at a place, the newest first. */
  ofPlace(place: string): AskedAnalysis[]
  find(id: string): AskedAnalysis | undefined
  /** A new one, or the next state of one that is there. */
  put(asked: AskedAnalysis): void
  /** With its artifact, all or nothing. */
  finish(asked: AskedAnalysis, artifact: unknown): void
  /** Writes what one has found beside its run; nothing where it is gone. */
  copy(id: string): Promise<void>
  /** Takes over what lies beside a run, in a database that was begun anew. */
  restore(runId: string): void
  /** What was found; undefined where there is nothing, or nothing that can be read. */
  artifact(id: string): unknown
  /** With what it has found. @returns whether it was there */
  remove(id: string): boolean
  /** Those of an engine that has ended without ending them. */
  unfinished(): AskedAnalysis[]
  /** Told the run of each that is put, finished or removed. */
  onChange(listener: (runId: string) => void): void
}

const records = 'SELECT id, CAST(record AS BLOB) FROM asked_analyses'

/** Where the artifacts of one lie; a trigger of the table deletes them with it. */
const placeOf = (id: string): string => `analyses/${id}`

export interface AskedAnalysesOptions {
  readonly artifacts: ArtifactsTable
  readonly runFolder: (runId: string) => string
}

export function createAskedAnalysesTable(
  database: Database,
  { artifacts, runFolder }: AskedAnalysesOptions,
): AskedAnalysesTable {
  const copies = createAskedCopies(runFolder)
  const read = (sql: string, ...values: string[]): AskedAnalysis[] =>
    database.columns(sql, ...values).flatMap(([id, record]) => {
      try {
        return [{ ...(JSON.parse(textOf(record)) as AskedAnalysis), id: String(id) }]
      } catch {
        return []
      }
    })
  const listeners: ((runId: string) => void)[] = []
  const changed = (runId: string): void => listeners.forEach((listener) => listener(runId))
  const find = (id: string): AskedAnalysis | undefined => read(`${records} WHERE id = ?`, id)[0]
  const write = (asked: AskedAnalysis): void =>
    database.run(
      `INSERT INTO asked_analyses (id, run_id, created_at, record) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (id) DO UPDATE SET record = ?4`,
      asked.id,
      asked.runId,
      asked.createdAt,
      JSON.stringify({ ...asked, progress: null }),
    )
  const finish = (asked: AskedAnalysis, artifact: unknown): void => {
    database.transaction(() => {
      write(asked)
      artifacts.put(placeOf(asked.id), { analysis: asked.analysis, step: asked.step ?? 0, artifact })
    })
    changed(asked.runId)
  }
  const found = (id: string): unknown => artifacts.read(placeOf(id))[0]?.artifact
  return {
    ofRun: (runId) => read(`${records} WHERE run_id = ? ORDER BY created_at DESC, id DESC`, runId),
    ofPlace: (place) =>
      read(
        `${records} WHERE run_id IN (SELECT run_id FROM run_stages WHERE place = ?) ORDER BY created_at DESC, id DESC`,
        place,
      ),
    find,
    put(asked) {
      write(asked)
      changed(asked.runId)
    },
    finish,
    async copy(id) {
      const [asked, artifact] = [find(id), found(id)]
      if (!asked || artifact === undefined) return
      await copies.write({ asked, artifact })
      // It may have been deleted meanwhile.
      if (!find(id)) copies.remove(asked)
    },
    restore(runId) {
      for (const { asked, artifact } of copies.ofRun(runId)) finish({ ...asked, runId }, artifact)
    },
    artifact: found,
    remove(id) {
      const asked = find(id)
      database.run('DELETE FROM asked_analyses WHERE id = ?', id)
      if (asked) {
        copies.remove(asked)
        changed(asked.runId)
      }
      return asked !== undefined
    },
    unfinished: () => read(records).filter(({ state }) => state === 'waiting' || state === 'running'),
    onChange: (listener) => void listeners.push(listener),
  }
}
