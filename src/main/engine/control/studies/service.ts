/** The calls that start, steer and extend studies. */
import type { CallArgs, CallHandlers, CallsOf } from '../../../../shared/contract'
import type {
  PartialExperimentConfig,
  RunSummary,
  StudyCell,
  StudyDefinition,
  StudyDetail,
  StudyPlan,
  StudySummary,
} from '../../../../shared/domain'
import { RefusedInputError, UserError } from '../../../../shared/errors'
import { createYielding } from '../../images/yielding'
import type { Resolution } from '../experiments/resolve'
import type { StoredCell, StoredStudy, StudiesTable } from '../store/studyRecords'
import { isResting, valueOfRun } from './search'
import { hasEnded } from './cellOf'
import { parseDefinition } from './definition'
import { LiveStudy } from './liveStudy'
import { createMaker, type MadeCells, type Maker } from './maker'
import type { PlanContext } from './plan'
import { createStudyTeller, type StudyEvents, type StudyTeller } from './teller'
import type { ExpandContext, StudyRuns } from './types'
import { widened } from './widened'

export type SteeringCall = Exclude<CallsOf<'studies'>, 'studies.presets' | 'studies.read' | 'studies.write'>

export interface StudyServiceOptions extends ExpandContext {
  readonly store: StudiesTable
  readonly runs: StudyRuns
  readonly events: StudyEvents
  readonly readOnly: boolean
  resolve(config: PartialExperimentConfig): Resolution
  /** Pseudo batches of a run. */
  lengthOf(config: Resolution['config']): number
  /** For each plan anew. */
  planning(): PlanContext
  /** Refuses while the runtime is missing. */
  assertReady(): void
  /** Refuses an executor that there is none of. */
  assertExecutor(id: string): void
  onError(error: unknown): void
  now(): number
  newId(): string
}

export interface StudyService {
  readonly calls: Pick<CallHandlers, SteeringCall>
  close(): void
}

export function createStudyService(options: StudyServiceOptions): StudyService {
  const service = new Studies(options)
  return { calls: service.calls(), close: () => service.close() }
}

class Studies {
  private readonly studies = new Map<string, LiveStudy>()
  private readonly teller: StudyTeller
  private readonly maker: Maker
  private readonly unsubscribe: () => void
  /** Studies whose strategy is being asked. */
  private readonly filling = new Set<string>()

  constructor(private readonly options: StudyServiceOptions) {
    this.teller = createStudyTeller(options.events, (id) => this.studies.get(id)?.summary())
    this.maker = createMaker(options)
    for (const { study, cells } of options.store.all()) {
      const live = new LiveStudy(study, options)
      live.put(cells, (id) => this.runOf(id))
      this.studies.set(study.id, live)
    }
    this.unsubscribe = options.runs.onChanged((run) => this.runChanged(run))
    if (!options.readOnly) for (const live of this.studies.values()) this.fillSoon(live)
  }

  close(): void {
    this.unsubscribe()
    this.teller.dispose()
  }

  calls(): Pick<CallHandlers, SteeringCall> {
    return {
      'studies.plan': ({ definition }, signal) => this.plan(definition, signal),
      'studies.start': ({ definition }) => this.start(definition),
      'studies.list': () => [...this.studies.values()].map((live) => live.summary()).reverse(),
      'studies.get': ({ studyId }) => this.detail(this.get(studyId)),
      'studies.runs': ({ studyId }) =>
        this.get(studyId)
          .runIds()
          .flatMap((id) => this.runOf(id) ?? []),
      'studies.pause': (args) => this.pause(args),
      'studies.resume': (args) => this.resume(args),
      'studies.cancel': (args) => this.cancel(args),
      'studies.retry': (args) => this.retry(args),
      'studies.extend': (args) => this.extend(args),
      'studies.rename': ({ studyId, name, note }) => {
        const live = this.get(studyId)
        return this.write(live, { name, note: note ?? live.record.note })
      },
      'studies.prioritize': ({ studyId, priority }) => this.prioritize(this.get(studyId), priority),
      'studies.reorder': (args) => this.reorder(args),
      'studies.delete': ({ studyId }) => this.remove(this.get(studyId)),
    }
  }

