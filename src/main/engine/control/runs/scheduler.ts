/**
 * Brings the stages that active runs want to the executors, and tells runs what became of them. A stage that several
 * runs want is trained once, for the first of them.
 */
import { availableParallelism } from 'node:os'
import { ownMachine, type RunState, type RunSummary } from '../../../../shared/domain'
import { UserError, toCauses, type ErrorCause } from '../../../../shared/errors'
import { keepsQueue, type Executor } from '../executors/executor'
import type { StageKey } from '../experiments/stageKeys'
import type { RunStore } from '../store'
import { createActiveRuns, type ActiveRuns } from './activeRuns'
import { branchesOf } from './branches'
import { isReached, placeOf, readyStages, type ReadyStage } from './demand'
import type { FreeSpace } from './freeSpace'
import type { RunRecorder } from './recorder'
import { endOf, endedBy, type StageEnd } from './stageEnd'
import type { StageLauncher } from './stageLauncher'
import type { RunningStage } from './stageSupervisor'

export interface SchedulerOptions {
  readonly store: RunStore
  readonly recorder: RunRecorder
  readonly launcher: StageLauncher
  readonly executors: ReadonlyMap<string, Executor>
  /** Told before a stage or run is done, when a stage is, and when the sizes of a run that is over are written down. */
  readonly ends: Pick<FreeSpace, 'stageEnds' | 'runEnds' | 'stageDone' | 'runDone'>
  /** What a run's stages wait for; throws where its configuration cannot be read. */
  keysOf(run: Readonly<RunSummary>): readonly StageKey[]
}

/** A stage that an executor works at, or is about to. */
interface ActiveStage {
  readonly place: string
  readonly executor: string
  /** Does not count against the executor's slots. */
  readonly light: boolean
  running: RunningStage | null
  requested: 'pause' | 'stop' | null
  /** Killed by a second stop before it had begun. */
  killed: boolean
  readonly started: number
}

type Ended = Exclude<RunState, 'queued' | 'running'>

/** Data stages of runs on other machines, which are done here, beside whatever trains. */
const lightSlots = 2

export class StageScheduler {
  readonly runs: ActiveRuns = createActiveRuns()
  private readonly active = new Map<string, ActiveStage>()
  /** What was asked of runs whose stages have not ended yet. */
  private readonly requests = new Map<string, 'pause' | 'stop'>()
  /** Why a run ends as soon as its other stages have ended. */
  private readonly endings = new Map<string, { state: Ended; causes: ErrorCause[] | null }>()
  /** Runs of which a stage has ended, and no other has begun yet. */
  private readonly between = new Set<string>()
  private closed = false
  private pumping = false
  private idle: (() => void)[] = []

  constructor(private readonly options: SchedulerOptions) {
    options.recorder.onDiskFull((error) => {
      for (const stage of this.active.values()) stage.running?.fail(error)
    })
  }

  /** Whether an executor works at something. */
  get busy(): boolean {
    return this.active.size > 0
  }

  /** Takes runs in as waiting ones. */
  add(...runIds: string[]): void {
    for (const id of runIds) this.take(id)
    this.pump()
  }

  setPriority(runIds: readonly string[], priority: number): void {
    for (const id of runIds) this.runs.setPriority(id, priority)
  }

  /** Those named come before the others of their priority, in this order, also after a restart. */
  putFirst(runIds: readonly string[]): void {
    const { store } = this.options
    const positions = this.runs.putFirst(runIds)
    store.runs.mark(new Map([...positions].map(([id, position]) => [id, { position }])))
  }

  /** The keys of a run's stages are others than they were. */
  refresh(runId: string): void {
    if (this.runs.get(runId)) this.take(runId)
  }

  /** @returns whether the run trains or waits */
  interrupt(runId: string, kind: 'pause' | 'stop'): boolean {
    if (!this.runs.get(runId)) return false
    const own = this.activeOf(runId)
    if (own.length === 0 || own.every(({ place }) => this.wantedByOthers(place, runId))) {
      this.end(runId, endedBy(kind))
      return true
    }
    const again = this.requests.get(runId) === 'stop' && kind === 'stop'
    this.requests.set(runId, kind)
    for (const stage of own) {
      if (this.wantedByOthers(stage.place, runId)) continue
      if (again) this.kill(stage)
      else this.request(stage, kind)
    }
    return true
  }

  /** Takes up what an earlier control left, and the runs that it had not brought to their end. */
  takeUp(left: readonly LeftStage[], runIds: readonly string[]): void {
    for (const { place, executor, runId } of left) {
      const stage = this.begin(place, executor, false)
      void this.work(stage, () => this.options.launcher.attach(place, executor, runId))
    }
    this.add(...runIds)
  }

  /** Starts what can be started. Calls from inside are joined. */
  pump(): void {
    if (this.pumping || this.closed) return
    this.pumping = true
    queueMicrotask(() => {
      this.pumping = false
      if (this.closed) return
      this.endReached()
      for (const executor of this.options.executors.values()) this.fill(executor)
      this.tellWaiting()
    })
  }

