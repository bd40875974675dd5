/**
 * Runs and their stages. The control process is the only writer, so summaries are kept in memory and lists never wait
 * for the disk.
 */
import {
  executionSchema,
  poisoningSchema,
  recordingSchema,
  stageNameOf,
  teacherSourceSchema,
  type ExperimentConfig,
  type RunDetail,
  type RunSummary,
  type StageRecord,
} from '../../../../shared/domain'
import { RefusedInputError, UserError, toCauses } from '../../../../shared/errors'
import { defaultsOf } from '../../../../shared/schema'
import { completeTraining } from '../../families/teacherTraining'
import { textOf, type Database, type Row } from './database'

type StoredSummary = Omit<RunSummary, 'stages'>

export interface RunsTable {
  /** Newest first. */
  list(includeDeleted: boolean): RunSummary[]
  has(id: string): boolean
  /** @throws RefusedInputError when there is none */
  summary(id: string): RunSummary
  /** @throws UserError when its configuration cannot be read */
  config(id: string): ExperimentConfig
  insert(detail: Omit<RunDetail, 'changedPaths'>): void
  /** Changes a run's own fields and writes them. The memory holds the change also when writing fails (a full disk). */
  update(id: string, change: Partial<StoredSummary>, options?: { write: boolean }): RunSummary
  /** Changes a stage; `write: false` keeps it in memory until the next write (progress comes often). */
  updateStage(id: string, stageId: string, change: Partial<StageRecord>, options?: { write: boolean }): RunSummary
  setConfigName(id: string, name: string): void
  remove(id: string): void
}

export function createRunsTable(database: Database): RunsTable {
  const runs = load(database)
  const summaryOf = (id: string): RunSummary => {
    const run = runs.get(id)
    if (!run)
      throw new RefusedInputError(`There is no run "${id}".`, {
        wanted: 'the id of a run of this workspace',
        got: id,
        action: 'See them with "abd runs".',
      })
    return run
  }
  const write = (run: RunSummary): void => {
    const { stages: _stages, ...stored } = run
    database.run(
      'UPDATE runs SET state = ?, deleted_at = ?, summary = ? WHERE id = ?',
      run.state,
      run.deletedAt,
      JSON.stringify(stored),
      run.id,
    )
  }
  const writeStage = (id: string, stage: StageRecord): void =>
    database.run('UPDATE stages SET record = ? WHERE run_id = ? AND id = ?', JSON.stringify(stage), id, stage.id)
  return {
    list: (includeDeleted) =>
      [...runs.values()]
        .filter((run) => includeDeleted || run.deletedAt === null)
        .sort((left, right) => right.createdAt - left.createdAt || (right.id < left.id ? -1 : 1)),
    has: (id) => runs.has(id),
    summary: (id) => structuredClone(summaryOf(id)),
    config: (id) => readConfig(database, summaryOf(id).id),
    insert(detail) {
      const { config, stages: given, ...stored } = structuredClone(detail)
      const stages = given.map(numbered)
      insertRun(database, { ...stored, stages }, config)
      runs.set(stored.id, { ...stored, stages })
    },
    update(id, change, options = { write: true }) {
      const run = { ...summaryOf(id), ...structuredClone(change) }
      runs.set(id, run)
      if (options.write) write(run)
      return structuredClone(run)
    },
    updateStage(id, stageId, change, options = { write: true }) {
      const run = summaryOf(id)
      const stages = run.stages.map((stage) =>
        stage.id === stageId ? { ...stage, ...structuredClone(change) } : stage,
      )
      const stage = stages.find((entry) => entry.id === stageId)
      if (!stage) throw noSuchStage(run, stageId)
      runs.set(id, { ...run, stages })
      if (options.write) writeStage(id, stage)
      return structuredClone({ ...run, stages })
    },
    setConfigName(id, name) {
      database.run('UPDATE runs SET config = ? WHERE id = ?', JSON.stringify({ ...readConfig(database, id), name }), id)
    },
    remove(id) {
      database.run('DELETE FROM runs WHERE id = ?', summaryOf(id).id)
      runs.delete(id)
    },
  }
}

