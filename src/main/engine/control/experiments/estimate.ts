/**
 * How long an experiment will take: multiply-adds and activations over what this machine does per second, corrected by
 * what earlier runs took.
 */
import { availableParallelism } from 'node:os'
import type { TimeEstimate } from '../../../../shared/contract'
import {
  medianOf,
  precisionFactor,
  precisionOf,
  type DeviceReport,
  type ExperimentConfig,
  type ProcessTimings,
  type RunState,
  type RunSummary,
  type StageName,
} from '../../../../shared/domain'
import type { CostModel } from './costModel'
import { workOfStage, type StageWork } from './stageWork'
import { stagesOf } from './stages'

/** An earlier stage that ran to its end on this machine. */
export interface FinishedStage extends StageName {
  config: ExperimentConfig
  /** From the start of its process to its end, or its working seconds in records of earlier versions. */
  seconds: number
  /** The most that its processes held in memory; absent in records of earlier versions. */
  peakBytes?: number
}

/** What is known of the machine that an experiment is for. */
export interface Machine {
  /** Of a stage. */
  readonly threads: number
  /** What was found there; null or absent before anybody looked. */
  readonly device?: MeasuredDevice | null
}

/** `threads`: those that its convolution was measured with. */
type MeasuredDevice = Pick<DeviceReport, 'kind' | 'threads' | 'precisionSpeed'>

/**
 * What a thread of the machine of docs/benchmarks-scale.md does in a second: fitted to its tables. Multiply-adds run at
 * the units' speed, activations (written, read, normed, rectified) at that of memory; a call of a captured step takes
 * eight milliseconds of beginning and ending its operations, which is most of what small batches take.
 */
const perThread = { multiplyAdds: 105e9, activations: 0.87e9, calls: 125 }
/**
 * What one thread of that machine takes.
 * @param factor time of a convolution in the precision asked for / in float32; activations take the same
 */
export const threadSeconds = ({ multiplyAdds, activations, calls }: StageWork, factor = 1): number =>
  (factor * multiplyAdds) / perThread.multiplyAdds + activations / perThread.activations + calls / perThread.calls

/** Thread milliseconds that the probe's convolution took there in float32. */
const probeThreadMilliseconds = 9
/** Start of the process and of TensorFlow, data, and the first call of each captured step. */
const overheadSeconds = { data: 1, teacher: 2.5, student: 4.5 } as const

/** A device that computes much faster starts little faster. */
const leastSlowness = 0.7

/** A GPU computes as fast whatever threads feed it. */
const threadsOf = (device: MeasuredDevice | undefined, count: number): number =>
  device?.kind === 'gpu' ? 1 : Math.max(1, count)

/** How many times as long as that machine's a thread of a device takes, by its convolution; 1 where nobody measured. */
export function slownessOf(device: MeasuredDevice | undefined): number {
  const probe = device?.precisionSpeed?.milliseconds.float32
  return device && probe !== undefined ? (probe * threadsOf(device, device.threads)) / probeThreadMilliseconds : 1
}

/**
 * How many students train at once: one, or where the experiment asks for it one a core of those that follow no other;
 * on a GPU one.
 */
export function studentsAtOnce(config: ExperimentConfig, costs: CostModel, computedOn?: 'cpu' | 'gpu'): number {
  const { students, execution } = config
  if (!execution.sideBySide || execution.device === 'gpu' || computedOn === 'gpu') return 1
  const pseudoBatches = costs.distillation(config)?.pseudoBatches ?? 0
  const beginning = students.filter((_, index) => !costs.follows(students, index, pseudoBatches)).length
  return Math.max(1, Math.min(beginning, availableParallelism()))
}

/** Seconds without what earlier runs say. */
export function calculatedSeconds(
  config: ExperimentConfig,
  stage: StageName,
  { costs, machine }: { readonly costs: CostModel; readonly machine: Machine },
): number {
  const device = deviceFor(config, machine)
  const slowness = slownessOf(device)
  const sharers =
    stage.kind === 'student' && !config.execution.threads ? studentsAtOnce(config, costs, device?.kind) : 1
  const threads = threadsOf(device, Math.floor(machine.threads / sharers))
  const factor = precisionFactor(device?.precisionSpeed, precisionOf(config)) ?? 1
  return (
    Math.max(leastSlowness, slowness) * overheadSeconds[stage.kind] +
    (slowness * threadSeconds(workOfStage(config, stage, costs), factor)) / threads
  )
}

/** The device that the experiment is for, where it was measured; undefined where another one was, or none. */
const deviceFor = ({ execution }: ExperimentConfig, { device }: Machine): MeasuredDevice | undefined =>
  device?.precisionSpeed && (execution.device === device.kind || execution.device === 'auto') ? device : undefined

/** Of one data set, the same networks and method, on the same kind of device in the same precision. */
export const sameShape = (left: ExperimentConfig, right: ExperimentConfig): boolean =>
  left.data.id === right.data.id &&
  JSON.stringify(left.teacher.architecture) === JSON.stringify(right.teacher.architecture) &&
  JSON.stringify(left.distillation.architecture) === JSON.stringify(right.distillation.architecture) &&
  left.distillation.method.id === right.distillation.method.id &&
  left.execution.device === right.execution.device &&
  precisionOf(left) === precisionOf(right)