  /** Begins nothing more; what is at work goes on. */
  hold(): void {
    this.closed = true
  }

  /** Local stages pause with a checkpoint; what runs elsewhere runs on. */
  async close(): Promise<void> {
    this.closed = true
    for (const stage of this.active.values()) {
      if (this.isHere(stage.executor)) this.request(stage, 'pause')
      else stage.running?.leave()
    }
    for (const { id, executor } of this.runs.all())
      if (this.isHere(executor) && this.activeOf(id).length === 0) this.end(id, 'paused')
      else if (this.isHere(executor)) this.requests.set(id, 'pause')
    const waiting = [...this.active.values()].filter((stage) => this.isHere(stage.executor))
    if (waiting.length > 0) await new Promise<void>((resolve) => this.idle.push(resolve))
  }

  /** Whether what trains there ends with this engine. */
  private isHere(executor: string): boolean {
    const found = this.options.executors.get(executor)
    return !found || !keepsQueue(found)
  }

  private take(id: string): void {
    const { store, recorder } = this.options
    const run = store.runs.peek(id)
    try {
      const keys = this.options.keysOf(run)
      const { executor = ownMachine, priority = 0, position = run.createdAt } = run
      this.runs.add({ id, executor, priority, position, keys })
    } catch (error) {
      recorder.ended(id, { state: 'failed', causes: recorder.causesOf(error) })
    }
  }

  /** Runs whose stages have all been brought as far as they go, by others perhaps. */
  private endReached(): void {
    for (const { id } of this.runs.all()) {
      const run = this.options.store.runs.peek(id)
      if (this.activeOf(id).length > 0 || !this.isReachedByAll(run)) continue
      this.end(id, run.stages.every(({ state }) => state === 'done') ? 'done' : 'paused')
    }
  }

  private fill(executor: Executor): void {
    const { store } = this.options
    const ahead = keepsQueue(executor)
    const runs = this.runs
      .of(executor.id)
      .filter(({ id }) => !this.requests.has(id) && !this.endings.has(id))
      .map(({ id, keys }) => ({ run: store.runs.peek(id), keys }))
    if (runs.length === 0) return
    const ready = readyStages(
      { runs, isActive: (place) => this.active.has(place), isDone: (key) => this.isDone(key) },
      { ahead },
    )
    const handed = new Set<string>()
    for (const one of ready) {
      const here = ahead && one.stage.kind === 'data' ? this.options.executors.get(ownMachine) : undefined
      const isFull = here
        ? this.used(here.id, true) >= lightSlots
        : this.used(executor.id, false) >= executor.slots() && !this.fitsBeside(one, executor)
      if (isFull) continue
      const known = (place: string): boolean => handed.has(place) || this.active.get(place)?.executor === executor.id
      if (!one.after.every((place) => known(place) && this.active.get(place)?.light !== true)) continue
      handed.add(placeOf(one.stage))
      const waiting = ready.filter(({ runId, stage }) => runId === one.runId && stage.kind === one.stage.kind)
      const sharers = this.sharesCores(one, executor) ? this.sharersOf(one.runId, waiting) : 1
      this.launch(one, here ?? executor, { light: here !== undefined, sharers })
    }
  }

  /** Whether the students of the run may train beside one another on this executor. */
  private sharesCores({ runId, stage }: ReadyStage, executor: Executor): boolean {
    if (stage.kind !== 'student' || stage.keyDevice === 'gpu' || keepsQueue(executor)) return false
    return this.options.store.runs.config(runId).execution.sideBySide
  }

  /** How many stages the run has at work once these are, at most one a core. */
  private sharersOf(runId: string, waiting: readonly ReadyStage[]): number {
    const places = [...waiting.map(({ stage }) => placeOf(stage)), ...this.activeOf(runId).map(({ place }) => place)]
    return Math.min(new Set(places).size, availableParallelism())
  }

  /** Beyond the slots there is room for a student beside those of its own run alone, one a core. */
  private fitsBeside(one: ReadyStage, executor: Executor): boolean {
    const own = this.activeOf(one.runId)
    return (
      own.length > 0 &&
      own.length < availableParallelism() &&
      own.length === this.used(executor.id, false) &&
      this.sharesCores(one, executor)
    )
  }

  /** A run whose next stage has found no place waits again. */
  private tellWaiting(): void {
    for (const id of this.between)
      if (this.runs.get(id) && this.activeOf(id).length === 0) this.options.recorder.waits(id)
    this.between.clear()
  }

  private used(executor: string, light: boolean): number {
    return [...this.active.values()].filter((stage) => stage.executor === executor && stage.light === light).length
  }

  private isDone(key: string): boolean {
    return this.options.store.stages.withKey(key).some(({ state }) => state === 'done')
  }

