/** The calls that start, steer and extend studies. */
import type { CallArgs, CallHandlers, CallsOf } from '../../../../shared/contract'
import type {
  PartialExperimentConfig,
  RunSummary,
  StudyDefinition,
  StudyDetail,
  StudyPlan,
  StudySummary,
} from '../../../../shared/domain'
import { UserError } from '../../../../shared/errors'
import { createYielding } from '../../images/yielding'
import type { Resolution } from '../experiments/resolve'
import { madeAfter } from '../store/order'
import type { StoredCell, StoredStudy } from '../store/studyRecords'
import { isResting } from './search'
import { Analysing } from './analysing'
import { createSearching, goOn, type Searching } from './searching'
import { StudyShelf, type ShelfOptions } from './shelf'
import { hasEnded } from './cellOf'
import { parseDefinition } from './definition'
import type { LiveStudy } from './liveStudy'
import { createMaker, type Maker } from './maker'
import type { PlanContext } from './plan'
import type { ExpandContext, StudyAnalyses } from './types'
import { widened } from './widened'

export type SteeringCall = Exclude<CallsOf<'studies'>, 'studies.presets' | 'studies.read' | 'studies.write'>

export interface StudyServiceOptions extends ExpandContext, ShelfOptions {
  readonly analyses: StudyAnalyses
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
  newId(): string
}

export interface StudyService {
  readonly calls: Pick<CallHandlers, SteeringCall>
  /** Whether it may still make runs, or go on with those that it has. */
  isOpen(studyId: string): boolean
  /** Oldest first. */
  all(): StudySummary[]
  close(): void
}

export function createStudyService(options: StudyServiceOptions): StudyService {
  const service = new Studies(options)
  return {
    calls: service.calls(),
    isOpen: (studyId) => service.isOpen(studyId),
    all: () => service.all(),
    close: () => service.close(),
  }
}

type CellOfStudy = ReturnType<LiveStudy['chosen']>[number]

/** What waits before what runs, the last first: whatever is taken away makes room for nothing that comes next. */
const lastFirst = (cells: readonly CellOfStudy[]): CellOfStudy[] => {
  const runs = ({ shown }: CellOfStudy): boolean => shown.state === 'running'
  return [...cells.filter((cell) => !runs(cell)).reverse(), ...cells.filter(runs)]
}

class Studies {
  private readonly shelf: StudyShelf
  private readonly maker: Maker
  private readonly searching: Searching
  private readonly analysing: Analysing
  private readonly unsubscribe: () => void

  constructor(private readonly options: StudyServiceOptions) {
    const { runs, readOnly, onError } = options
    this.shelf = new StudyShelf(options)
    this.maker = createMaker(options)
    this.searching = createSearching({ shelf: this.shelf, maker: this.maker, runs, onError })
    this.analysing = new Analysing({ table: options.table, shelf: this.shelf, analyses: options.analyses })
    this.unsubscribe = runs.onChanged((run) => this.runChanged(run))
    if (readOnly) return
    for (const live of this.shelf.all()) this.searching.fillSoon(live)
    // The engine answers first.
    this.beginning = setImmediate(() => this.shelf.all().forEach((live) => this.analyse(live)))
  }

  private beginning: NodeJS.Immediate | undefined

  /**
   * Asks what a cell lacks, or all of them. A definition that this version does not understand keeps nothing else from
   * working.
   */
  private analyse(live: LiveStudy, cell?: number): void {
    try {
      if (cell === undefined) this.analysing.begin(live)
      else this.analysing.cellChanged(live, cell)
    } catch (error) {
      this.options.onError(error)
    }
  }

  isOpen(studyId: string): boolean {
    const state = this.shelf.find(studyId)?.state()
    return state !== undefined && state !== 'done' && state !== 'cancelled'
  }

  all(): StudySummary[] {
    return this.shelf.all().map((live) => live.summary())
  }

  close(): void {
    clearImmediate(this.beginning)
    this.unsubscribe()
    this.shelf.teller.dispose()
  }

