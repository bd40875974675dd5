/**
 * An engine without TensorFlow, processes or files: deterministic, in this process, for tests of views and of clients.
 * With `stepMilliseconds` it trains by itself; without, a test moves it with `advance`.
 */
import type {
  CallArgs,
  CallResult,
  EngineApi,
  EngineCallName,
  EngineEventFilter,
  EngineEventName,
  ReadOnlyReason,
  EngineEvents,
  ModelReport,
} from '../../src/shared/contract'
import {
  copiedName,
  defaultSettings,
  type ImageBatch,
  type MetricSeries,
  type PartialExperimentConfig,
  type RunFileSummary,
  type RunSummary,
  type RuntimeState,
  type Settings,
} from '../../src/shared/domain'
import { RefusedInputError, UserError, fromCauses } from '../../src/shared/errors'
import { createConditions } from '../../src/main/engine/control/experiments/conditions'
import { resolveExperiment } from '../../src/main/engine/control/experiments/resolve'
import { readStudy } from '../../src/main/engine/control/studies/files'
import { writeStudyFile } from '../../src/main/engine/control/studies/file/write'
import type { StudyRuns } from '../../src/main/engine/control/studies/types'
import { createFakeAsked } from './asked'
import { fakeCatalogue, fakeMembers } from './catalogue'
import { evaluationAt, fakeClasses, imagesAt } from './outcomes'
import { fakeDevice, fakePrecisionSpeed } from './device'
import { fakeExecutorHandlers } from './executors'
import { fakeDiff, fakeForks, fakeManyRuns, fakeTwins } from './manyRuns'
import { fakeGathering } from './gathering'
import { fakeViews } from './table'
import { FakeRun, type FakeStep } from './run'
import { createFakeRuntime } from './runtime'
import { fakeTableCalls } from './tables'
import { createFakeStudies, fakeSeconds, fakeStudyPresets } from './studies'

export interface FakeEngineOptions {
  /** Folders below which its caller, a page, may have files read; null (default): its caller is its owner. */
  folders?: string[]
  /** Settings that are not the defaults. */
  settings?: Partial<Settings>
  /** Finished runs to begin with, over attacks, poison ratios and seeds. */
  finishedRuns?: number
  /** Milliseconds per training step; left out: only `advance` moves the runs. */
  stepMilliseconds?: number
  /** TensorFlow at the beginning; there, unless told otherwise. */
  runtime?: RuntimeState
  /** Why the workspace is open read-only; it can be written to unless told otherwise. */
  readOnlyReason?: ReadOnlyReason
  /** Calls that fail, with the error they fail with. */
  failures?: Partial<Record<EngineCallName, Error>>
  /** Where files lie that a page's window knows, by name; none: the page is in a browser. */
  paths?: ReadonlyMap<string, string>
  /** Calls that wait before they answer, so that a page can be looked at meanwhile. */
  held?: Partial<Record<EngineCallName, Promise<unknown>>>
}

export interface FakeEngine extends EngineApi {
  /** Moves every running run by so many steps and sends the events; queued runs start when one ends. */
  advance(steps?: number): void
  /** Sends an event as if the engine had. */
  emit<K extends EngineEventName>(name: K, event: EngineEvents[K]): void
  /** Names of the calls that came in, in order. */
  readonly calls: EngineCallName[]
  dispose(): void
}

type Handlers = { [K in EngineCallName]: (args: CallArgs<K>) => CallResult<K> | Promise<CallResult<K>> }
interface Subscription {
  name: EngineEventName
  filter: EngineEventFilter
  listener: (event: never) => void
}

const epoch = Date.UTC(2024, 0, 1)

