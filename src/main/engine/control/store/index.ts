/** The run store of a workspace: one SQLite file, and a folder per run with checkpoints and images. */
import { existsSync, readFileSync, readdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LogLine } from '../../../../shared/contract'
import { defaultSettings, type RunDetail, type Settings } from '../../../../shared/domain'
import { storageFaultBehind } from '../../../../shared/errors'
import {
  createArtifactsTable,
  moveFormerArtifacts,
  splitRun,
  type ArtifactsTable,
  type MirroredArtifact,
} from './artifacts'
import { createAskedAnalysesTable, type AskedAnalysesTable } from './askedAnalyses'
import { createConditionsTable, type ConditionsTable } from './conditions'
import { openDatabase, type Database, type TransactionOptions } from './database'
import { createImagesTable, type ImagesTable } from './images'
import { createKeptImages, type KeptImages } from './keptImages'
import { createMetricsTable, type MetricsTable } from './metrics'
import { createMirrors } from './mirrors'
import { renameSeries } from './metricNames'
import { makePrivateFolder, makePrivateOnce } from './privacy'
import { createPoolTable, type PoolTable } from './pool'
import { createPositionsTable, type PositionsTable } from './positions'
import { createRunsTable, type RunsTable } from './runs'
import { createStudiesTable } from './studies'
import type { StudiesTable } from './studyRecords'
import { createUnthinnedTable, type UnthinnedTable } from './unthinned'
import { createViewsTable, type ViewsTable } from './views'
import { createStagesTable, placeInRun, type StagesTable } from './stages'

export interface RunStore {
  readonly folder: string
  /** For what is derived of the records and kept beside them. */
  readonly database: Database
  readonly runs: RunsTable
  readonly stages: StagesTable
  readonly metrics: MetricsTable
  readonly images: ImagesTable
  readonly pool: PoolTable
  /** The grids of both, many at a time. */
  readonly keptImages: KeptImages
  readonly artifacts: ArtifactsTable
  readonly asked: AskedAnalysesTable
  readonly positions: PositionsTable
  readonly unthinned: UnthinnedTable
  readonly studies: StudiesTable
  readonly conditions: ConditionsTable
  readonly views: ViewsTable
  log(runId: string, line: LogLine): void
  readLog(runId: string, lines: number): LogLine[]
  settings(): Settings
  setSettings(change: Partial<Settings>): Settings
  /** What was set for an executor, as it was given; a member checks it. */
  executorSettings(executor: string): Record<string, unknown>
  setExecutorSettings(executor: string, values: Record<string, unknown>): void
  runFolder(runId: string): string
  /** Absolute folder of a stage. */
  stageFolder(place: string): string
  /** Whether records of an earlier version, or of a database begun anew, have none of these yet. */
  lacks(what: GivenLater): boolean
  /** Some lack them now; whoever opens the workspace next brings them. */
  owes(what: GivenLater): void
  /** From now on they have. */
  has(what: GivenLater): void
  /** All or nothing; see Database. */
  transaction<Result>(work: () => Result, options?: TransactionOptions): Result
  /** Brings run.json beside the run's files up to date: what a rebuilt database starts from. */
  mirror(runId: string): Promise<void>
  /** Runs whose run.json is behind. */
  behindMirrors(): string[]
  /** Set when the database was found damaged (and moved aside) or gone, and begun anew from the mirrors. */
  readonly repaired: { movedTo: string | null; restored: number } | null
  close(): void
}

/** What records of earlier versions, or of an engine that was killed, get when their workspace is opened. */
export type GivenLater = 'keys of stages' | 'conditions' | 'health of models' | 'what journals say'

export const databaseName = 'workspace.sqlite'
const mirrorName = 'run.json'

type MirroredRun = Omit<RunDetail, 'changedPaths'> & { artifacts?: MirroredArtifact[] }

/**
 * Opens the store of a workspace, making it when there is none.
 * A damaged database is moved aside and begun anew with what the run folders tell; nothing is deleted.
 * `readOnly` (default false): the workspace belongs to another engine, so nothing is made, migrated or repaired.
 * `metricNames`: today's name of a metric by the name that earlier versions recorded it under.
 */