  private get(studyId: string): LiveStudy {
    const live = this.studies.get(studyId)
    if (live) return live
    throw new RefusedInputError(`There is no study "${studyId}".`, {
      wanted: 'the id of a study of this workspace',
      got: studyId,
      action: 'See them with "abd study list".',
    })
  }

  private runOf(runId: string): RunSummary | null {
    const { runs } = this.options
    return runs.has(runId) ? runs.summary(runId) : null
  }

  private detail(live: LiveStudy): StudyDetail {
    return { ...live.summary(), definition: live.record.definition, list: live.list() }
  }

  private async plan(definition: StudyDefinition, signal?: AbortSignal): Promise<StudyPlan> {
    const checked = parseDefinition(definition)
    this.options.assertExecutor(checked.executor)
    return this.maker.plan(checked, signal)
  }

  private async start(given: StudyDefinition): Promise<StudySummary> {
    const { store, runs, now, newId, assertReady } = this.options
    assertReady()
    const asked = parseDefinition(given)
    this.options.assertExecutor(asked.executor)
    const made = await this.maker.cells(asked)
    const { definition } = made
    const record: StoredStudy = {
      id: newId(),
      name: definition.name,
      note: definition.note,
      createdAt: now(),
      endedAt: null,
      definition,
      priority: definition.priority,
      asked: 'run',
      search: made.searches ? 'going' : 'none',
      reused: made.reused,
    }
    const live = new LiveStudy(record, this.options)
    let cells: StoredCell[] = []
    runs.create(made.runsOf(record), (created) => {
      cells = made.stored(created)
      store.insert(record)
      store.putCells(record.id, cells)
    })
    live.put(cells, (id) => this.runOf(id))
    this.studies.set(record.id, live)
    this.fillSoon(live)
    return this.tellAll(live)
  }

  private tellAll(live: LiveStudy, cells = live.list()): StudySummary {
    this.teller.tellSoon(live.record.id, cells)
    this.teller.tell(live.record.id)
    return live.summary()
  }

  private write(live: LiveStudy, change: Partial<StoredStudy>): StudySummary {
    const record = { ...live.record, ...change }
    this.options.store.update(record)
    live.record = record
    return this.tellAll(live, [])
  }

  private runChanged(run: RunSummary): void {
    for (const live of this.studies.values()) {
      if (!live.has(run.id)) continue
      const cell = live.changed(run)
      if (!cell) return
      this.noteRung(live, cell.index, run)
      this.teller.tellSoon(live.record.id, [cell])
      this.noteEnd(live)
      if (run.state !== 'running' && run.state !== 'queued') this.fillSoon(live)
      return
    }
  }

  /** The value at the end that was set for a cell: what its strategy decides by. */
  private noteRung(live: LiveStudy, index: number, run: RunSummary): void {
    const stored = live.cell(index)?.stored
    if (!stored || stored.until === undefined || !isResting(stored, run)) return
    const { until: step, rungs = [] } = stored
    if (rungs.some((rung) => rung.step === step)) return
    const value = valueOfRun(run, this.maker.metricOf(live.record.definition)) ?? Number.NEGATIVE_INFINITY
    this.replace(live, [{ ...stored, rungs: [...rungs, { step, value: Math.max(value, -1e9) }] }])
  }

  private noteEnd(live: LiveStudy): void {
    const state = live.state()
    const ended = state === 'done' || state === 'cancelled'
    if (ended === (live.record.endedAt !== null)) return
    try {
      this.write(live, { endedAt: ended ? this.options.now() : null })
    } catch (error) {
      this.options.onError(error)
    }
  }