export function createFakeEngine(options: FakeEngineOptions = {}): FakeEngine {
  const state = new FakeState(options.runtime)
  state.folders = options.folders ?? null
  state.settings = { ...defaultSettings, ...options.settings }
  state.readOnlyReason = options.readOnlyReason ?? null
  for (let index = 0; index < (options.finishedRuns ?? 0); index++) state.addFinished(index)
  const handlers = createHandlers(state)
  const calls: EngineCallName[] = []
  const timer =
    options.stepMilliseconds === undefined ? undefined : setInterval(() => state.advance(1), options.stepMilliseconds)
  return {
    calls,
    advance: (steps = 1) => state.advance(steps),
    emit: (name, event) => {
      if (name === 'runtime.changed') state.runtime.take(event as EngineEvents['runtime.changed'])
      state.emit(name, event)
    },
    dispose: () => {
      clearInterval(timer)
      state.studies.close()
    },
    async call(name, args, signal) {
      calls.push(name)
      signal?.throwIfAborted()
      const failure = options.failures?.[name]
      if (failure) throw failure
      await (options.held?.[name] ?? Promise.resolve())
      return structuredClone(await handlers[name](args))
    },
    subscribe(name, filter, listener) {
      const subscription: Subscription = { name, filter, listener: listener as (event: never) => void }
      state.subscriptions.add(subscription)
      return () => state.subscriptions.delete(subscription)
    },
  }
}

class FakeState {
  readonly runs = new Map<string, FakeRun>()
  readonly subscriptions = new Set<Subscription>()
  settings: Settings = { ...defaultSettings }
  folders: string[] | null = null
  /** Why the workspace is open read-only. */
  readOnlyReason: ReadOnlyReason | null = null
  /** Paths of exported weights. */
  readonly written = new Set<string>()
  /** Who else hears of changed runs: studies. */
  readonly watchers = new Set<(run: RunSummary) => void>()
  readonly asked = createFakeAsked({ emit: (name, event) => this.emit(name, event) })
  readonly studies = createFakeStudies({
    runs: studyRuns(this),
    analyses: this.asked.ofStudies,
    events: {
      changed: (event) => this.emit('study.changed', event),
      removed: (event) => this.emit('study.removed', event),
    },
  })
  /** Answered by the real index. */
  readonly tables = fakeTableCalls(this.runs, () => this.studies.all())
  readonly runtime: ReturnType<typeof createFakeRuntime>
  private counter = 0
  private revision = 0
  private readonly conditions = new Map<string, number>()
  private readonly conditionOf = createConditions(fakeMembers, (key) => {
    const number = this.conditions.get(key) ?? this.conditions.size
    this.conditions.set(key, number)
    return number
  })

  constructor(runtime?: RuntimeState) {
    this.runtime = createFakeRuntime(runtime)
  }

  run(id: string): FakeRun {
    const run = this.runs.get(id)
    if (!run) throw new RefusedInputError(`There is no run "${id}".`, { wanted: 'the id of a run', got: id })
    return run
  }

  add(config: PartialExperimentConfig, preset: string | null): FakeRun {
    const run = this.queue(config, preset)
    this.startNext()
    return run
  }

  queue(config: PartialExperimentConfig, preset: string | null): FakeRun {
    const resolution = resolveExperiment(config, fakeMembers)
    const problem = resolution.issues.find((issue) => issue.severity === 'error')
    if (problem)
      throw new RefusedInputError(`The experiment cannot start: ${problem.path} ${problem.message}.`, {
        where: problem.path,
      })
    this.counter += 1
    const run = new FakeRun(`fake-${this.counter}`, resolution.config, preset, epoch + this.counter * 60_000)
    for (const stage of run.detail.stages) Object.assign(stage, this.conditionOf(resolution.config, stage))
    this.runs.set(run.detail.id, run)
    return run
  }

  putFirst(runIds: readonly string[]): void {
    const first = runIds.map((id) => [id, this.run(id)] as const)
    const rest = [...this.runs].filter(([id]) => !runIds.includes(id))
    this.runs.clear()
    for (const [id, run] of [...first, ...rest]) this.runs.set(id, run)
    const lowest = Math.min(0, ...rest.map(([, { detail }]) => detail.position ?? 0)) - first.length
    for (const [place, [, run]] of first.entries()) run.detail.position = lowest + place
  }

  addFinished(index: number): void {
    const run = this.add(
      {
        name: `Example ${index + 1}`,
        seed: Math.floor(index / 4),
        attack: { id: index % 2 === 0 ? 'badnet_grid' : 'blend' },
        poisoning: { ratio: index % 4 < 2 ? 0.1 : 0.01 },
        recording: { evaluateEvery: 20, imagesEvery: 20, imagesPerStep: 16 },
      },
      null,
    )
    while (run.advance()) {
      /* to its end */
    }
    this.startNext()
  }

