/** The engine as its callers know it: every call, checked and answered; no TensorFlow in this process. */
import { randomBytes } from 'node:crypto'
import {
  calls,
  parseCall,
  parseSubscription,
  type CallArgs,
  type CallHandlers,
  type CallResult,
  type Caller,
  type EngineApi,
  type EngineCallName,
  type EngineEvents,
  type ReadOnlyReason,
} from '../../../../shared/contract'
import { metricDefinitions } from '../../../../shared/domain'
import { UserError, toCauses } from '../../../../shared/errors'
import { createAskedAnalyses, type AskedAnalyses } from '../analyses/service'
import { createEventHub } from '../events'
import { createLiveExports, type LiveExports } from '../exports/liveExports'
import { createOtherSettings } from '../experiments/otherSettings'
import { createRunRecorder, type RunRecorder } from '../runs/recorder'
import { assertExecutor, createRunService, type RunService } from '../runs/service'
import { newRunId } from '../runs/newRun'
import type { RunStore } from '../store'
import { sweepDebris } from '../store/debris'
import { createStudyService, type StudyService } from '../studies/service'
import { createTableService, type TableService } from '../tables'
import { createEngineContext, type EngineContext, type EngineOptions } from './context'
import { datasetHandlers } from './handlers/datasets'
import { engineHandlers } from './handlers/engine'
import { executorHandlers } from './handlers/executors'
import { experimentHandlers } from './handlers/experiments'
import { exportHandlers, exportSource } from './handlers/exports'
import { modelHandlers } from './handlers/models'
import { runtimeHandlers } from './handlers/tensorFlow'
import { studyFileHandlers } from './handlers/studies'
import { tableHandlers } from './handlers/table'
import { viewHandlers } from './handlers/views'
import { createNetworksOfFiles, type NetworksOfFiles } from './networksOfFiles'
import { planContext } from './studyPlanning'
import { studyBook, studyRuns } from './studyRuns'

export type { EngineOptions } from './context'

export interface Engine extends EngineApi {
  /** Whether a run is training. */
  readonly active: boolean
  /** The engine as that caller may use it; as it is, its owner's. */
  as(caller: Caller): EngineApi
  /** Begins nothing more and refuses what changes: what is written now cannot be found again. */
  suspend(reason: ReadOnlyReason): void
  /** Pauses the current run with a checkpoint, writes what is buffered, closes the store. */
  close(): Promise<void>
}

export function createEngine(options: EngineOptions): Engine {
  const { store, log } = options
  const hub = createEventHub((error) => log.error('A listener failed.', error))
  options.runtime?.onChange((state) => hub.emit('runtime.changed', state))
  const recorder = createRunRecorder(store, hub, log)
  const context = createEngineContext(options, hub)
  // Runs are there first; nothing ends before this function has returned.
  const open: { isOpen: (studyId: string) => boolean } = { isOpen: () => true }
  const networks = createNetworksOfFiles(options.inspectModel)
  const runs = runService(context, networks, recorder, (studyId) => open.isOpen(studyId))
  const asked = askedAnalyses(context, runs)
  const studies = studyService(context, networks, runs, asked)
  open.isOpen = (studyId) => studies.isOpen(studyId)
  const tables = tableService(context, studies)
  const live = options.readOnly ? null : liveExports(context, recorder)
  const sweeping = options.readOnly ? null : sweep(options)
  const handlers = allHandlers({ context, networks, runs, studies, asked, tables })
  if (store.repaired)
    log.warn(
      `The database was ${store.repaired.movedTo === null ? 'gone' : 'damaged'} and begun anew; ${store.repaired.restored} runs were restored from their folders.`,
    )
  const startNotices = noticesOf(options)
  const callAs = async <K extends EngineCallName>(caller: Caller, name: K, args: CallArgs<K>, signal?: AbortSignal) => {
    const checked = parseCall(name, args)
    signal?.throwIfAborted()
    const { readOnlyReason } = context.access
    if (readOnlyReason && calls[name].changes) throw readOnlyRefusal(readOnlyReason)
    if (!calls[name].paths?.answered) await context.checks.assertPaths(caller, name, checked)
    return (await handlers[name](checked, signal, caller)) as CallResult<K>
  }
  const engine: Engine = {
    get active() {
      return runs.active || asked.active
    },
    suspend(reason) {
      context.access.readOnlyReason = reason
      runs.scheduler.hold()
    },
    call: (name, args, signal) => callAs('owner', name, args, signal),
    as: (caller) => ({
      call: (name, args, signal) => callAs(caller, name, args, signal),
      subscribe: (name, filter, listener) => engine.subscribe(name, filter, listener),
    }),
    subscribe(name, filter, listener) {
      const checked = parseSubscription(name, filter)
      // Told to whoever comes: it happened before anybody could listen.
      if (name === 'engine.notice')
        for (const notice of startNotices)
          queueMicrotask(() => (listener as (event: EngineEvents['engine.notice']) => void)(notice))
      return hub.subscribe(name, checked.filter, listener)
    },
    async close() {
      studies.close()
      await sweeping?.end()
      await Promise.all([asked.close(), runs.close()])
      await live?.close()
      await recorder.dispose()
      tables.close()
      store.close()
    },
  }
  return engine
}

/** What killed processes left, beside all other work. */
function sweep({ store, cacheFolder, log }: EngineOptions): { end(): Promise<void> } {
  const ending = new AbortController()
  const known = {
    run: (id: string): boolean => store.runs.has(id),
    stage: (place: string): boolean => store.stages.has(place) || store.stages.damaged.has(place),
  }
  const done = sweepDebris({ workspace: store.folder, cacheFolder, known, signal: ending.signal }).then(
    (swept) => {
      if (swept.length > 0) log.info(`${swept.length} files and folders that killed processes left were removed.`)
    },
    (error: unknown) => log.error('What killed processes left could not be removed.', error),
  )
  return {
    end() {
      ending.abort()
      return done
    },
  }
}