  private replace(live: LiveStudy, cells: readonly StoredCell[]): void {
    if (cells.length === 0) return
    this.options.store.putCells(live.record.id, cells)
    live.put(cells, (id) => this.runOf(id))
  }

  /** Does something to runs of cells; one that refuses does not keep it from the others. */
  private async each(
    live: LiveStudy,
    indices: readonly number[] | undefined,
    act: (cell: ReturnType<LiveStudy['chosen']>[number]) => void,
  ): Promise<void> {
    const yielding = createYielding()
    const problems: unknown[] = []
    for (const cell of live.chosen(indices)) {
      if (yielding.due()) await yielding.pause()
      try {
        act(cell)
      } catch (error) {
        problems.push(error)
      }
    }
    if (indices !== undefined && problems.length > 0 && problems.length === indices.length) throw problems[0]
  }

  private async pause({ studyId, cells }: CallArgs<'studies.pause'>): Promise<StudySummary> {
    const live = this.get(studyId)
    if (cells === undefined) this.write(live, { asked: 'pause' })
    await this.each(live, cells, ({ shown: { runId, state } }) => {
      if (runId !== null && (state === 'running' || state === 'queued')) this.options.runs.pause(runId)
    })
    return this.tellAll(live, [])
  }

  private async resume({ studyId, cells }: CallArgs<'studies.resume'>): Promise<StudySummary> {
    const live = this.get(studyId)
    if (live.record.asked === 'cancel' && cells === undefined)
      throw new UserError('This study was cancelled.', { action: 'Retry it: then its cells go on.' })
    this.options.assertReady()
    if (cells === undefined) this.write(live, { asked: 'run' })
    await this.each(live, cells, ({ stored, shown: { runId, state } }) => {
      if (runId === null || (state !== 'paused' && state !== 'interrupted')) return
      // One that stands at the end that was set for it waits for its strategy.
      if (!isResting(stored, this.runOf(runId))) this.goOn(runId, stored)
    })
    this.fillSoon(live)
    return this.tellAll(live, [])
  }

  private goOn(runId: string, { until }: Pick<StoredCell, 'until'>): void {
    this.options.runs.resume(runId, until === undefined ? undefined : { until })
  }

  private async cancel({ studyId, cells }: CallArgs<'studies.cancel'>): Promise<StudySummary> {
    const live = this.get(studyId)
    if (cells === undefined) this.write(live, { asked: 'cancel' })
    const given = live.chosen(cells).filter(({ shown }) => !hasEnded(shown.state))
    this.replace(
      live,
      given.map(({ stored }) => ({ ...stored, cancelled: true })),
    )
    await this.each(
      live,
      given.map(({ stored }) => stored.index),
      ({ stored: { runId } }) => {
        if (runId !== null) this.options.runs.stop(runId)
      },
    )
    this.noteEnd(live)
    return this.tellAll(
      live,
      live.chosen(cells).map(({ shown }) => shown),
    )
  }

  private async retry({ studyId, cells }: CallArgs<'studies.retry'>): Promise<StudySummary> {
    const live = this.get(studyId)
    this.options.assertReady()
    const again = live
      .chosen(cells)
      .filter(({ shown }) => ['failed', 'interrupted', 'cancelled', 'stopped'].includes(shown.state))
    if (again.length === 0)
      throw new UserError('No cell of these can be tried again.', {
        wanted: 'cells that failed, were interrupted or cancelled',
        got: 'none',
      })
    this.write(live, { asked: 'run', endedAt: null })
    const there = again.filter(({ stored }) => stored.runId !== null && this.runOf(stored.runId) !== null)
    this.replace(
      live,
      there.map(({ stored }) => ({ ...stored, cancelled: false })),
    )
    await this.each(
      live,
      there.map(({ stored }) => stored.index),
      ({ stored }) => {
        if (stored.runId !== null) this.goOn(stored.runId, stored)
      },
    )
    const gone = again.filter((cell) => !there.includes(cell)).map(({ stored }) => stored)
    await this.remake(live, gone)
    return this.tellAll(
      live,
      live.chosen(cells).map(({ shown }) => shown),
    )
  }

