/** A teacher or student of a run as tables, planes and curves know it. */
import type { Condition, ModelSettings } from './condition'
import type { HealthFinding } from './health'
import type { Precision } from './precision'
import type { PublishedComparison } from './published'
import type { ModelResult } from './results'
import type { Evaluation, StepUnits } from './run'

export interface ModelRecord extends ModelResult {
  /** `<run>/<stage>` */
  readonly key: string
  readonly condition: Condition
  readonly settings: ModelSettings
  /** Of its newest evaluation; its counts of images are behind the intervals. */
  readonly evaluation: Evaluation | null
  readonly health: readonly HealthFinding[]
  readonly published: PublishedComparison | null
  /** The student that this one equals until after so many pseudo batches; null where it begins by itself. */
  readonly leaves: { readonly key: string; readonly step: number } | null
  /** The undefended student it is compared with, if there is one. */
  readonly twin: string | null
  readonly step: number
  readonly totalSteps: number | null
  /** Absent in records of earlier versions. */
  readonly stepUnits?: StepUnits
  readonly tags: readonly string[]
  /** Absent: float32. */
  readonly precision?: Precision
}