const runService = (
  { options, executors, device, hub, table, checks, resolve, assertReady }: EngineContext,
  networks: Pick<NetworksOfFiles, 'assertTeacherFile'>,
  recorder: RunRecorder,
  isStudyOpen: (studyId: string) => boolean,
): RunService =>
  createRunService({
    store: options.store,
    hub,
    recorder,
    table,
    costs: options.costs,
    executors: executors.all,
    cacheFolder: options.cacheFolder,
    readOnly: options.readOnly,
    replaces: options.replaces ?? false,
    resolve,
    assertReady,
    assertTeacherFile: (config) => networks.assertTeacherFile(config),
    assertConfig: (caller, config) => checks.assertConfig(caller, config),
    device,
    otherSettings: createOtherSettings(options.presets, table),
    isStudyOpen,
    log: options.log,
  })

const studyService = (
  { options, device, executors, hub, table, resolve, assertReady }: EngineContext,
  networks: NetworksOfFiles,
  runs: RunService,
  asked: AskedAnalyses,
): StudyService =>
  createStudyService({
    table,
    analyses: asked.ofStudies,
    resolve,
    assertReady,
    presets: options.presets,
    store: options.store.studies,
    runs: studyRuns({ store: options.store, hub, executors: executors.all, runs }),
    assertExecutor: (id) => assertExecutor(executors.all, id),
    readOnly: options.readOnly,
    lengthOf: (config) => options.costs.distillation(config)?.pseudoBatches ?? 0,
    planning: () => planContext({ options, device }, networks, studyBook({ store: options.store, runs })),
    events: {
      changed: (event) => {
        hub.emit('study.changed', event)
        if (event.study.endedAt !== null) runs.freeSpace.studyDone(event.study.id)
      },
      removed: (event) => hub.emit('study.removed', event),
    },
    onError: (error) => options.log.error('A study could not go on.', error),
    now: () => Date.now(),
    newId: () => newRunId(new Date(), randomBytes(2).toString('hex')),
  })

const askedAnalyses = ({ options, hub, table, assertReady }: EngineContext, runs: RunService): AskedAnalyses =>
  createAskedAnalyses({
    store: options.store,
    hub,
    log: options.log,
    table,
    cacheFolder: options.cacheFolder,
    readOnly: options.readOnly,
    launch: options.launchShortJob,
    assertReady,
    isTraining: () => runs.active,
  })

const liveExports = (context: EngineContext, recorder: RunRecorder): LiveExports =>
  createLiveExports({
    source: exportSource(context),
    exporters: context.options.runExporters,
    say: (runId, message) => recorder.say(runId, message),
    onError: (runId, error) => {
      const causes = recorder.causesOf(error)
      const title = 'What a run writes for other programs could not be written; it trains on without it.'
      context.hub.emit('engine.notice', { severity: 'warning', title, causes, runId })
    },
  })

const tableService = ({ options, hub, table }: EngineContext, studies: StudyService): TableService =>
  createTableService({
    table,
    store: options.store,
    readOnly: options.readOnly,
    metrics: { ...metricDefinitions, ...options.memberMetrics },
    studies: () => studies.all(),
    onChange: (revision) => hub.emit('table.changed', { revision }),
    onError: (error) => options.log.error('The index of runs and models could not be written.', error),
  })

function allHandlers({
  context,
  networks,
  runs,
  studies,
  asked,
  tables,
}: {
  readonly context: EngineContext
  readonly networks: NetworksOfFiles
  readonly runs: RunService
  readonly studies: StudyService
  readonly asked: AskedAnalyses
  readonly tables: TableService
}): CallHandlers {
  return {
    ...engineHandlers(context, runs),
    ...experimentHandlers(context, networks, runs),
    ...executorHandlers(context),
    ...datasetHandlers(context),
    ...modelHandlers(context, networks),
    ...runtimeHandlers(context),
    ...exportHandlers(context, runs),
    ...tableHandlers(tables.calls),
    ...viewHandlers(context),
    ...runs.calls,
    ...studyFileHandlers(context),
    ...studies.calls,
    ...asked.calls,
  }
}

const readOnlyRefusal = ({ cause }: ReadOnlyReason): UserError =>
  new UserError('This workspace is open read-only.', {
    wanted: 'a workspace that can be written to',
    got: cause.got ? `${cause.message} (${cause.got})` : cause.message,
    where: cause.where,
    action: cause.action,
  })

/** What happened before anybody could listen. */
const noticesOf = ({ store, startNotice }: EngineOptions): EngineEvents['engine.notice'][] => [
  ...(store.repaired ? [repairNotice(store.repaired)] : []),
  ...(startNotice
    ? [
        {
          severity: 'warning' as const,
          title: 'The engine has started with its last room.',
          causes: toCauses(startNotice),
          runId: null,
        },
      ]
    : []),
]

const repairNotice = ({ movedTo, restored }: NonNullable<RunStore['repaired']>): EngineEvents['engine.notice'] => ({
  severity: 'warning',
  title: movedTo === null ? 'The workspace’s database was gone.' : 'The workspace’s database was damaged.',
  runId: null,
  causes: toCauses(
    new UserError(
      `It was ${movedTo === null ? '' : 'moved aside and '}begun anew; ${restored} runs were restored from their folders.`,
      {
        action: `Curves and images come back as they are read from there.${movedTo === null ? '' : ' The damaged file lies beside it in the workspace.'}`,
      },
    ),
  ),
})