export function openStore(
  folder: string,
  { readOnly = false, metricNames = new Map() }: { readOnly?: boolean; metricNames?: ReadonlyMap<string, string> } = {},
): RunStore {
  const runsFolder = join(folder, 'runs')
  if (!readOnly) makePrivateFolder(runsFolder)
  const file = join(folder, databaseName)
  const { database, movedTo, isNew } = readOnly
    ? { database: openDatabase(file, { readOnly }), movedTo: null, isNew: false }
    : openOrReplace(file)
  const restored = isNew ? restoreFromMirrors(database, runsFolder) : 0
  if (!readOnly) {
    tryToRename(database, metricNames)
    makePrivateOnce(database, folder)
  }
  const stages = createStagesTable(database, folder)
  const runs = createRunsTable(database, stages)
  const metrics = createMetricsTable(database, metricNames)
  stages.onChange((place) => {
    if (!stages.has(place)) metrics.forget(place)
  })
  const artifacts = createArtifactsTable(database)
  const runFolder = (runId: string): string => join(runsFolder, runId)
  const settings = (): Settings => {
    const row = database.get("SELECT value FROM settings WHERE key = 'settings'")
    return { ...defaultSettings, ...(row ? (JSON.parse(String(row.value)) as Partial<Settings>) : {}) }
  }
  const mirrors = createMirrors({
    database,
    folderOf: runFolder,
    fileOf: (runId) => join(runFolder(runId), mirrorName),
    read: (runId) => mirroredRun(runId, runs, artifacts),
  })
  const images = createImagesTable(database, folder)
  const pool = createPoolTable(database, folder)
  return {
    folder,
    database,
    runs,
    stages,
    artifacts,
    asked: createAskedAnalysesTable(database, { artifacts, runFolder }),
    runFolder,
    stageFolder: (place) => join(folder, place),
    settings,
    metrics,
    studies: createStudiesTable(database),
    views: createViewsTable(database),
    conditions: createConditionsTable(database, { readOnly }),
    images,
    pool,
    keptImages: createKeptImages(images, pool),
    positions: createPositionsTable(database),
    unthinned: createUnthinnedTable(database),
    repaired: movedTo === null && restored === 0 ? null : { movedTo, restored },
    log: (runId, line) =>
      database.run(
        'INSERT INTO log (run_id, time, level, message) VALUES (?, ?, ?, ?)',
        runId,
        line.time,
        line.level,
        line.message,
      ),
    readLog: (runId, lines) =>
      database
        .all('SELECT time, level, message FROM log WHERE run_id = ? ORDER BY id DESC LIMIT ?', runId, lines)
        .reverse() as unknown as LogLine[],
    setSettings(change) {
      const next = { ...settings(), ...change }
      database.run("INSERT OR REPLACE INTO settings (key, value) VALUES ('settings', ?)", JSON.stringify(next))
      return next
    },
    lacks: (what) => database.get('SELECT what FROM to_move WHERE what = ?', what) !== undefined,
    owes: (what) => database.run('INSERT OR IGNORE INTO to_move (what) VALUES (?)', what),
    has: (what) => database.run('DELETE FROM to_move WHERE what = ?', what),
    transaction: (work, how) => database.transaction(work, how),
    executorSettings(executor) {
      const row = database.get('SELECT value FROM settings WHERE key = ?', executorKey(executor))
      return row ? (JSON.parse(String(row.value)) as Record<string, unknown>) : {}
    },
    setExecutorSettings(executor, values) {
      database.run(
        'INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)',
        executorKey(executor),
        JSON.stringify(values),
      )
    },
    mirror: (runId) => mirrors.write(runId),
    behindMirrors: () => mirrors.behind(),
    close: () => database.close(),
  }
}

function mirroredRun(runId: string, runs: RunsTable, artifacts: ArtifactsTable): MirroredRun {
  const summary = runs.summary(runId)
  return {
    ...summary,
    config: runs.config(runId),
    artifacts: summary.stages.flatMap(({ id, place = placeInRun(runId, id) }) =>
      artifacts
        .read(place)
        .filter(({ artifact }) => artifact !== undefined)
        .map((found) => ({ stageId: id, ...found })),
    ),
  }
}

const executorKey = (executor: string): string => `executor.${executor}`

/** What cannot be renamed now (a full disk, damage) is read under today's name all the same. */
function tryToRename(database: Database, names: ReadonlyMap<string, string>): void {
  try {
    renameSeries(database, names)
  } catch {
    // Tried again at the next opening.
  }
}

interface OpenedDatabase {
  readonly database: Database
  readonly movedTo: string | null
  /** There was none, or an empty file: what the runs' folders tell of is not in it. */
  readonly isNew: boolean
}

function openOrReplace(file: string): OpenedDatabase {
  const isNew = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0
  try {
    const database = openDatabase(file)
    moveFormerArtifacts(database)
    // Reads every row that the list needs, so that damage in them shows here and not later.
    database.all('SELECT count(*) FROM runs')
    database.all('SELECT count(*) FROM run_stages')
    database.all('SELECT count(*) FROM stages')
    return { database, movedTo: null, isNew }
  } catch (error) {
    if (!storageFaultBehind(error, 'damaged')) throw error
    const movedTo = `${file}.damaged-${Date.now()}`
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(file + suffix)) renameSync(file + suffix, movedTo + suffix)
    }
    return { database: openDatabase(file), movedTo, isNew: true }
  }
}

function restoreFromMirrors(database: Database, runsFolder: string): number {
  const runs = createRunsTable(database, createStagesTable(database, dirname(runsFolder)))
  const table = createArtifactsTable(database)
  const asked = createAskedAnalysesTable(database, {
    artifacts: table,
    runFolder: (runId) => join(runsFolder, runId),
  })
  const lacks: GivenLater = 'what journals say'
  database.run('INSERT OR IGNORE INTO to_move (what) VALUES (?)', lacks)
  let restored = 0
  for (const name of readdirSync(runsFolder)) {
    try {
      const { run, artifacts } = splitRun(
        JSON.parse(readFileSync(join(runsFolder, name, mirrorName), 'utf8')) as MirroredRun,
      )
      runs.insert(run)
      for (const { stageId, ...artifact } of artifacts) {
        const place = run.stages.find(({ id }) => id === stageId)?.place ?? placeInRun(run.id, stageId)
        table.put(place, artifact)
      }
      restored += 1
      asked.restore(run.id)
    } catch {
      // A folder without a readable mirror stays on disk; it cannot be listed.
    }
  }
  return restored
}

export * from './database'
export { askedOfModel } from './askedOfModel'
export { madeAfter } from './order'
export { folderBytes } from './folders'
export { createFolderContents, type FolderContents } from './folderContents'
export { ownFiles, ownFolders } from './privacy'
export type { StoredArtifact } from './artifacts'
export type { StoredCell, StoredStage, StoredStudy, StudiesTable } from './studyRecords'
export { placeInRun, placeOfKey, waitingStage, type KeptStage } from './stages'
export type { RunMarks } from './marks'
export type { RunToKeep } from './runs'
export { downsample, type MetricsTable } from './metrics'
export { stepsToDrop } from './images'
export { callsToDrop } from './pool'
