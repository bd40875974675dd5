/** What the handlers of all topics share: the engine's parts, and a configuration as this engine understands it. */
import {
  howToInstallRuntime,
  type ExperimentPreset,
  type MetricDefinition,
  type PartialExperimentConfig,
  type RuntimeState,
  type RuntimeVariantId,
  type StudyPreset,
} from '../../../../shared/domain'
import type { ReadOnlyReason } from '../../../../shared/contract'
import { UserError, toCauses } from '../../../../shared/errors'
import type { FamilyDescription, Registry } from '../../../../shared/schema'
import type { Exporter } from '../../families/exporters'
import type { RunExporter } from '../../families/runExporters'
import { createCallerChecks, type CallerChecks } from '../access/callerChecks'
import type { EventHub } from '../events'
import type { Executor } from '../executors/executor'
import type { TrainerLauncher } from '../executors/shortJobProcess'
import { runShortJob } from '../executors/shortJobs'
import { localMember } from '../executors/local/member'
import { createExecutors, type Executors, type ExecutorsOptions } from '../executors/service'
import { computedIssues } from '../experiments/computedIssues'
import type { CostModel } from '../experiments/costModel'
import type { DeviceProbe } from '../experiments/deviceIssues'
import { memberTable, type MemberTable } from '../experiments/memberTable'
import { resolveExperiment, type Resolution } from '../experiments/resolve'
import type { EngineLog } from '../log'
import type { RunStore } from '../store'
import type { DataService } from './dataService'
import { createDeviceProbe } from './deviceProbe'
import type { ModelInspector } from './inspectModel'

/** What there is of TensorFlow on this machine, and bringing it; each answers at once. */
export interface RuntimeBringer {
  state(): RuntimeState
  install(variant: RuntimeVariantId): RuntimeState
  unpack(file: string): RuntimeState
  pause(): Promise<RuntimeState>
  onChange(listener: (state: RuntimeState) => void): void
}

export interface EngineOptions {
  version: string
  store: RunStore
  cacheFolder: string
  readOnly: boolean
  /** It takes the place of an engine that died a moment ago, for its supervisor; default: it was started anew. */
  replaces?: boolean
  /** Why a workspace is open read-only. */
  readOnlyReason?: ReadOnlyReason | null
  /** Tries again to write there; nobody can unless given. @throws UserError that says why not */
  openForWriting?(how: { takeOver: boolean }): Promise<void>
  /** Told to whoever comes: something that happened before anybody could listen. */
  startNotice?: UserError | null
  families: readonly FamilyDescription[]
  /** Definitions of the metrics of single members, beside the shared ones. */
  memberMetrics?: Readonly<Record<string, MetricDefinition>>
  presets: readonly ExperimentPreset[]
  /** Ready-made studies; none unless told otherwise. */
  studyPresets?: readonly StudyPreset[]
  costs: CostModel
  data: DataService
  /** Where stages run, by id; 'local' is among them. */
  executors: ReadonlyMap<string, Executor>
  /** Starts the process of a short job, on this machine. */
  launchShortJob: TrainerLauncher
  /** Executors beside this machine, as declared, and how a task's process is started there; none unless given. */
  otherExecutors?: Pick<ExecutorsOptions, 'members' | 'trainer'>
  /** Formats that models are exported to; those of the product unless told otherwise. */
  exporters?: Registry<Exporter>
  /** Forms that runs are written in; those of the product unless told otherwise. */
  runExporters?: Registry<RunExporter>
  log: EngineLog
  inspectModel: ModelInspector
  runtimeState(): { ready: boolean; message: string | null }
  /** Brings TensorFlow to this machine; nobody does unless given. */
  runtime?: RuntimeBringer
}

export interface EngineContext {
  readonly options: EngineOptions
  /** Changes when the workspace's folder goes away. */
  readonly access: { readOnlyReason: ReadOnlyReason | null }
  readonly hub: EventHub
  readonly table: MemberTable
  readonly executors: Executors
  readonly device: DeviceProbe
  /** What a page may ask for. */
  readonly checks: CallerChecks
  /** Settings are the defaults of what is kept; the configuration decides. */
  resolve(config: PartialExperimentConfig): Resolution
  /** @throws UserError while TensorFlow is not set up */
  assertReady(): void
}

export function createEngineContext(options: EngineOptions, hub: EventHub): EngineContext {
  const table = memberTable(options.families)
  const resolve = (config: PartialExperimentConfig): Resolution => resolveHere(config, options, table)
  const assertReady = (): void => {
    const { ready, message } = options.runtimeState()
    if (!ready)
      throw new UserError('TensorFlow is not set up.', {
        got: message ?? 'no runtime',
        action: howToInstallRuntime,
      })
  }
  return {
    options,
    access: { readOnlyReason: readOnlyReasonOf(options) },
    hub,
    table,
    executors: executorsOf(options, hub),
    checks: createCallerChecks(options),
    device: createDeviceProbe((asked, signal) => {
      assertReady()
      const { execution } = resolve({}).config
      const { threads } = options.store.settings()
      return runShortJob(
        options.launchShortJob,
        { kind: 'device', execution: { ...execution, threads, ...asked } },
        signal,
      )
    }),
    resolve,
    assertReady,
  }
}

/** A reader's engine may have been opened without anybody saying why. */
const readOnlyReasonOf = ({ readOnly, readOnlyReason, store }: EngineOptions): ReadOnlyReason | null => {
  if (readOnlyReason || !readOnly) return readOnlyReason ?? null
  const got = 'another engine owns it and cannot be reached'
  const cause = {
    name: 'UserError',
    message: 'This workspace is open read-only.',
    forUser: true,
    got,
    where: store.folder,
  }
  return { kind: 'owned', cause }
}

function resolveHere(config: PartialExperimentConfig, options: EngineOptions, table: MemberTable): Resolution {
  const { keptSteps, imagesPerStep } = options.store.settings()
  const given = config.recording
  const recording =
    given === undefined || (typeof given === 'object' && given !== null && !Array.isArray(given))
      ? { keptSteps, imagesPerStep, ...given }
      : given
  const resolution = resolveExperiment({ ...config, recording }, table)
  return {
    ...resolution,
    issues: [...resolution.issues, ...computedIssues(resolution.config, { ...options, table })],
  }
}

function executorsOf({ executors, otherExecutors, store, cacheFolder }: EngineOptions, hub: EventHub): Executors {
  return createExecutors({
    members: [...[...executors.values()].map(localMember), ...(otherExecutors?.members ?? [])],
    trainer: otherExecutors?.trainer ?? { node: process.execPath, script: '' },
    workspace: store.folder,
    cacheFolder,
    kept: store,
    notice: (error) =>
      hub.emit('engine.notice', { severity: 'warning', title: error.message, runId: null, causes: toCauses(error) }),
  })
}