  advance(steps: number): void {
    for (const run of this.runs.values()) {
      if (run.detail.state !== 'running') continue
      const results: FakeStep[] = []
      for (let step = 0; step < steps; step++) {
        const result = run.advance()
        if (result) results.push(result)
        const student = run.detail.stages.find(({ kind }) => kind === 'student')
        if (student && run.detail.until && student.step >= run.detail.until && student.state === 'running')
          run.setState('paused')
      }
      this.tell(run, results)
    }
    this.startNext()
  }

  /** One run at a time, as in the engine; the highest priority first. */
  startNext(): void {
    if ([...this.runs.values()].some((run) => run.detail.state === 'running')) return
    const [next] = [...this.runs.values()]
      .filter((run) => run.detail.state === 'queued')
      .sort((left, right) => (right.detail.priority ?? 0) - (left.detail.priority ?? 0))
    next?.setState('running')
    if (next) this.changed(next)
  }

  changed(run: FakeRun): void {
    this.emit('run.changed', { run: run.summary() })
    this.revision += 1
    this.emit('table.changed', { revision: this.revision })
    for (const watcher of this.watchers) watcher(run.summary())
  }

  emit<K extends EngineEventName>(name: K, event: EngineEvents[K]): void {
    for (const subscription of this.subscriptions) {
      if (subscription.name !== name) continue
      const wanted = subscription.filter.runId
      const runId =
        name === 'run.changed'
          ? (event as EngineEvents['run.changed']).run.id
          : (event as { runId?: string | null }).runId
      if (wanted === undefined || wanted === runId)
        (subscription.listener as (event: EngineEvents[K]) => void)(structuredClone(event))
    }
  }

  private tell(run: FakeRun, results: readonly FakeStep[]): void {
    for (const stageId of new Set(results.map((result) => result.stageId))) {
      const points = results.filter((result) => result.stageId === stageId).flatMap((result) => result.points)
      const series: Record<string, MetricSeries> = {}
      for (const name of new Set(points.map((point) => point.name))) {
        const own = points.filter((point) => point.name === name)
        series[name] = {
          steps: Float64Array.from(own, (point) => point.step),
          values: Float64Array.from(own, (point) => point.value),
        }
      }
      if (points.length > 0) this.emit('run.metrics', { runId: run.detail.id, stageId, series })
    }
    for (const { stageId, images } of results) {
      if (images) this.emit('run.images', { runId: run.detail.id, stageId, step: images.step, images })
    }
    if (results.length > 0) this.changed(run)
  }
}

function moveRun(state: FakeState, runId: string, to: 'paused' | 'stopped' | 'queued'): RunSummary {
  const run = state.run(runId)
  const { state: now } = run.detail
  const resumable = ['paused', 'stopped', 'failed', 'interrupted'].includes(now)
  if (to === 'queued' ? !resumable : !['running', 'queued', 'paused'].includes(now))
    throw new UserError(`The run is ${now}; it cannot be ${to === 'queued' ? 'resumed' : to}.`)
  run.setState(to)
  state.changed(run)
  state.startNext()
  return run.summary()
}

/** Runs as studies steer them. */
function studyRuns(state: FakeState): StudyRuns {
  return {
    create(cells, alongside) {
      const made = cells.map(({ config, study, executor, priority, until }) => {
        const run = state.queue({ ...config }, null)
        Object.assign(run.detail, { study, executor, priority, until: until ?? null })
        return run
      })
      const summaries = made.map((run) => run.summary())
      alongside(summaries)
      for (const run of made) state.changed(run)
      state.startNext()
      return summaries
    },
    pause: (runId) => void moveRun(state, runId, 'paused'),
    stop: (runId) => void moveRun(state, runId, 'stopped'),
    resume: (runId, options) => {
      state.run(runId).detail.until = options?.until ?? null
      moveRun(state, runId, 'queued')
    },
    summary: (runId) => state.run(runId).summary(),
    has: (runId) => state.runs.has(runId) && state.run(runId).detail.deletedAt === null,
    setPriority: (runIds, priority) => {
      for (const id of runIds) state.run(id).detail.priority = priority
    },
    reorder: (runIds) => state.putFirst(runIds),
    order: () => [...state.runs.keys()],
    onChanged(listener) {
      state.watchers.add(listener)
      return () => state.watchers.delete(listener)
    },
    slots: () => 1,
  }
}