  calls(): Pick<CallHandlers, SteeringCall> {
    return {
      'studies.plan': ({ definition }, signal) => this.plan(definition, signal),
      'studies.start': ({ definition }) => this.start(definition),
      'studies.list': () => this.all().reverse(),
      'studies.get': ({ studyId }) => this.detail(this.shelf.get(studyId)),
      'studies.runs': ({ studyId }) =>
        this.shelf
          .get(studyId)
          .runIds()
          .flatMap((id) => this.shelf.runOf(id) ?? []),
      'studies.analyses': ({ studyId }) => this.analysing.list(this.shelf.get(studyId)),
      'studies.pause': (args) => this.pause(args),
      'studies.resume': (args) => this.resume(args),
      'studies.cancel': (args) => this.cancel(args),
      'studies.retry': (args) => this.retry(args),
      'studies.extend': (args) => this.extend(args),
      'studies.rename': ({ studyId, name, note }) => {
        const live = this.shelf.get(studyId)
        return this.shelf.write(live, { name, note: note ?? live.record.note })
      },
      'studies.prioritize': ({ studyId, priority }) => this.prioritize(this.shelf.get(studyId), priority),
      'studies.reorder': (args) => this.reorder(args),
      'studies.delete': ({ studyId }) => ({ deleted: this.shelf.remove(this.shelf.get(studyId)) }),
    }
  }

  private detail(live: LiveStudy): StudyDetail {
    const list = live.list()
    const waiting = new Map(
      list.flatMap(({ index, runId, state }) => (runId !== null && state === 'queued' ? [[runId, index]] : [])),
    )
    const queue = this.options.runs.order().flatMap((runId) => waiting.get(runId) ?? [])
    return { ...live.summary(), definition: live.record.definition, list, queue }
  }

  private async plan(definition: StudyDefinition, signal?: AbortSignal): Promise<StudyPlan> {
    const checked = parseDefinition(definition)
    this.options.assertExecutor(checked.executor)
    return this.maker.plan(checked, signal)
  }

  private async start(given: StudyDefinition): Promise<StudySummary> {
    const { now, newId, assertReady } = this.options
    assertReady()
    const asked = parseDefinition(given)
    this.options.assertExecutor(asked.executor)
    const made = await this.maker.cells(asked)
    const { definition } = made
    const record: StoredStudy = {
      id: newId(),
      name: definition.name,
      note: definition.note,
      createdAt: madeAfter(
        this.shelf.all().map((live) => live.record.createdAt),
        now(),
      ),
      endedAt: null,
      definition,
      priority: definition.priority,
      asked: 'run',
      search: made.searches ? 'going' : 'none',
      reused: made.reused,
    }
    const live = this.shelf.add(record, made)
    this.searching.fillSoon(live)
    this.analyse(live)
    return this.shelf.tell(live)
  }

  private runChanged(run: RunSummary): void {
    for (const live of this.shelf.all()) {
      if (!live.has(run.id)) continue
      const cell = live.changed(run)
      if (!cell) return
      this.searching.noteRung(live, cell.index, run)
      this.shelf.teller.tellSoon(live.record.id, [cell])
      this.shelf.noteEnd(live)
      if (run.state === 'done') this.analyse(live, cell.index)
      if (run.state !== 'running' && run.state !== 'queued') this.searching.fillSoon(live)
      return
    }
  }

  /**
   * Does something to the runs of cells; one that refuses does not keep it from the others. Ends early where the study
   * is asked for something else meanwhile.
   */
  private async each(live: LiveStudy, cells: readonly CellOfStudy[], act: (cell: CellOfStudy) => void): Promise<void> {
    const { asked } = live.record
    const yielding = createYielding()
    const problems: unknown[] = []
    for (const cell of cells) {
      if (yielding.due()) await yielding.pause()
      if (live.record.asked !== asked) return
      try {
        act(cell)
      } catch (error) {
        problems.push(error)
      }
    }
    if (problems.length > 0 && problems.length === cells.length) throw problems[0]
  }

  private async pause({ studyId, cells }: CallArgs<'studies.pause'>): Promise<StudySummary> {
    const live = this.shelf.get(studyId)
    if (cells === undefined) this.shelf.write(live, { asked: 'pause' })
    const active = live.chosen(cells).filter(({ shown: { state } }) => state === 'running' || state === 'queued')
    await this.each(live, lastFirst(active), ({ stored: { runId } }) => {
      if (runId !== null) this.options.runs.pause(runId)
    })
    return this.shelf.tell(live, [])
  }

