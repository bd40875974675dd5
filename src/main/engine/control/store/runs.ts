/**
 * Runs, and which stages they name. The control process is the only writer, so summaries are kept in memory and lists
 * never wait for the disk.
 */
import {
  findingsOf,
  type ExperimentConfig,
  type OwnStage,
  type RunDetail,
  type RunState,
  type RunSummary,
  type StageRecord,
} from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Database } from './database'
import { changesMarks, marksOf, writeMarks, type RunMarks } from './marks'
import { markBehind } from './mirrors'
import { loadRuns, readConfig, stageToKeep, type HeldRun, type NamedStage, type StoredSummary } from './runRecords'
import { waitingStage, type StagesTable } from './stages'

/** A run to be kept; its stages name places, and those without one lie in the run's own folder. */
export type RunToKeep = Omit<RunDetail, 'changedPaths'>

export interface RunsTable {
  /** Newest first. */
  list(includeDeleted: boolean): RunSummary[]
  /** What lies in the bin, the last deleted first. */
  binned(): RunSummary[]
  /** Newest first, the bin's too; of some states alone, where they are named. Looks at no stage. */
  ids(states?: readonly RunState[]): string[]
  /** When the newest run was made, the bin's too; 0 where there is none. */
  newest(): number
  has(id: string): boolean
  /** @throws RefusedInputError when there is none */
  summary(id: string): RunSummary
  /** The same without a copy: to look at, not to keep. */
  peek(id: string): Readonly<RunSummary>
  /** @throws UserError when its configuration cannot be read */
  config(id: string): ExperimentConfig
  /** Some of the runs in whose configurations a text stands as it is; a hundred at most, the newest first. */
  mentioning(text: string): string[]
  /** All in one transaction, or none; stages that nobody has kept yet are kept as these runs tell them. */
  insert(...details: RunToKeep[]): void
  /** Changes a run's own fields and writes them. The memory holds the change also when writing fails (a full disk). */
  update(id: string, change: Partial<StoredSummary>, options?: { write: boolean }): RunSummary
  /** A run's own fields without its stages: to look at thousands of them. @throws as `summary` */
  own(id: string): Readonly<StoredSummary>
  /** Changes marks of many runs, all or none: thousands in milliseconds. */
  mark(changes: ReadonlyMap<string, Partial<RunMarks>>): void
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
    this.runs = loadRuns(database, kept)
    for (const [id, { stages }] of this.runs) for (const { place } of stages) this.addNamer(place, id)
    kept.onChange((place) => {
      for (const id of this.namers.get(place) ?? []) this.views.delete(id)
    })
  }

  list(includeDeleted: boolean): RunSummary[] {
    return this.sorted(({ deletedAt }) => includeDeleted || deletedAt === null).map((run) => this.composed(run))
  }

  binned(): RunSummary[] {
    return this.sorted(({ deletedAt }) => deletedAt !== null)
      .sort((left, right) => (right.stored.deletedAt ?? 0) - (left.stored.deletedAt ?? 0))
      .map((run) => this.composed(run))
  }

  ids(states?: readonly RunState[]): string[] {
    return this.sorted(({ state }) => states?.includes(state) ?? true).map(({ stored }) => stored.id)
  }

  newest(): number {
    let newest = 0
    for (const { stored } of this.runs.values()) newest = Math.max(newest, stored.createdAt)
    return newest
  }

  private sorted(wanted: (run: StoredSummary) => boolean): HeldRun[] {
    return [...this.runs.values()]
      .filter(({ stored }) => wanted(stored))
      .sort(
        ({ stored: left }, { stored: right }) =>
          right.createdAt - left.createdAt || (right.id < left.id ? -1 : right.id > left.id ? 1 : 0),
      )
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

  mentioning(text: string): string[] {
    return this.database
      .columns('SELECT id FROM runs WHERE instr(config, ?) > 0 ORDER BY id DESC LIMIT 100', JSON.stringify(text))
      .map(([id]) => String(id))
      .filter((id) => this.has(id))
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
    if (options.write) this.write(run.stored, changesMarks(change))
    return this.summary(id)
  }

  own(id: string): Readonly<StoredSummary> {
    return this.held(id).stored
  }

  mark(changes: ReadonlyMap<string, Partial<RunMarks>>): void {
    const marks = new Map([...changes].map(([id, change]) => [id, marksOf(this.held(id).stored, change)]))
    this.database.transaction(
      () => {
        writeMarks(this.database, marks)
        markBehind(this.database, [...marks.keys()])
      },
      { durable: true },
    )
    for (const [id, change] of changes) {
      Object.assign(this.held(id).stored, change)
      this.views.delete(id)
      this.changed(id)
    }
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
      this.database.transaction(() => {
        this.database.run(
          'UPDATE run_stages SET place = ?, record = ? WHERE run_id = ? AND id = ?',
          stage.place,
          JSON.stringify(stage),
          id,
          stageId,
        )
        markBehind(this.database, [id])
      })
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
    this.database.transaction(() => {
      this.database.run('DELETE FROM runs WHERE id = ?', id)
      for (const table of ['run_marks', 'behind_mirrors'])
        this.database.run(`DELETE FROM ${table} WHERE run_id = ?`, id)
    })
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

  private write(stored: StoredSummary, withMarks: boolean): void {
    const { id, state, deletedAt } = stored
    this.database.transaction(() => {
      this.database.run(
        'UPDATE runs SET state = ?, deleted_at = ?, summary = ? WHERE id = ?',
        state,
        deletedAt,
        JSON.stringify(stored),
        id,
      )
      if (withMarks) writeMarks(this.database, new Map([[id, marksOf(stored)]]))
      markBehind(this.database, [id])
    })
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
