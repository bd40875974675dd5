/** What the analyses found, as JSON: one row for each stage, analysis and step. */
import { analyses, withoutFormerArtifacts } from '../../families/analyses'
import type { RunSummary, StageRecord } from '../../../../shared/domain'
import { textOf, type Database } from './database'

/** As it is kept; whether it fits its analysis is asked where it is read. */
export interface StoredArtifact {
  analysis: string
  step: number
  artifact: unknown
}

/** These always stay, so that a stage that goes back to a checkpoint has something to show. */
const newestSteps = 8
/**
 * What the earlier ones of one stage and analysis may take together: a thousand confusion matrices of 10 classes, a
 * hundred of 43, twenty of 100.
 */
const mostBytes = 1024 * 1024

export interface ArtifactsTable {
  /** Replaces one of the same stage, analysis and step. */
  put(place: string, stored: StoredArtifact): void
  /** The newest step of each analysis of a stage. */
  newestSteps(place: string): Record<string, number>
  /**
   * The newest of each analysis, or of the one that is named, of those that were measured at a step or before it.
   * Damaged rows have `undefined` as artifact.
   */
  read(place: string, which?: { analysis?: string | undefined; notAfter?: number | undefined }): StoredArtifact[]
  /** Forgets what was found from a step on. */
  truncate(place: string, fromStep: number): void
}

export function createArtifactsTable(database: Database): ArtifactsTable {
  return {
    put(place, { analysis, step, artifact }) {
      database.transaction(() => {
        insert(database, place, { analysis, step, artifact })
        thin(database, place, analysis)
      })
    },
    newestSteps: (place) =>
      Object.fromEntries(
        database
          .all('SELECT analysis, MAX(step) AS step FROM artifacts WHERE place = ? GROUP BY analysis', place)
          .map(({ analysis, step }) => [String(analysis), Number(step)]),
      ),
    read: (place, { analysis, notAfter } = {}) =>
      database
        .all(
          `SELECT analysis, MAX(step) AS step, CAST(artifact AS BLOB) AS artifact FROM artifacts
           WHERE place = ?1 AND (?2 IS NULL OR analysis = ?2) AND (?3 IS NULL OR step <= ?3)
           GROUP BY analysis ORDER BY analysis`,
          place,
          analysis ?? null,
          notAfter ?? null,
        )
        .map((row) => ({
          analysis: String(row.analysis),
          step: Number(row.step),
          artifact: parsed(row.artifact),
        })),
    truncate: (place, fromStep) => database.run('DELETE FROM artifacts WHERE place = ? AND step >= ?', place, fromStep),
  }
}

const insert = (database: Database, place: string, { analysis, step, artifact }: StoredArtifact): void =>
  database.run(
    'INSERT OR REPLACE INTO artifacts (place, analysis, step, artifact) VALUES (?, ?, ?, ?)',
    place,
    analysis,
    step,
    JSON.stringify(artifact),
  )

/** Beyond the room for earlier ones those go that leave the smallest gaps; the first one stays. */
function thin(database: Database, place: string, analysis: string): void {
  const kept = database
    .all(
      'SELECT step, LENGTH(artifact) AS bytes FROM artifacts WHERE place = ? AND analysis = ? ORDER BY step',
      place,
      analysis,
    )
    .map(({ step, bytes }) => ({ step: Number(step), bytes: Number(bytes) }))
  let total = kept.reduce((sum, { bytes }) => sum + bytes, 0)
  while (total > mostBytes && kept.length > newestSteps) {
    const gap = (at: number): number => (kept[at + 1]?.step ?? 0) - (kept[at - 1]?.step ?? -Infinity)
    const able = Array.from({ length: kept.length - newestSteps }, (_, at) => at)
    const least = able.reduce((best, at) => (gap(at) < gap(best) ? at : best), 0)
    const [gone] = kept.splice(least, 1)
    if (!gone) return
    total -= gone.bytes
    database.run('DELETE FROM artifacts WHERE place = ? AND analysis = ? AND step = ?', place, analysis, gone.step)
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
    artifacts: artifacts.map((found) => ({ step, ...found })),
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
  for (const [at, record] of database.columns('SELECT place, CAST(record AS BLOB) FROM stages')) {
    const place = String(at)
    const known = parsed(record)
    if (typeof known !== 'object' || known === null) continue
    const { stage, artifacts } = splitStage(known as StageRecord)
    if (artifacts.length === 0) continue
    for (const artifact of artifacts) insert(database, place, artifact)
    database.run('UPDATE stages SET record = ? WHERE place = ?', JSON.stringify(stage), place)
  }
}

/** What run.json holds of an artifact. */
export type MirroredArtifact = StoredArtifact & { readonly stageId: string }

/** A run.json as it is now: those of earlier versions hold artifacts inside their stages. */
export function splitRun<Run extends Pick<RunSummary, 'stages'>>(
  run: Run & { artifacts?: MirroredArtifact[] },
): { run: Run; artifacts: MirroredArtifact[] } {
  const { artifacts = [], ...rest } = run
  const split = run.stages.map((record) => ({ stageId: record.id, ...splitStage(record) }))
  return {
    run: { ...(rest as unknown as Run), stages: split.map(({ stage }) => stage) },
    artifacts: [
      ...artifacts,
      ...split.flatMap((entry) => entry.artifacts.map((found) => ({ stageId: entry.stageId, ...found }))),
    ],
  }
}