/** How long an experiment takes, whatever of it is there already. */
export type WorkTime = Pick<TimeEstimate, 'stages' | 'totalSeconds' | 'basis' | 'note'>

/** As its launcher hands them out: where several stages run at once, each has its share. */
export function threadsOfStage(
  { execution }: Pick<ExperimentConfig, 'execution'>,
  { threads, slots }: { readonly threads: number; readonly slots: number },
): number {
  const cores = availableParallelism()
  return execution.threads || threads || (slots > 1 ? Math.max(1, Math.floor(cores / slots)) : cores)
}

export interface EstimateBasis {
  readonly costs: CostModel
  /** Stages that ran to their end on this machine, newest first. */
  readonly finished: readonly FinishedStage[]
  readonly machine: Machine
}

export function estimateTime(config: ExperimentConfig, { costs, finished, machine }: EstimateBasis): WorkTime {
  const calculated = (target: ExperimentConfig, stage: StageName): number =>
    calculatedSeconds(target, stage, { costs, machine })
  const ratio = (entry: FinishedStage): number => entry.seconds / calculated(entry.config, entry)
  let measured = 0
  const trained = stagesOf(config).filter((stage) => stage.kind !== 'data')
  const stages = Object.fromEntries(
    stagesOf(config).map((stage) => {
      const base = calculated(config, stage)
      const alike = finished.filter((entry) => entry.kind === stage.kind && sameShape(entry.config, config))
      const others = alike.length > 0 ? alike : finished.filter((entry) => entry.kind === stage.kind)
      if (alike.length > 0 && stage.kind !== 'data') measured += 1
      const factor = stage.kind === 'data' || others.length === 0 ? 1 : medianOf(others.slice(0, 5).map(ratio))
      return [stage.id, base * factor]
    }),
  )
  const basis = measured === trained.length && measured > 0 ? 'measured' : 'calculated'
  return {
    stages,
    basis,
    totalSeconds: totalOf(config, stages, studentsAtOnce(config, costs, deviceFor(config, machine)?.kind)),
    note:
      basis === 'measured'
        ? 'Scaled from earlier runs of the same networks on this machine.'
        : calculatedNote(config, { finished, machine }),
  }
}

/**
 * From the start to the end: all stages one after another, students side by side in as many places as there are; the
 * last of them is done no sooner than its own seconds allow.
 */
function totalOf(config: ExperimentConfig, stages: Readonly<Record<string, number>>, places: number): number {
  const seconds = stagesOf(config).map(({ id, kind }) => ({ kind, seconds: stages[id] ?? 0 }))
  const sumOf = (some: readonly { seconds: number }[]): number => some.reduce((sum, one) => sum + one.seconds, 0)
  const students = seconds.filter(({ kind }) => kind === 'student')
  const longest = Math.max(0, ...students.map((student) => student.seconds))
  const others = seconds.filter(({ kind }) => kind !== 'student')
  return sumOf(others) + Math.max(longest, sumOf(students) / places)
}

function calculatedNote(config: ExperimentConfig, { finished, machine }: Omit<EstimateBasis, 'costs'>): string {
  const sources = [
    'Calculated from multiply-adds and activations',
    ...(deviceFor(config, machine)?.precisionSpeed
      ? ['the speed of this machine as measured with one convolution']
      : []),
    ...(finished.length > 0 ? ['what earlier stages took here'] : []),
  ]
  const trust =
    sources.length > 1 ? 'mostly within a quarter' : 'within a factor of three until a run has finished here'
  const isOfDevice = config.execution.device === 'cpu' || machine.device?.kind === 'gpu'
  const device = isOfDevice ? '' : ' The figure is for the CPU; a GPU takes a fraction of it.'
  return `${sources.join(', ')}; ${trust}.${device}`
}

const runsLookedAt = 20

/** What is read of earlier runs; of the store's runs only the newest are looked at. */
export interface EarlierRuns {
  /** Newest first. */
  ids(states: readonly RunState[]): readonly string[]
  own(id: string): Pick<RunSummary, 'deletedAt'>
  peek(id: string): Pick<RunSummary, 'stages'>
}

/** Of all its processes; undefined where they have said nothing. */
const secondsOf = (timings: readonly ProcessTimings[] = []): number | undefined =>
  timings.length === 0 ? undefined : timings.reduce((sum, { began, ended }) => sum + (ended - began) / 1000, 0)

/** The finished stages of the newest runs, newest first. */
export function finishedStages(runs: EarlierRuns, configOf: (runId: string) => ExperimentConfig): FinishedStage[] {
  return runs
    .ids(['done'])
    .filter((id) => runs.own(id).deletedAt === null)
    .slice(0, runsLookedAt)
    .flatMap((id) => {
      try {
        const config = configOf(id)
        return runs
          .peek(id)
          .stages.filter((stage) => stage.state === 'done' && stage.seconds > 0)
          .map(({ kind, index, seconds, timings }) => ({
            ...{ kind, config, index },
            seconds: secondsOf(timings) ?? seconds,
            ...(timings ? { peakBytes: Math.max(...timings.map(({ peakBytes }) => peakBytes)) } : {}),
          }))
      } catch {
        return []
      }
    })
}
