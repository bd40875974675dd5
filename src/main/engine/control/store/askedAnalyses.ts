/** Analyses that were asked for, with what became of each; what they found lies in the table of artifacts. */
import type { AskedAnalysis } from '../../../../shared/domain'
import type { ArtifactsTable } from './artifacts'
import { textOf, type Database } from './database'

export interface AskedAnalysesTable {
  /** Of a run, the newest first; those that cannot be read are left out. */
  ofRun(runId: string): AskedAnalysis[]
  find(id: string): AskedAnalysis | undefined
  /** A new one, or the next state of one that is there. */
  put(asked: AskedAnalysis): void
  /** With its artifact, all or nothing. */
  finish(asked: AskedAnalysis, artifact: unknown): void
  /** What was found; undefined where there is nothing, or nothing that can be read. */
  artifact(id: string): unknown
  /** @returns whether it was there */
  remove(id: string): boolean
  /** Those of an engine that has ended without ending them. */
  unfinished(): AskedAnalysis[]
}

/** Where the artifacts of one lie; a trigger of the table deletes them with it. */
const placeOf = (id: string): string => `analyses/${id}`

export function createAskedAnalysesTable(database: Database, artifacts: ArtifactsTable): AskedAnalysesTable {
  const read = (sql: string, ...values: string[]): AskedAnalysis[] =>
    database.columns(sql, ...values).flatMap(([id, record]) => {
      try {
        return [{ ...(JSON.parse(textOf(record)) as AskedAnalysis), id: String(id) }]
      } catch {
        return []
      }
    })
  const find = (id: string): AskedAnalysis | undefined =>
    read('SELECT id, CAST(record AS BLOB) FROM asked_analyses WHERE id = ?', id)[0]
  const put = (asked: AskedAnalysis): void =>
    database.run(
      `INSERT INTO asked_analyses (id, run_id, created_at, record) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (id) DO UPDATE SET record = ?4`,
      asked.id,
      asked.runId,
      asked.createdAt,
      JSON.stringify({ ...asked, progress: null }),
    )
  return {
    ofRun: (runId) =>
      read(
        'SELECT id, CAST(record AS BLOB) FROM asked_analyses WHERE run_id = ? ORDER BY created_at DESC, id DESC',
        runId,
      ),
    find,
    put,
    finish: (asked, artifact) =>
      database.transaction(() => {
        put(asked)
        artifacts.put(placeOf(asked.id), { analysis: asked.analysis, step: asked.step ?? 0, artifact })
      }),
    artifact: (id) => artifacts.read(placeOf(id))[0]?.artifact,
    remove(id) {
      const there = find(id) !== undefined
      database.run('DELETE FROM asked_analyses WHERE id = ?', id)
      return there
    },
    unfinished: () =>
      read('SELECT id, CAST(record AS BLOB) FROM asked_analyses').filter(
        ({ state }) => state === 'waiting' || state === 'running',
      ),
  }
}