  private launch(
    ready: ReadyStage,
    executor: Executor,
    { light, sharers }: { readonly light: boolean; readonly sharers: number },
  ): void {
    const { store, recorder, launcher } = this.options
    const place = placeOf(ready.stage)
    const stage = this.begin(place, executor, light)
    store.stages.update(place, { trainedFor: ready.runId }, { write: false })
    for (const id of this.wanting(place)) recorder.started(id)
    const others = { branchesAt: branchesOf(store.stages.get(place).key, this.runs.all(), store.runs), sharers }
    void this.work(stage, () => launcher.launch(ready, executor, others))
  }

  private begin(place: string, executor: Executor, light: boolean): ActiveStage {
    const stage = {
      place,
      executor: executor.id,
      light,
      running: null,
      requested: null,
      killed: false,
      started: performance.now(),
    }
    this.active.set(place, stage)
    return stage
  }

  /** From the hand-over to the end of a stage; never rejects. */
  private async work(stage: ActiveStage, start: () => Promise<RunningStage> | RunningStage): Promise<void> {
    const { recorder, store } = this.options
    const { place } = stage
    let end: StageEnd
    try {
      const running = await start()
      stage.running = running
      // A request that came while the stage was being made has not reached it.
      if (stage.killed) running.kill()
      else if (stage.requested) running.request(stage.requested)
      const outcome = await running.outcome
      recorder.flushMetrics()
      const { seconds } = store.stages.get(place)
      end = endOf({
        outcome,
        title: running.title,
        requested: stage.requested,
        seconds: seconds || (performance.now() - stage.started) / 1000,
      })
    } catch (error) {
      end = { change: { state: 'failed' }, run: { state: 'failed', causes: recorder.causesOf(error) } }
    }
    this.active.delete(place)
    if (end.change.state === 'done') recorder.quietly(() => this.options.ends.stageEnds(place))
    const unwritten = recorder.stageEnded(place, { ...end.change, where: undefined })
    if (unwritten) end = { change: { state: 'interrupted' }, run: { state: 'failed', causes: unwritten } }
    if (end.change.state === 'done') this.options.ends.stageDone(place)
    for (const id of this.wanting(place)) this.settle(id, end.run, stage.requested !== null)
    if (this.closed && ![...this.active.values()].some((one) => this.isHere(one.executor)))
      for (const done of this.idle.splice(0)) done()
    this.pump()
  }

  /**
   * A run after one of its stages has ended.
   * @param asked whether a run had asked for that end
   */
  private settle(runId: string, end: StageEnd['run'], asked: boolean): void {
    const request = this.requests.get(runId)
    const run = this.options.store.runs.peek(runId)
    // A rung that is reached, and what another run has asked of a shared stage, are no reason for this one to end.
    const concerns = end?.state === 'failed' || end?.state === 'interrupted' || request !== undefined || !asked
    if (end && concerns && !this.isReachedByAll(run)) this.endings.set(runId, { state: end.state, causes: end.causes })
    if (this.activeOf(runId).length > 0) return
    const ending = this.endings.get(runId)
    if (run.stages.every((stage) => stage.state === 'done')) this.end(runId, 'done')
    else if (ending) this.end(runId, ending.state, ending.causes)
    else if (request) this.end(runId, endedBy(request))
    else this.between.add(runId)
  }

  private isReachedByAll(run: Readonly<RunSummary>): boolean {
    return run.stages.every((stage) => isReached(stage, run.until))
  }

  private end(runId: string, state: Ended, causes: ErrorCause[] | null = null): void {
    this.runs.remove(runId)
    this.requests.delete(runId)
    this.endings.delete(runId)
    const { recorder, ends } = this.options
    if (state === 'done') recorder.quietly(() => ends.runEnds(runId))
    const told = recorder.ended(runId, { state, causes })
    void recorder.settle(runId).then(() => {
      if (told === 'done') ends.runDone(runId)
    })
  }

  private request(stage: ActiveStage, kind: 'pause' | 'stop'): void {
    stage.requested = kind
    stage.running?.request(kind)
  }

  private kill(stage: ActiveStage): void {
    stage.requested = 'stop'
    stage.killed = true
    stage.running?.kill()
  }

  private activeOf(runId: string): ActiveStage[] {
    const { stages } = this.options.store.runs.peek(runId)
    return stages.flatMap((stage) => this.active.get(placeOf(stage)) ?? [])
  }

  private wanting(place: string): string[] {
    return this.options.store.runs.naming(place).filter((id) => this.runs.get(id) !== undefined)
  }

  private wantedByOthers(place: string, runId: string): boolean {
    return this.wanting(place).some((id) => id !== runId && !this.requests.has(id))
  }
}

/** A stage that goes on, or whose end nobody has heard yet. */
export interface LeftStage {
  readonly place: string
  readonly executor: Executor
  readonly runId: string
}

/** Why a run that nobody can go on with has ended. */
export const engineEnded = (): ErrorCause[] =>
  toCauses(
    new UserError('The engine ended while this run was training.', {
      action: 'Resume it: it goes on at its last checkpoint.',
    }),
  )
