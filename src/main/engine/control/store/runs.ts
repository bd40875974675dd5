/**
 * Runs, and which stages they name. The control process is the only writer, so summaries are kept in memory and lists
 * never wait for the disk.
 */
import {
  executionSchema,
  findingsOf,
  poisoningSchema,
  recordingSchema,
  stageNameOf,
  teacherSourceSchema,
  type ExperimentConfig,
  type OwnStage,
  type RunDetail,
  type RunSummary,
  type StageProgress,
  type StageRecord,
} from '../../../../shared/domain'
import { RefusedInputError, UserError, toCauses } from '../../../../shared/errors'
import { defaultsOf } from '../../../../shared/schema'
import { completeTraining } from '../../families/teacherTraining'
import { textOf, type Database, type Row } from './database'
import { placeInRun, waitingStage, type KeptStage, type StagesTable } from './stages'

/** A run's own record: what its stages have come to is kept with them. */
type StoredSummary = Omit<RunSummary, 'stages'>

/** A run as it is held in memory. */
interface HeldRun {
  stored: StoredSummary
  stages: NamedStage[]
}
/** A stage as a run names it. */
type NamedStage = OwnStage & { readonly place: string }

/** A run to be kept; its stages name places, and those without one lie in the run's own folder. */
export type RunToKeep = Omit<RunDetail, 'changedPaths'>

export interface RunsTable {
  /** Newest first. */
  list(includeDeleted: boolean): RunSummary[]
  has(id: string): boolean
  /** @throws RefusedInputError when there is none */
  summary(id: string): RunSummary
  /** The same without a copy: to look at, not to keep. */
  peek(id: string): Readonly<RunSummary>
  /** @throws UserError when its configuration cannot be read */
  config(id: string): ExperimentConfig
  /** All in one transaction, or none; stages that nobody has kept yet are kept as these runs tell them. */
  insert(...details: RunToKeep[]): void
  /** Changes a run's own fields and writes them. The memory holds the change also when writing fails (a full disk). */
  update(id: string, change: Partial<StoredSummary>, options?: { write: boolean }): RunSummary
  /** Runs that name the stage at a place. */
  naming(place: string): readonly string[]
  /** Another stage, or other words of the run for it. */
  setStage(id: string, stageId: string, change: Partial<OwnStage>, options?: { write: boolean }): void
  setConfigName(id: string, name: string): void
  /** The stages that it names stay. */
  remove(id: string): void
  /** Told of every change of a run's own record and of which stages it names, when the memory holds it. */
  onChange(listener: (id: string) => void): void
}

export function createRunsTable(database: Database, kept: StagesTable): RunsTable {
  return new Runs(database, kept)
}

class Runs implements RunsTable {
  private readonly runs: Map<string, HeldRun>
  /** Of a place, the runs that name it. */
  private readonly namers = new Map<string, Set<string>>()
  /** Runs as they are handed out to be looked at, until something of them changes. */
  private readonly views = new Map<string, RunSummary>()
  private readonly listeners: ((id: string) => void)[] = []

  constructor(
    private readonly database: Database,
    private readonly kept: StagesTable,
  ) {
    this.runs = load(database, kept)
    for (const [id, { stages }] of this.runs) for (const { place } of stages) this.addNamer(place, id)
    kept.onChange((place) => {
      for (const id of this.namers.get(place) ?? []) this.views.delete(id)
    })
  }

  list(includeDeleted: boolean): RunSummary[] {
    return [...this.runs.values()]
      .filter(({ stored }) => includeDeleted || stored.deletedAt === null)
      .sort(
        ({ stored: left }, { stored: right }) =>
          right.createdAt - left.createdAt || (right.id < left.id ? -1 : right.id > left.id ? 1 : 0),
      )
      .map((run) => this.composed(run))
  }

  has(id: string): boolean {
    return this.runs.has(id)
  }

  summary(id: string): RunSummary {
    return structuredClone(this.composed(this.held(id)))
  }

  peek(id: string): Readonly<RunSummary> {
    return this.composed(this.held(id))
  }

  config(id: string): ExperimentConfig {
    return readConfig(this.database, this.held(id).stored.id)
  }