function createHandlers(state: FakeState): Handlers {
  const move = (runId: string, to: 'paused' | 'stopped' | 'queued') => moveRun(state, runId, to)
  let spare = 2
  const edit = (runId: string, change: Partial<FakeRun['detail']>) => {
    const run = state.run(runId)
    Object.assign(run.detail, change)
    if (change.name !== undefined) run.detail.config.name = change.name
    state.changed(run)
    return run.summary()
  }
  return {
    ...engineHandlers(state),
    ...fakeExecutorHandlers(),
    ...state.runtime.calls,
    ...dataHandlers(),
    ...state.studies.calls,
    ...state.tables,
    ...fakeViews(),
    ...fakeDiff(state),
    ...fakeManyRuns(state),
    ...fakeTwins(state),
    ...fakeForks(state),
    ...state.asked.calls,
    'studies.presets': () => [...fakeStudyPresets],
    'studies.read': ({ text, fileName }) => {
      const { definition, remarks } = readStudy(text, fileName, fakeMembers)
      return { definition, remarks: [...remarks] }
    },
    'studies.write': ({ definition }) => ({ text: writeStudyFile(definition, fakeMembers) }),
    'dataset.download': ({ dataset, folder }) => {
      for (const received of [0, 500, 1000])
        state.emit('dataset.progress', {
          dataset,
          step: `${dataset}.tar.gz`,
          filesDone: 0,
          files: 1,
          unit: 'bytes',
          received,
          total: 1000,
        })
      return {
        folder: folder ?? '/fake/downloads',
        params: { path: `${folder ?? '/fake/downloads'}/${dataset}.tar.gz` },
        files: [{ name: `${dataset}.tar.gz`, check: 'md5' }],
      }
    },
    'model.evaluate': ({ file, architecture }) => {
      if (file.includes('unknown') && !architecture)
        throw new RefusedInputError('The architecture of this file was not recognised.', {
          wanted: 'the name of its network',
          got: 'none',
          where: file,
        })
      state.emit('model.progress', {
        file,
        message: 'Reading the images',
        fraction: 0.5,
        secondsLeft: null,
        evaluation: null,
      })
      state.emit('model.progress', {
        file,
        message: null,
        fraction: 0.5,
        secondsLeft: 3,
        evaluation: evaluationAt(fakeCatalogue.defaults, null, 1),
      })
      return { evaluation: evaluationAt(fakeCatalogue.defaults, null, 1), warnings: [], device: fakeDevice }
    },
    'model.export': ({ runId, stageId, path }) => {
      const stage = state.run(runId).detail.stages.find(({ id }) => id === stageId)
      if (!stage?.weights)
        throw new UserError(`${stage?.title ?? stageId} has no weights yet.`, {
          wanted: 'a stage with weights',
          got: stage?.state ?? stageId,
        })
      if (state.written.has(path))
        throw new RefusedInputError('The target exists already.', {
          wanted: 'a new file name',
          got: 'an existing file or folder',
          where: path,
        })
      state.written.add(path)
      return { path, bytes: 2_800_000 }
    },
    'export.run': ({ runId, format, target }) => {
      state.run(runId)
      if (state.written.has(target))
        throw new RefusedInputError('The target exists already.', {
          wanted: 'a new or empty folder',
          got: 'a folder with 3 entries',
          where: target,
        })
      state.written.add(target)
      for (const fraction of [0, 0.5, 1]) state.emit('run.exporting', { runId, format, fraction, message: 'Teacher' })
      return { target, where: target, remarks: [] }
    },
    'reproduce.read': ({ file }) => runFileOf(state, file),
    'reproduce.start': ({ file, accept = [] }) => {
      const { runId, name } = runFileOf(state, file)
      for (const fraction of [0, 1]) state.emit('reproduce.progress', { file, fraction, message: 'Comparing files' })
      if (file.includes('other') && !accept.includes('data') && !accept.includes('all'))
        throw new RefusedInputError('The data set holds other images or labels than the run’s.', {
          wanted: '6000 images of 10 classes',
          got: '5000 images of 10 classes',
          where: 'data',
          action: 'Name the right one, or do it again with what is here: --accept data.',
        })
      const { config } = state.run(runId).detail
      const run = state.add({ ...config, name: `${name} (reproduced)` }, null)
      run.detail.reproduces = { runId, runName: name }
      state.changed(run)
      return run.summary()
    },
    'reproduce.verdict': ({ runId }) => {
      const { state: now } = state.run(runId).summary()
      return { verdict: { isDone: now === 'done', points: 1234, first: null, finals: [] } }
    },
    'runs.list': ({ includeDeleted, atWork }) =>
      [...state.runs.values()]
        .map((run) => run.summary())
        .filter((run) => includeDeleted === true || run.deletedAt === null)
        .filter(({ state }) => atWork !== true || state === 'running' || state === 'queued')
        .reverse(),
    'runs.binned': () =>
      [...state.runs.values()].map((run) => run.summary()).filter(({ deletedAt }) => deletedAt !== null),
    'runs.get': ({ runId }) => state.run(runId).detail,
    'runs.start': ({ config, preset, note, executor }) => {
      const run = state.add(config, preset ?? null)
      run.detail.note = note ?? ''
      if (executor !== undefined) run.detail.executor = executor
      state.changed(run)
      return run.summary()
    },
    'runs.pause': ({ runId }) => move(runId, 'paused'),
    'runs.stop': ({ runId }) => move(runId, 'stopped'),
    'runs.resume': ({ runId }) => move(runId, 'queued'),
    'runs.resumePoint': ({ runId }) => {
      const { stages } = state.run(runId).detail
      const next = stages.find((stage) => stage.state !== 'done')
      return {
        fresh: next !== undefined && stages.every(({ kind, step }) => kind === 'data' || step === 0),
        next: next ? { stageId: next.id, title: next.title, step: next.step } : null,
      }
    },
    'runs.trainAgain': ({ runId }) => state.run(runId).summary(),
    'runs.rename': ({ runId, name }) => edit(runId, { name }),
    'runs.note': ({ runId, note }) => edit(runId, { note }),
    'runs.tag': ({ runId, tags }) => edit(runId, { tags }),
    'runs.clone': ({ runId }) => {
      const { config } = state.run(runId).detail
      return { config: { ...config, name: copiedName(config.name) } }
    },
    'runs.delete': ({ runIds }) => ({ deleted: runIds.map((id) => edit(id, { deletedAt: epoch }).id) }),
    'runs.undelete': ({ runIds }) => ({ restored: runIds.map((id) => edit(id, { deletedAt: null }).id) }),
    'runs.spareCheckpoints': () => ({ checkpoints: spare, bytes: spare * 243_000_000 }),
    'runs.freeSpace': () => {
      const freed = { checkpoints: spare, freedBytes: spare * 243_000_000 }
      spare = 0
      return freed
    },
    ...fakeGathering(state),
    'runs.emptyBin': () => {
      const bin = [...state.runs.values()].filter((run) => run.detail.deletedAt !== null)
      for (const run of bin) {
        state.runs.delete(run.detail.id)
        state.emit('run.removed', { runId: run.detail.id })
      }
      return { freedBytes: bin.length * 1_000_000 }
    },
    'runs.metrics': ({ runId, stageId, names, afterStep }) => ({
      series: state.run(runId).series(stageId, names, afterStep),
    }),
    'runs.imageSteps': ({ runId, stageId }) => ({ steps: state.run(runId).imageSteps(stageId) }),
    'runs.images': ({ runId, stageId, step }) => state.run(runId).images(stageId, step),
    'runs.artifacts': ({ runId, ...asked }) => ({ artifacts: state.run(runId).artifacts(asked) }),
    'runs.pool': ({ runId, stageId }) => state.run(runId).pool(stageId),
    'runs.poolImages': ({ runId, stageId, call }) => state.run(runId).poolImages(stageId, call),
    'runs.keptImages': ({ runId, stageId, source, from = 0 }) => ({
      grids: state.run(runId).keptGrids(stageId, source, from),
      next: null,
    }),
    'runs.keptPixels': ({ runId, stageId, source, picks }) => ({
      grids: picks.map((pick) => state.run(runId).keptPixels(stageId, source, pick)),
    }),
    'runs.log': () => [{ time: epoch, level: 'info', message: 'Fake run, nothing to tell.' }],
  }
}