function insertRun(database: Database, { stages, ...stored }: RunSummary, config: ExperimentConfig): void {
  database.transaction(() => {
    database.run(
      'INSERT INTO runs (id, created_at, state, deleted_at, summary, config) VALUES (?, ?, ?, ?, ?, ?)',
      stored.id,
      stored.createdAt,
      stored.state,
      stored.deletedAt,
      JSON.stringify(stored),
      JSON.stringify(config),
    )
    stages.forEach((stage, position) =>
      database.run(
        'INSERT INTO stages (run_id, id, position, record) VALUES (?, ?, ?, ?)',
        stored.id,
        stage.id,
        position,
        JSON.stringify(stage),
      ),
    )
  })
}

const noSuchStage = ({ id, stages }: RunSummary, stageId: string): RefusedInputError =>
  new RefusedInputError(`The run "${id}" has no stage "${stageId}".`, {
    wanted: stages.map((entry) => entry.id).join(', '),
    got: stageId,
  })

function readConfig(database: Database, id: string): ExperimentConfig {
  const row = database.get('SELECT CAST(config AS BLOB) AS config FROM runs WHERE id = ?', id)
  try {
    return completed(JSON.parse(textOf(row?.config)) as ExperimentConfig)
  } catch (error) {
    throw new UserError('The configuration of this run cannot be read.', {
      where: id,
      action: 'The record is damaged; other runs are not affected.',
      cause: error,
    })
  }
}

/**
 * What an earlier version did not know yet has the default that leaves everything as it was; members' own parameters
 * are filled where they are used.
 */
const completed = (config: ExperimentConfig): ExperimentConfig => ({
  ...config,
  poisoning: { ...defaultsOf(poisoningSchema), ...config.poisoning },
  teacher: {
    ...defaultsOf(teacherSourceSchema),
    ...config.teacher,
    training: completeTraining(config.teacher.training),
  } as ExperimentConfig['teacher'],
  recording: { ...defaultsOf(recordingSchema), ...config.recording },
  execution: { ...defaultsOf(executionSchema), ...config.execution },
})

/** Records of earlier versions tell a stage by its id alone. */
const numbered = (stage: StageRecord): StageRecord => ({
  ...stage,
  index: (stage.index as number | undefined) ?? stageNameOf(stage.id)?.index ?? 0,
})

/** A damaged record becomes a failed run that says so: it never hides the others. */
function load(database: Database): Map<string, RunSummary> {
  const stages = new Map<string, StageRecord[]>()
  const damaged = new Map<string, unknown>()
  for (const [runId, record] of database.columns(
    'SELECT run_id, CAST(record AS BLOB) FROM stages ORDER BY run_id, position',
  )) {
    const id = String(runId)
    try {
      const list = stages.get(id) ?? []
      list.push(numbered(JSON.parse(textOf(record)) as StageRecord))
      stages.set(id, list)
    } catch (error) {
      damaged.set(id, error)
    }
  }
  const runs = new Map<string, RunSummary>()
  for (const row of database.all('SELECT id, created_at, deleted_at, CAST(summary AS BLOB) AS summary FROM runs')) {
    const id = String(row.id)
    runs.set(id, readSummary(row, stages.get(id) ?? [], damaged.get(id)))
  }
  return runs
}

function readSummary(row: Row, stages: StageRecord[], fault: unknown): RunSummary {
  try {
    const stored = JSON.parse(textOf(row.summary)) as StoredSummary
    if (typeof stored.name !== 'string' || typeof stored.state !== 'string') throw new Error('fields are missing')
    return { ...stored, stages, ...(fault === undefined ? {} : damageOf(String(row.id), fault)) }
  } catch (error) {
    return damagedRun(row, stages, error)
  }
}

const damageOf = (id: string, fault: unknown): Pick<RunSummary, 'state' | 'error'> => ({
  state: 'failed',
  error: toCauses(
    new UserError('The record of this run is damaged.', {
      where: id,
      action: 'Its files are untouched in the workspace; delete the run to be rid of it.',
      cause: fault,
    }),
  ),
})

function damagedRun(row: Row, stages: StageRecord[], fault: unknown): RunSummary {
  const id = String(row.id)
  return {
    id,
    name: `Damaged run ${id}`,
    note: '',
    tags: [],
    createdAt: Number(row.created_at) || 0,
    startedAt: null,
    endedAt: null,
    seconds: 0,
    stages,
    data: '',
    attack: '',
    poisonRatio: 0,
    target: 0,
    method: '',
    seed: 0,
    preset: null,
    device: null,
    deletedAt: typeof row.deleted_at === 'number' ? row.deleted_at : null,
    bytesOnDisk: 0,
    ...damageOf(id, fault),
  }
}