  private async resume({ studyId, cells }: CallArgs<'studies.resume'>): Promise<StudySummary> {
    const live = this.shelf.get(studyId)
    if (live.record.asked === 'cancel' && cells === undefined)
      throw new UserError('This study was cancelled.', { action: 'Retry it: then its cells go on.' })
    this.options.assertReady()
    if (cells === undefined) this.shelf.write(live, { asked: 'run' })
    // One that stands at the end that was set for it waits for its strategy.
    const resting = live.chosen(cells).filter(({ stored, shown: { runId, state } }) => {
      const rests = state === 'paused' || state === 'interrupted'
      return runId !== null && rests && !isResting(stored, this.shelf.runOf(runId))
    })
    await this.each(live, this.firstFirst(resting), ({ stored }) => {
      if (stored.runId !== null) goOn(this.options.runs, stored.runId, stored)
    })
    this.searching.fillSoon(live)
    return this.shelf.tell(live, [])
  }

  /** In the order of work: as their runs were made, or put since. */
  private firstFirst(cells: readonly CellOfStudy[]): CellOfStudy[] {
    const placeOf = ({ stored: { runId } }: CellOfStudy): number => {
      const run = runId === null ? null : this.shelf.runOf(runId)
      return run?.position ?? run?.createdAt ?? Infinity
    }
    return cells
      .map((cell) => ({ cell, place: placeOf(cell) }))
      .sort((left, right) => left.place - right.place)
      .map(({ cell }) => cell)
  }

  private async cancel({ studyId, cells }: CallArgs<'studies.cancel'>): Promise<StudySummary> {
    const live = this.shelf.get(studyId)
    if (cells === undefined) {
      this.shelf.write(live, { asked: 'cancel' })
      this.analysing.cancel(live)
    }
    const given = live.chosen(cells).filter(({ shown }) => !hasEnded(shown.state))
    this.shelf.replace(
      live,
      given.map(({ stored }) => ({ ...stored, cancelled: true })),
    )
    const stopped = given.filter(({ shown: { state } }) => ['running', 'queued', 'paused'].includes(state))
    await this.each(live, lastFirst(stopped), ({ stored: { runId } }) => {
      if (runId !== null) this.options.runs.stop(runId)
    })
    this.shelf.noteEnd(live)
    return this.shelf.tell(
      live,
      live.chosen(cells).map(({ shown }) => shown),
    )
  }

  private async retry({ studyId, cells }: CallArgs<'studies.retry'>): Promise<StudySummary> {
    const live = this.shelf.get(studyId)
    this.options.assertReady()
    const again = live
      .chosen(cells)
      .filter(({ shown }) => ['failed', 'interrupted', 'cancelled', 'stopped'].includes(shown.state))
    const analysed = this.analysing.again(live, cells)
    if (again.length === 0 && analysed > 0) return this.shelf.tell(live, [])
    if (again.length === 0)
      throw new UserError('No cell of these can be tried again.', {
        wanted: 'cells or analyses that failed, were interrupted or cancelled',
        got: 'none',
      })
    this.shelf.write(live, { asked: 'run', endedAt: null })
    const there = again.filter(({ stored }) => stored.runId !== null && this.shelf.runOf(stored.runId) !== null)
    this.shelf.replace(
      live,
      there.map(({ stored }) => ({ ...stored, cancelled: false })),
    )
    await this.each(live, this.firstFirst(there), ({ stored }) => {
      if (stored.runId !== null) goOn(this.options.runs, stored.runId, stored)
    })
    const gone = again.filter((cell) => !there.includes(cell)).map(({ stored }) => stored)
    await this.remake(live, gone)
    return this.shelf.tell(
      live,
      live.chosen(cells).map(({ shown }) => shown),
    )
  }

  /** Cells whose runs are gone, made anew. */
  private async remake(live: LiveStudy, gone: readonly StoredCell[]): Promise<void> {
    if (gone.length > 0) this.shelf.extend(live, live.record, await this.maker.again(live.record.definition, gone))
  }

  private async extend({ studyId, path, values }: CallArgs<'studies.extend'>): Promise<StudySummary> {
    const live = this.shelf.get(studyId)
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
    this.shelf.extend(live, record, made)
    this.searching.fillSoon(live)
    this.analyse(live)
    return this.shelf.tell(live)
  }

  private prioritize(live: LiveStudy, priority: number): StudySummary {
    this.options.runs.setPriority(live.runIds(), priority)
    return this.shelf.write(live, { priority })
  }

  private reorder({ studyId, cells }: CallArgs<'studies.reorder'>): StudySummary {
    const live = this.shelf.get(studyId)
    this.options.runs.reorder(
      live.chosen(cells).flatMap(({ shown }) => (shown.state === 'queued' && shown.runId !== null ? shown.runId : [])),
    )
    return this.shelf.tell(live, [])
  }
}