  insert(...details: RunToKeep[]): void {
    const made = details.map((detail) => {
      const { config, stages, ...stored } = structuredClone(detail)
      return { config, stored, stages: stages.map((stage) => stageToKeep(stored.id, stage)) }
    })
    const kept: string[] = []
    try {
      this.database.transaction(() => {
        for (const { stored, config, stages } of made) {
          insertRun(this.database, stored, config)
          stages.forEach(({ own }, position) => insertStage(this.database, { runId: stored.id, position, own }))
          for (const { progress } of stages) {
            if (this.kept.has(progress.place)) continue
            this.kept.insert(progress)
            kept.push(progress.place)
          }
        }
      })
    } catch (error) {
      this.kept.forget(kept)
      throw error
    }
    for (const { stored, stages } of made) {
      this.runs.set(stored.id, { stored, stages: stages.map(({ own }) => own) })
      for (const { own } of stages) this.addNamer(own.place, stored.id)
      this.changed(stored.id)
    }
  }

  update(id: string, change: Partial<StoredSummary>, options = { write: true }): RunSummary {
    const run = this.held(id)
    run.stored = { ...run.stored, ...structuredClone(change) }
    this.views.delete(id)
    // Others name it as the run that their stages come from.
    if (change.name !== undefined) this.views.clear()
    this.changed(id)
    const { state, deletedAt } = run.stored
    if (options.write)
      this.database.run(
        'UPDATE runs SET state = ?, deleted_at = ?, summary = ? WHERE id = ?',
        state,
        deletedAt,
        JSON.stringify(run.stored),
        id,
      )
    return this.summary(id)
  }

  naming(place: string): readonly string[] {
    return [...(this.namers.get(place) ?? [])]
  }

  setStage(id: string, stageId: string, change: Partial<OwnStage>, options = { write: true }): void {
    const run = this.held(id)
    const before = run.stages.find((entry) => entry.id === stageId)
    if (!before) throw noSuchStage(run, stageId)
    const stage = { ...before, ...change } as NamedStage
    if (options.write)
      this.database.run(
        'UPDATE run_stages SET place = ?, record = ? WHERE run_id = ? AND id = ?',
        stage.place,
        JSON.stringify(stage),
        id,
        stageId,
      )
    run.stages = run.stages.map((entry) => (entry.id === stageId ? stage : entry))
    this.views.delete(id)
    this.removeNamer(before.place, id)
    for (const { place } of run.stages) this.addNamer(place, id)
    this.changed(id)
  }

  setConfigName(id: string, name: string): void {
    this.database.run(
      'UPDATE runs SET config = ? WHERE id = ?',
      JSON.stringify({ ...readConfig(this.database, id), name }),
      id,
    )
  }

  remove(id: string): void {
    const { stages } = this.held(id)
    this.database.run('DELETE FROM runs WHERE id = ?', id)
    this.runs.delete(id)
    // Others may name it as the run that their stages come from.
    this.views.clear()
    for (const { place } of stages) this.removeNamer(place, id)
    this.changed(id)
  }

  onChange(listener: (id: string) => void): void {
    this.listeners.push(listener)
  }

  private changed(id: string): void {
    for (const listener of this.listeners) listener(id)
  }

  private held(id: string): HeldRun {
    const run = this.runs.get(id)
    if (!run)
      throw new RefusedInputError(`There is no run "${id}".`, {
        wanted: 'the id of a run of this workspace',
        got: id,
        action: 'See them with "abd runs".',
      })
    return run
  }

  /** With what its stages have come to; shares their records. */
  private composed(run: HeldRun): RunSummary {
    const known = this.views.get(run.stored.id)
    if (known) return known
    const view = this.compose(run)
    this.views.set(run.stored.id, view)
    return view
  }

  private compose({ stored, stages: named }: HeldRun): RunSummary {
    const stages = named.map((own) => this.stageOf(stored, own))
    // What was trained for another run has cost this one nothing.
    const seconds = stages.reduce((sum, stage) => sum + (stage.origin ? 0 : stage.seconds), 0)
    const device = stored.device ?? stages.findLast((stage) => stage.device)?.device ?? null
    return { ...stored, seconds, device, stages }
  }

  private stageOf({ id: runId, poisonRatio }: StoredSummary, own: NamedStage): StageRecord {
    if (!this.kept.has(own.place))
      return { ...own, ...waitingStage({ ...own, key: null, trainedFor: null }), key: own.key ?? null }
    const kept = this.kept.get(own.place)
    const { trainedFor, health: _observed, ...progress } = kept
    const health = findingsOf(kept, { poisonRatio })
    const stage: StageRecord = { ...progress, ...own, ...(health.length > 0 ? { health } : {}) }
    if (trainedFor === null || trainedFor === runId) return stage
    return { ...stage, origin: { runId: trainedFor, runName: this.runs.get(trainedFor)?.stored.name ?? trainedFor } }
  }