type EngineHandlers = Pick<Handlers, Extract<EngineCallName, `engine.${string}`>>
function engineHandlers(state: FakeState): EngineHandlers {
  return {
    'engine.info': () => ({
      product: 'ABD Workbench',
      version: '0.1.0',
      workspace: '/fake/workspace',
      readOnly: state.readOnlyReason !== null,
      readOnlyReason: state.readOnlyReason,
      startedAt: epoch,
      node: 'v20.19.0',
      platform: 'fake',
      cores: 2,
      memoryBytes: 8e9,
      device: fakeDevice,
      runtimeReady: state.runtime.ready,
      runtimeMessage: null,
      folders: state.folders,
    }),
    'engine.openForWriting': ({ takeOver }) => {
      if (state.readOnlyReason?.kind === 'owned' && !takeOver) throw fromCauses([state.readOnlyReason.cause])
      state.readOnlyReason = null
      return {}
    },
    'engine.catalogue': () => fakeCatalogue,
    'engine.settings': () => state.settings,
    'engine.setSettings': (change) => (state.settings = { ...state.settings, ...change }),
    'engine.diskUse': () => ({
      workspaceBytes: 5e6,
      imagesBytes: 3e6,
      checkpointsBytes: 1e6,
      databaseBytes: 1e6,
      cacheBytes: 2e8,
      freeBytes: 1e11,
    }),
    'engine.diagnostics': () => ({ text: 'ABD Workbench 0.1.0\nFake processor' }),
    'engine.device': () => ({ ...fakeDevice, precisionSpeed: fakePrecisionSpeed }),
    'engine.log': () => [{ time: epoch, level: 'info', message: 'The fake engine is ready.' }],
  }
}

