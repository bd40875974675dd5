/** What the analyses found, as JSON: one row for each stage, analysis and step. */
import { analyses, withoutFormerArtifacts } from '../../families/analyses'
import type { RunSummary, StageRecord } from '../../../../shared/domain'
import { textOf, type Database } from './database'

/** As it is kept; whether it fits its analysis is asked where it is read. */
export interface StoredArtifact {
  stageId: string
  analysis: string
  step: number
  artifact: unknown
}

/** Earlier ones stay so that a stage that goes back to a checkpoint has something to show. */
const keptSteps = 8

export interface ArtifactsTable {
  /** Replaces one of the same stage, analysis and step. */
  put(runId: string, stored: StoredArtifact): void
  /** The newest step of each analysis of a stage. */
  newestSteps(runId: string, stageId: string): Record<string, number>
  /** The newest of each stage and analysis, or of those that are named. Damaged rows have `undefined` as artifact. */
  read(runId: string, which?: { stageId?: string | undefined; analysis?: string | undefined }): StoredArtifact[]
  /** Forgets what was found from a step on. */
  truncate(runId: string, stageId: string, fromStep: number): void
}

export function createArtifactsTable(database: Database): ArtifactsTable {
  return {
    put(runId, { stageId, analysis, step, artifact }) {
      database.transaction(() => {
        database.run(
          'INSERT OR REPLACE INTO artifacts (run_id, stage_id, analysis, step, artifact) VALUES (?, ?, ?, ?, ?)',
          runId,
          stageId,
          analysis,
          step,
          JSON.stringify(artifact),
        )
        database.run(
          `DELETE FROM artifacts WHERE run_id = ?1 AND stage_id = ?2 AND analysis = ?3 AND step NOT IN (
             SELECT step FROM artifacts WHERE run_id = ?1 AND stage_id = ?2 AND analysis = ?3 ORDER BY step DESC LIMIT ?4
           )`,
          runId,
          stageId,
          analysis,
          keptSteps,
        )
      })
    },
    newestSteps: (runId, stageId) =>
      Object.fromEntries(
        database
          .all(
            'SELECT analysis, MAX(step) AS step FROM artifacts WHERE run_id = ? AND stage_id = ? GROUP BY analysis',
            runId,
            stageId,
          )
          .map(({ analysis, step }) => [String(analysis), Number(step)]),
      ),
    read: (runId, { stageId, analysis } = {}) =>
      database
        .all(
          `SELECT stage_id, analysis, MAX(step) AS step, CAST(artifact AS BLOB) AS artifact FROM artifacts
           WHERE run_id = ?1 AND (?2 IS NULL OR stage_id = ?2) AND (?3 IS NULL OR analysis = ?3)
           GROUP BY stage_id, analysis ORDER BY stage_id, analysis`,
          runId,
          stageId ?? null,
          analysis ?? null,
        )
        .map((row) => ({
          stageId: String(row.stage_id),
          analysis: String(row.analysis),
          step: Number(row.step),
          artifact: parsed(row.artifact),
        })),
    truncate: (runId, stageId, fromStep) =>
      database.run('DELETE FROM artifacts WHERE run_id = ? AND stage_id = ? AND step >= ?', runId, stageId, fromStep),
  }
}

function parsed(column: unknown): unknown {
  try {
    return JSON.parse(textOf(column)) as unknown
  } catch {
    return undefined
  }
}

/** A stage as it is now, and the artifacts that an earlier version kept inside its record. */
export function splitStage(stage: StageRecord): { stage: StageRecord; artifacts: StoredArtifact[] } {
  const { record, artifacts } = withoutFormerArtifacts(analyses.members, { ...stage })
  if (artifacts.length === 0) return { stage, artifacts: [] }
  const step = Number(stage.step) || 0
  const steps = Object.fromEntries(artifacts.map(({ analysis }) => [analysis, step]))
  return {
    stage: { ...(record as unknown as StageRecord), artifacts: { ...stage.artifacts, ...steps } },
    artifacts: artifacts.map((found) => ({ stageId: stage.id, step, ...found })),
  }
}

/** Once: moves what earlier versions kept inside the records of stages; what cannot be read stays as it is. */
export function moveFormerArtifacts(database: Database): void {
  if (!database.get("SELECT what FROM to_move WHERE what = 'artifacts in records'")) return
  database.transaction(() => {
    moveAll(database)
    database.run("DELETE FROM to_move WHERE what = 'artifacts in records'")
  })
}

function moveAll(database: Database): void {
  for (const [runId, stageId, record] of database.columns('SELECT run_id, id, CAST(record AS BLOB) FROM stages')) {
    const known = parsed(record)
    if (typeof known !== 'object' || known === null) continue
    const { stage, artifacts } = splitStage({ ...(known as StageRecord), id: String(stageId) })
    if (artifacts.length === 0) continue
    for (const { analysis, step, artifact } of artifacts)
      database.run(
        'INSERT OR REPLACE INTO artifacts (run_id, stage_id, analysis, step, artifact) VALUES (?, ?, ?, ?, ?)',
        String(runId),
        String(stageId),
        analysis,
        step,
        JSON.stringify(artifact),
      )
    database.run(
      'UPDATE stages SET record = ? WHERE run_id = ? AND id = ?',
      JSON.stringify(stage),
      String(runId),
      String(stageId),
    )
  }
}

/** A run.json as it is now: those of earlier versions hold artifacts inside their stages. */
export function splitRun<Run extends Pick<RunSummary, 'stages'>>(
  run: Run & { artifacts?: StoredArtifact[] },
): { run: Run; artifacts: StoredArtifact[] } {
  const { artifacts = [], ...rest } = run
  const split = run.stages.map(splitStage)
  return {
    run: { ...(rest as unknown as Run), stages: split.map(({ stage }) => stage) },
    artifacts: [...artifacts, ...split.flatMap((entry) => entry.artifacts)],
  }
}
