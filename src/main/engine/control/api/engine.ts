/** The engine as its callers know it: every call, checked and answered; no TensorFlow in this process. */
import { statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type {
  CallArgs,
  CallResult,
  Catalogue,
  EngineApi,
  EngineCallName,
  EngineEvents,
  EngineInfo,
  EvaluatedModel,
  ModelReport,
} from '../../../../shared/contract'
import { parseCall, parseSubscription } from '../../../../shared/contract'
import type {
  DeviceReport,
  ExperimentConfig,
  ExperimentPreset,
  MetricDefinition,
  PartialExperimentConfig,
} from '../../../../shared/domain'
import { experimentSections, metricDefinitions } from '../../../../shared/domain'
import { UserError, toCauses } from '../../../../shared/errors'
import type { FamilyDescription } from '../../../../shared/schema'
import { databaseName, folderBytes, type RunStore } from '../store'
import { computedIssues } from '../experiments/computedIssues'
import type { DataService } from './dataService'
import { diagnosticsText } from './diagnostics'
import { estimateTime, finishedStages, type CostModel } from '../experiments/estimate'
import { createEventHub, type EventHub } from '../events'
import { exportModel } from './exportModel'
import type { EngineLog } from '../log'
import { createOtherSettings } from '../experiments/otherSettings'
import { resolveExperiment, type Resolution } from '../experiments/resolve'
import { memberTable } from '../experiments/memberTable'
import { createRunRecorder } from '../runs/recorder'
import { createRunService } from '../runs/service'
import { runShortJob, tenASecond, type ShortProgress } from '../executors/shortJobs'
import type { TrainerLauncher } from '../executors/trainerProcess'

export interface EngineOptions {
  version: string
  store: RunStore
  cacheFolder: string
  readOnly: boolean
  /** Who owns a workspace that is open read-only, in words. */
  owner?: string | null
  families: readonly FamilyDescription[]
  /** Definitions of the metrics of single methods, beside the shared ones. */
  methodMetrics?: Readonly<Record<string, MetricDefinition>>
  presets: readonly ExperimentPreset[]
  costs: CostModel
  data: DataService
  launch: TrainerLauncher
  log: EngineLog
  inspectModel(file: string, signal?: AbortSignal): Promise<ModelReport>
  runtimeState(): { ready: boolean; message: string | null }
}

export interface Engine extends EngineApi {
  /** Whether a run is training. */
  readonly active: boolean
  /** Pauses the current run with a checkpoint, writes what is buffered, closes the store. */
  close(): Promise<void>
}

type Handlers = {
  [K in EngineCallName]: (args: CallArgs<K>, signal?: AbortSignal) => Promise<CallResult<K>> | CallResult<K>
}

const changing: ReadonlySet<EngineCallName> = new Set<EngineCallName>([
  'engine.setSettings',
  'runs.start',
  'runs.pause',
  'runs.stop',
  'runs.resume',
  'runs.rename',
  'runs.note',
  'runs.tag',
  'runs.delete',
  'runs.undelete',
  'runs.emptyBin',
])

export function createEngine(options: EngineOptions): Engine {
  const { store, log } = options
  const hub = createEventHub((error) => log.error('A listener failed.', error))
  const recorder = createRunRecorder(store, hub, log)
  const context = new EngineContext(options, hub)
  const runs = createRunService({
    store,
    hub,
    recorder,
    table: context.table,
    log,
    launch: options.launch,
    cacheFolder: options.cacheFolder,
    readOnly: options.readOnly,
    resolve: (config) => context.resolve(config),
    assertReady: () => context.assertReady(),
    otherSettings: createOtherSettings(options.presets, memberTable(options.families)),
  })
  const handlers: Handlers = { ...context.handlers(), ...runs.calls }
  if (store.repaired)
    log.warn(
      `The database was damaged and begun anew; ${store.repaired.restored} runs were restored from their folders.`,
    )
  return {
    get active() {
      return runs.active
    },
    async call(name, args, signal) {
      const checked = parseCall(name, args)
      signal?.throwIfAborted()
      if (options.readOnly && changing.has(name)) {
        throw new UserError('This workspace is open read-only.', {
          wanted: 'a workspace of this engine',
          got: options.owner ?? 'another engine owns it and cannot be reached',
          where: store.folder,
          action: 'Close the other ABD Workbench or choose another workspace; delete the lock if that engine is gone.',
        })
      }
      return handlers[name](checked, signal)
    },
    subscribe(name, filter, listener) {
      const checked = parseSubscription(name, filter)
      // Told to whoever comes: it happened before anybody could listen.
      if (name === 'engine.notice' && store.repaired)
        queueMicrotask(() =>
          (listener as (event: EngineEvents['engine.notice']) => void)(repairNotice(store.repaired?.restored ?? 0)),
        )
      return hub.subscribe(name, checked.filter, listener)
    },
    async close() {
      await runs.close()
      recorder.dispose()
      store.close()
    },
  }
}

const repairNotice = (restored: number): EngineEvents['engine.notice'] => ({
  severity: 'warning',
  title: 'The workspace’s database was damaged.',
  runId: null,
  causes: toCauses(
    new UserError(`It was moved aside and begun anew; ${restored} runs were restored without their charts.`, {
      action: 'The damaged file lies beside it in the workspace.',
    }),
  ),
})

class EngineContext {
  private readonly startedAt = Date.now()
  private device: DeviceReport | null = null
  readonly table
  /** Which network a weights file holds, by its path; null where that cannot be told. */
  private readonly networks = new Map<string, Promise<ModelReport['architecture']>>()

  constructor(
    private readonly options: EngineOptions,
    private readonly hub: EventHub,
  ) {
    this.table = memberTable(options.families)
  }

  /** Settings are the defaults of what is kept; the configuration decides. */
  resolve(config: PartialExperimentConfig): Resolution {
    const { keptSteps, imagesPerStep } = this.options.store.settings()
    const given = config.recording
    const recording =
      given === undefined || (typeof given === 'object' && given !== null && !Array.isArray(given))
        ? { keptSteps, imagesPerStep, ...given }
        : given
    const resolution = resolveExperiment({ ...config, recording }, this.table)
    return {
      ...resolution,
      issues: [...resolution.issues, ...computedIssues(resolution.config, { ...this.options, table: this.table })],
    }
  }

  /**
   * The experiment with the network that its teacher file holds, whatever its hidden fields say; as it is where the
   * file does not tell.
   */
  private async withNetworkOfFile(config: ExperimentConfig): Promise<ExperimentConfig> {
    const { source, file } = config.teacher
    if (source !== 'file' || file.trim() === '') return config
    const asked =
      this.networks.get(file) ??
      this.options.inspectModel(file).then(
        ({ architecture }) => architecture,
        () => {
          // It may be there, or be another one, when it is asked for again.
          this.networks.delete(file)
          return null
        },
      )
    this.networks.set(file, asked)
    const network = await asked
    return network
      ? { ...config, teacher: { ...config.teacher, architecture: { id: network.id, params: network.params } } }
      : config
  }

  /** An earlier run with the same teacher file had the same network. */
  private withSameFile(earlier: ExperimentConfig, { teacher }: ExperimentConfig): ExperimentConfig {
    return earlier.teacher.source === 'file' && earlier.teacher.file === teacher.file
      ? { ...earlier, teacher: { ...earlier.teacher, architecture: teacher.architecture } }
      : earlier
  }

  assertReady(): void {
    const { ready, message } = this.options.runtimeState()
    if (!ready)
      throw new UserError('TensorFlow is not set up.', {
        got: message ?? 'no runtime',
        action: 'Run "npm start" or "npm run doctor" in the project folder; it prepares the runtime.',
      })
  }

  handlers(): Omit<Handlers, Extract<EngineCallName, `runs.${string}`>> {
    const { store, data, log } = this.options
    return {
      'engine.info': () => this.info(),
      'engine.catalogue': () => this.catalogue(),
      'engine.settings': () => store.settings(),
      'engine.setSettings': (change) => store.setSettings(change),
      'engine.diskUse': () => this.diskUse(),
      'engine.diagnostics': async () => ({
        text: diagnosticsText({
          info: this.info(),
          settings: store.settings(),
          disk: await this.diskUse(),
          runs: store.runs.list(true),
          log: log.last(60),
        }),
      }),
      'engine.device': async ({ fresh }, signal) =>
        fresh !== true && this.device ? this.device : this.findDevice(signal),
      'engine.log': ({ lines = 500 }) => log.last(lines),
      'experiment.validate': ({ config }) => this.resolve(config),
      'experiment.estimate': async ({ config }) => {
        const resolved = await this.withNetworkOfFile(this.resolve(config).config)
        const threads = resolved.execution.threads || store.settings().threads || availableParallelism()
        const configOf = (id: string): ExperimentConfig => this.withSameFile(store.runs.config(id), resolved)
        return estimateTime(resolved, this.options.costs, finishedStages(store.runs.list(false), configOf), threads)
      },
      'experiment.triggerPreview': ({ config, count = 8, firstImage = 0 }, signal) =>
        data.triggerPreview(this.resolve(config).config, firstImage, count, signal),
      'experiment.patchPreview': ({ config, count = 32 }, signal) =>
        data.patchPreview(this.resolve(config).config, count, signal),
      'dataset.info': ({ config }, signal) =>
        data.info(this.resolve(config).config.data, (progress) => this.hub.emit('dataset.loading', progress), signal),
      'dataset.images': ({ config, ...wanted }, signal) =>
        data.images(this.resolve(config).config.data, wanted, signal),
      'dataset.download': (args, signal) =>
        data.download(args, (progress) => this.hub.emit('dataset.progress', progress), signal),
      'model.evaluate': (args, signal) => this.evaluate(args, signal),
      'model.inspect': async ({ file }, signal) => {
        const report = await this.options.inspectModel(file, signal)
        this.networks.set(file, Promise.resolve(report.architecture))
        return report
      },
      'model.export': (args) => exportModel(store.runs.summary(args.runId), args),
    }
  }

  private info(): EngineInfo {
    const { ready, message } = this.options.runtimeState()
    return {
      product: 'ABD Workbench',
      version: this.options.version,
      workspace: this.options.store.folder,
      readOnly: this.options.readOnly,
      startedAt: this.startedAt,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      device: this.device,
      runtimeReady: ready,
      runtimeMessage: message,
    }
  }

  private catalogue(): Catalogue {
    return {
      families: [...this.options.families],
      sections: experimentSections,
      metrics: { ...metricDefinitions, ...this.options.methodMetrics },
      presets: [...this.options.presets],
      defaults: this.resolve({}).config,
    }
  }

  private async diskUse() {
    const { store, cacheFolder } = this.options
    const { folder } = store
    const [workspaceBytes, imagesBytes, checkpointsBytes, databaseBytes, cacheBytes, space] = await Promise.all([
      folderBytes(folder),
      folderBytes(join(folder, 'runs'), (name) => name.endsWith('.png')),
      folderBytes(join(folder, 'runs'), (name) => name.endsWith('.safetensors')),
      folderBytes(folder, (name) => name.startsWith(databaseName)),
      folderBytes(cacheFolder),
      statfs(folder),
    ])
    return {
      workspaceBytes,
      imagesBytes,
      checkpointsBytes,
      databaseBytes,
      cacheBytes,
      freeBytes: space.bavail * space.bsize,
    }
  }

  private async findDevice(signal?: AbortSignal): Promise<DeviceReport> {
    this.assertReady()
    const execution = { ...this.resolve({}).config.execution, threads: this.options.store.settings().threads }
    const { device } = await runShortJob(this.options.launch, { kind: 'device', execution }, signal)
    if (!device) throw new Error('The trainer reported no device.')
    this.device = device
    return device
  }

  private async evaluate(
    {
      file,
      data,
      attack,
      target,
      device = 'auto',
      architecture,
      normalization = 'dataset',
    }: CallArgs<'model.evaluate'>,
    signal?: AbortSignal,
  ): Promise<EvaluatedModel> {
    this.assertReady()
    const { cacheFolder, store } = this.options
    const execution = { ...this.resolve({}).config.execution, device, threads: store.settings().threads }
    const job = {
      kind: 'evaluate',
      file,
      data,
      attack,
      target,
      execution,
      cacheFolder,
      architecture: architecture ?? null,
      normalization,
    } as const
    const { evaluation, ...rest } = await runShortJob(
      this.options.launch,
      job,
      signal,
      tenASecond((progress: ShortProgress) => this.hub.emit('model.progress', { file, ...progress })),
    )
    if (!evaluation) throw new Error('The trainer reported no evaluation.')
    return { evaluation, ...rest }
  }
}
