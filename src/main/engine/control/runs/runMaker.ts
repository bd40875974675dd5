/** Runs that are made, by whatever call: checked, known by the keys of their stages, and waiting. */
import type { ExperimentConfig, PartialExperimentConfig, RunSummary } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Issue } from '../../../../shared/schema'
import type { KeyContext } from '../experiments/stageKeys'
import type { RunToKeep } from '../store'
import type { NewRun } from './newRun'
import type { StageBook } from './stageBook'

/** A run to be made; its configuration is resolved and without errors. */
export interface RunRequest extends Pick<
  NewRun,
  'config' | 'preset' | 'note' | 'executor' | 'priority' | 'study' | 'until' | 'forkedFrom' | 'reproduces'
> {
  /** A teacher that is done, from another device than the run's, which is taken as it is. */
  readonly teacher?: KeyContext['teacher']
  /** Nothing that is there already is taken: every stage is trained anew. */
  readonly fresh?: boolean
  /** What its students go on from. */
  readonly fork?: KeyContext['fork']
}

export interface WhereToStart {
  /** Default: this machine. */
  readonly executor?: string | undefined
  /** What cannot start, in messages; default: the experiment. */
  readonly subject?: string
}

export interface RunMaker {
  readonly book: StageBook
  /**
   * The configuration, complete.
   * @throws RefusedInputError that names what stands in the way; UserError while nothing can train
   */
  startable(config: PartialExperimentConfig, where: WhereToStart): Promise<ExperimentConfig>
  /** On what the stages of such a run will be computed. */
  deviceOf(config: ExperimentConfig, executor: string): 'cpu' | 'gpu'
  /** Awaited before runs are made or keys are asked for: the stages of earlier versions have keys then. */
  prepare(configs: readonly ExperimentConfig[]): Promise<void>
  /** Makes runs in one transaction and lets them wait; `alongside` writes into the same transaction. */
  create(requests: readonly RunRequest[], alongside?: (runs: readonly RunToKeep[]) => void): RunSummary[]
}

/** @throws RefusedInputError that names what stands in the way */
export function assertNoErrors(issues: readonly Issue[], subject = 'The experiment'): void {
  const errors = issues.filter((issue) => issue.severity === 'error')
  const [first] = errors
  if (!first) return
  throw new RefusedInputError(`${subject} cannot start: ${first.path} ${first.message}.`, {
    where: errors.map((issue) => issue.path).join(', '),
    action: 'Correct the marked values.',
  })
}