/** The file of the newest run, whatever file it is. @throws RefusedInputError for one that is damaged */
function runFileOf(state: FakeState, file: string): RunFileSummary {
  if (file.includes('damaged'))
    throw new RefusedInputError('This is no file of a run, or a damaged one.', { got: 'something else', where: file })
  const run = [...state.runs.values()].at(-1)?.detail
  if (!run) throw new RefusedInputError('There is no run.')
  return {
    name: run.name,
    note: run.note,
    runId: run.id,
    createdAt: run.createdAt,
    written: epoch,
    product: 'ABD Workbench 0.1.0, Node 24.1.0, linux x64',
    data: run.data,
    attack: run.attack,
    method: run.method,
    seed: run.seed,
    stages: run.stages
      .filter(({ kind }) => kind !== 'data')
      .map(({ id, title, step, seconds, evaluation }) => ({
        ...{ id, seconds, evaluation, name: title, steps: step },
        device: `${fakeDevice.title}, TensorFlow ${fakeDevice.tensorflow}`,
      })),
    files: file.includes('teacher')
      ? [{ parameter: 'teacher.file', name: 'teacher.pth', bytes: 2e6, included: false }]
      : [],
    remarks: ['It was made by version 0.0.9; this is 0.1.0. Numbers may differ.'],
  }
}

type DataHandlers = Pick<
  Handlers,
  Exclude<
    Extract<EngineCallName, `experiment.${string}` | `dataset.${string}` | `model.${string}`>,
    'dataset.download' | 'model.export' | 'model.evaluate'
  >