  private addNamer(place: string, id: string): void {
    this.namers.set(place, (this.namers.get(place) ?? new Set()).add(id))
  }

  private removeNamer(place: string, id: string): void {
    const namers = this.namers.get(place)
    namers?.delete(id)
    if (namers?.size === 0) this.namers.delete(place)
  }
}

const ownFields = [
  'id',
  'kind',
  'index',
  'title',
  'method',
  'defense',
  'otherSettings',
  'recipe',
  'pairKey',
  'condition',
  'settings',
  'key',
  'keyDevice',
  'place',
  'prefix',
] as const

/** A stage's record as the run's words for it and what is kept at its place. */
function stageToKeep(runId: string, record: StageRecord): { own: NamedStage; progress: KeptStage } {
  const stage = numbered(record)
  const place = stage.place ?? placeInRun(runId, stage.id)
  const own = Object.fromEntries(
    ownFields.flatMap((name) => (stage[name] === undefined ? [] : [[name, stage[name]]])),
  ) as unknown as OwnStage
  const { origin, ...rest } = stage
  const progress = Object.fromEntries(
    Object.entries(rest).filter(([name]) => name === 'kind' || !(ownFields as readonly string[]).includes(name)),
  ) as unknown as StageProgress & Pick<KeptStage, 'kind'>
  return {
    own: { ...own, place },
    progress: { ...progress, place, key: stage.key ?? null, trainedFor: origin?.runId ?? runId },
  }
}

function insertRun(database: Database, stored: StoredSummary, config: ExperimentConfig): void {
  database.run(
    'INSERT INTO runs (id, created_at, state, deleted_at, summary, config) VALUES (?, ?, ?, ?, ?, ?)',
    stored.id,
    stored.createdAt,
    stored.state,
    stored.deletedAt,
    JSON.stringify(stored),
    JSON.stringify(config),
  )
}

const insertStage = (
  database: Database,
  { runId, position, own }: { runId: string; position: number; own: NamedStage },
): void =>
  database.run(
    'INSERT INTO run_stages (run_id, id, position, place, record) VALUES (?, ?, ?, ?, ?)',
    runId,
    own.id,
    position,
    own.place,
    JSON.stringify(own),
  )

const noSuchStage = ({ stored, stages }: HeldRun, stageId: string): RefusedInputError =>
  new RefusedInputError(`The run "${stored.id}" has no stage "${stageId}".`, {
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
function load(database: Database, kept: StagesTable): Map<string, HeldRun> {
  const stages = new Map<string, NamedStage[]>()
  const damaged = new Map<string, unknown>()
  for (const [runId, stageId, place, record] of database.columns(
    'SELECT run_id, id, place, CAST(record AS BLOB) FROM run_stages ORDER BY run_id, position',
  )) {
    const id = String(runId)
    const fault = kept.damaged.get(String(place))
    if (fault !== undefined) damaged.set(id, fault)
    try {
      const list = stages.get(id) ?? []
      const parsed = JSON.parse(textOf(record)) as StageRecord
      const { own } = stageToKeep(id, { ...parsed, id: String(stageId), place: String(place) })
      list.push(own)
      stages.set(id, list)
    } catch (error) {
      damaged.set(id, error)
    }
  }
  const runs = new Map<string, HeldRun>()
  for (const row of database.all('SELECT id, created_at, deleted_at, CAST(summary AS BLOB) AS summary FROM runs')) {
    const id = String(row.id)
    const named = (stages.get(id) ?? []).filter(({ place }) => kept.has(place))
    runs.set(id, { stored: readSummary(row, damaged.get(id)), stages: named })
  }
  return runs
}

function readSummary(row: Row, fault: unknown): StoredSummary {
  try {
    const stored = JSON.parse(textOf(row.summary)) as StoredSummary
    if (typeof stored.name !== 'string' || typeof stored.state !== 'string') throw new Error('fields are missing')
    return { ...stored, ...(fault === undefined ? {} : damageOf(String(row.id), fault)) }
  } catch (error) {
    return damagedRun(row, error)
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

function damagedRun(row: Row, fault: unknown): StoredSummary {
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
