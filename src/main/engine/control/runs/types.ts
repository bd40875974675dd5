import type {
  DeviceReport,
  Evaluation,
  HealthFinding,
  HealthKind,
  MetricPoint,
  StageActivity,
  SyntheticImages,
} from '../../../../shared/domain'
import type { CallHandlers, CallsOf, EngineEvents, LogLine } from '../../../../shared/contract'
import type { ErrorCause } from '../../../../shared/errors'
import type { KeptStage, RunStore } from '../store'

export type RunCalls = CallHandlers<CallsOf<'runs'>>

export type StageOutcome =
  | { type: 'done' | 'paused' | 'stopped'; evaluation: Evaluation | null; weights: string | null }
  | { type: 'failed'; causes: ErrorCause[] }
  /** The process ended without a word: a native crash, a kill, no memory. `causes`: where the executor knows more. */
  | { type: 'crashed'; reason: string; causes?: ErrorCause[] }

export interface EngineNoticeSink {
  notice(severity: EngineEvents['engine.notice']['severity'], title: string, causes: ErrorCause[]): void
  /** An error as data; faults of the program are logged with their stack. */
  causesOf(error: unknown): ErrorCause[]
}

/** What a running stage needs: what it finds out is kept at its place and told to the runs that name it. */
export interface StageContext extends EngineNoticeSink {
  readonly place: string
  readonly title: string
  readonly keptSteps: number
  /** Disk for the image grids of a student's pool. */
  readonly poolBytes: number
  readonly metrics: RunStore['metrics']
  readonly images: RunStore['images']
  readonly pool: RunStore['pool']
  readonly artifacts: RunStore['artifacts']
  readonly positions: RunStore['positions']
  update(change: Partial<KeptStage>, write?: boolean): void
  /** Writes all that the memory holds of the stage in one transaction, with what belongs to it. */
  keep(alongside: () => void): void
  /** How far it is known to be. */
  position(): Pick<KeptStage, 'step' | 'totalSteps' | 'timings'>
  /** What is seen of its health now, in place of what was seen of that kind before; null: nothing any more. */
  observe(kind: HealthKind, finding: HealthFinding | null): void
  /** Forgets what was seen of its health after a step. */
  forgetHealthAfter(step: number): void
  tellMetrics(points: readonly MetricPoint[]): void
  /** Whether anybody looks at pictures as they come. */
  watchesImages(): boolean
  tellImages(step: number, images: SyntheticImages | null): void
  addWarning(message: string): void
  preparing(activity: StageActivity): void
  deviceFound(device: DeviceReport): void
  /** `alongside`: what is written in the line's transaction. */
  log(level: LogLine['level'], message: string, alongside?: () => void): void
}