  /** Cells whose runs are gone, made anew. */
  private async remake(live: LiveStudy, gone: readonly StoredCell[]): Promise<void> {
    if (gone.length > 0) this.create(live, live.record, await this.maker.again(live.record.definition, gone))
  }

  /** Runs, cells and the study's record in one transaction. @returns the cells */
  private create(live: LiveStudy, record: StoredStudy, made: MadeCells): StudyCell[] {
    let cells: StoredCell[] = []
    this.options.runs.create(made.runsOf(record), (created) => {
      cells = made.stored(created)
      this.options.store.update(record)
      this.options.store.putCells(record.id, cells)
    })
    live.widen(record)
    live.put(cells, (id) => this.runOf(id))
    return live.chosen(cells.map(({ index }) => index)).map(({ shown }) => shown)
  }

  private async extend({ studyId, path, values }: CallArgs<'studies.extend'>): Promise<StudySummary> {
    const live = this.get(studyId)
    this.options.assertReady()
    const { definition } = live.record
    const wider: StudyDefinition = { ...definition, axes: widened(definition.axes, path, values) }
    const made = await this.maker.added(parseDefinition(wider), { path, values, cells: live.stored() })
    const record: StoredStudy = {
      ...live.record,
      definition: wider,
      reused: [...new Set([...live.record.reused, ...made.reused])],
      endedAt: null,
      asked: 'run',
      search: live.record.search === 'over' ? 'going' : live.record.search,
    }
    this.create(live, record, made)
    this.fillSoon(live)
    return this.tellAll(live)
  }

  private prioritize(live: LiveStudy, priority: number): StudySummary {
    this.options.runs.setPriority(live.runIds(), priority)
    return this.write(live, { priority })
  }

  private reorder({ studyId, cells }: CallArgs<'studies.reorder'>): StudySummary {
    const live = this.get(studyId)
    this.options.runs.reorder(
      live.chosen(cells).flatMap(({ shown }) => (shown.state === 'queued' && shown.runId !== null ? shown.runId : [])),
    )
    return this.tellAll(live, [])
  }

  private remove(live: LiveStudy): { deleted: string } {
    const { id } = live.record
    this.options.store.remove(id)
    this.studies.delete(id)
    this.teller.removed(id)
    return { deleted: id }
  }

  /** Asks the strategy what to do next, as long as there are places; not while events come in. */
  private fillSoon(live: LiveStudy): void {
    const { id, search, asked } = live.record
    if (search !== 'going' || asked !== 'run' || this.filling.has(id)) return
    this.filling.add(id)
    setTimeout(() => {
      this.fill(live)
        .catch((error: unknown) => this.options.onError(error))
        .finally(() => this.filling.delete(id))
    }, 0)
  }

  private async fill(live: LiveStudy): Promise<void> {
    for (;;) {
      const { id, search, asked } = live.record
      if (this.studies.get(id) !== live || search !== 'going' || asked !== 'run') return
      const step = await this.maker.next(live, (runId) => this.runOf(runId))
      if (step.over) {
        this.write(live, { search: 'over' })
        this.noteEnd(live)
        return
      }
      if (step.made === null && step.goOn.length === 0) return
      for (const { cell, until } of step.goOn) {
        const { until: _before, ...rest } = cell
        this.replace(live, [until === undefined ? rest : { ...rest, until }])
        if (cell.runId !== null) this.goOn(cell.runId, until === undefined ? {} : { until })
      }
      if (step.made) {
        const reused = [...new Set([...live.record.reused, ...step.made.reused])]
        this.teller.tellSoon(id, this.create(live, { ...live.record, reused }, step.made))
      }
    }
  }
}