>
function dataHandlers(): DataHandlers {
  const batch = (count: number, step: number): ImageBatch => {
    const { pixels, height, width, channels } = imagesAt(fakeCatalogue.defaults, 0, step, 10, count)
    return { count, height, width, channels, pixels }
  }
  const classNames = fakeMembers.find('dataset', 'signs')?.facts.classNames as string[]
  return {
    'experiment.validate': ({ config }) => resolveExperiment(config, fakeMembers),
    'experiment.estimate': ({ config }) => {
      const { config: resolved } = resolveExperiment(config, fakeMembers)
      const stages = fakeSeconds(resolved)
      return {
        stages,
        totalSeconds: Object.values(stages).reduce((sum, seconds) => sum + seconds, 0),
        basis: 'calculated',
        note: 'Made up by the fake engine.',
        bytes: 2_000_000,
        memory: { bytes: 900_000_000, of: 'machine' },
      }
    },
    'experiment.triggerPreview': ({ config, count = 8, firstImage: from = 0, poisonable }) => {
      const { target } = resolveExperiment(config, fakeMembers).config.poisoning
      const firstImage = poisonable && from % fakeClasses === target ? from + 1 : from
      const clean = batch(count, 10)
      const poisoned = { ...clean, pixels: clean.pixels.slice() }
      const difference = { ...clean, pixels: new Uint8Array(clean.pixels.length).fill(128) }
      for (let image = 0; image < count; image++) {
        for (let y = 29; y < 32; y++)
          for (let x = 29; x < 32; x++)
            for (let channel = 0; channel < 3; channel++) {
              const at = ((image * 32 + y) * 32 + x) * 3 + channel
              poisoned.pixels[at] = (x + y) % 2 === 0 ? 255 : 0
              difference.pixels[at] = (x + y) % 2 === 0 ? 255 : 0
            }
      }
      const labels = Array.from({ length: count }, (_, index) => classNames[(firstImage + index) % fakeClasses] ?? '')
      return {
        clean,
        poisoned,
        difference,
        gain: 1,
        firstImage,
        labels,
        findings: [
          { severity: 'info', message: '9 of 1,024 pixels change (0.9 %).' },
          { severity: 'ok', message: 'Training and test images carry the same trigger.' },
          {
            severity: 'error',
            message: 'All test images belong to the target class: no attack success rate can be measured.',
          },
        ],
      }
    },
    'experiment.patchPreview': ({ count = 32 }) => ({ picture: batch(1, 1), patches: batch(count, 5), total: 50_000 }),
    'dataset.recognize': ({ path }) => {
      if (path.includes('cifar')) return { id: 'cifar10', params: { path } }
      throw new RefusedInputError('No data set is laid out like this.', { wanted: 'CIFAR-10', got: path })
    },
    'dataset.info': ({ config }) => {
      const { data } = resolveExperiment(config, fakeMembers).config
      const many = String(data.params.path).includes('hundred')
      const names = many ? Array.from({ length: 100 }, (_, index) => `kind ${index}`) : classNames
      const trainPerClass = names.map((_, index) => (many ? 500 - 4 * index : 500))
      const testPerClass = names.map((_, index) => (many && index === 2 ? 0 : 100))
      const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)
      return {
        id: data.id,
        title: fakeMembers.find('dataset', data.id)?.title ?? data.id,
        classNames: names,
        train: sum(trainPerClass),
        test: sum(testPerClass),
        height: 32,
        width: 32,
        channels: 3,
        trainPerClass,
        testPerClass,
        notes: many ? ['fine_label_names.txt is absent: classes are numbered.'] : [],
      }
    },
    'dataset.images': (args) => {
      const labels =
        'classes' in args
          ? args.classes.flatMap((label) => Array.from({ length: args.perClass }, () => label))
          : Array.from({ length: args.count }, (_, index) => (args.first + index) % fakeClasses)
      return { ...batch(labels.length, 10), labels }
    },
    'model.findPixels': () => ({
      trials: [
        { pixels: 'imagenet', evaluation: { ...evaluationAt(fakeCatalogue.defaults, null, 1), asr: null } },
        {
          pixels: 'dataset',
          evaluation: { ...evaluationAt(fakeCatalogue.defaults, null, 1), accuracy: 0.11, asr: null },
        },
      ],
    }),
    'model.inspect': ({ file, weights }) => inspectedFile(file, weights),
  }
}

/** What a file holds is told by its name: "warned", "unknown" (network), "several" (networks), ".exe". */
function inspectedFile(file: string, weights = ''): ModelReport {
  const [warned, unknown, refused] = ['warned', 'unknown', '.exe'].map((part) => file.includes(part))
  const candidates = file.includes('several')
    ? ['netC', 'ema'].map((key) => ({ key, title: 'WRN-10-2', tensors: 40 }))
    : []
  const isOpen = candidates.length > 0 && weights === ''
  if (refused || isOpen)
    return {
      accepted: false,
      reason: isOpen ? 'The file holds 2 networks that are known here.' : 'This is no weights file.',
      architecture: null,
      ambiguous: false,
      key: '',
      candidates,
      format: null,
      tensors: 0,
      sha256: '0'.repeat(64),
      findings: [],
    }
  return {
    accepted: true,
    reason: null,
    architecture: unknown ? null : { id: 'wrn', params: { depth: 10, width: 2, classes: 10 }, title: 'WRN-10-2' },
    ambiguous: false,
    key: weights,
    candidates,
    format: 'safetensors',
    tensors: 40,
    sha256: (warned ? 'ab12' : '0000').repeat(16),
    findings: [
      warned
        ? { severity: 'warning', message: 'NaN or infinite values in "fc.weight".' }
        : { severity: 'info', message: 'All tensors are finite.' },
    ],
  }
}
