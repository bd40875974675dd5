/** What the end of a stage means: for its record, and for the run. */
import type { RunState, StageRecord } from '../../../../shared/domain'
import { ExhaustiveError, UserError, toCauses, type ErrorCause } from '../../../../shared/errors'
import type { StageOutcome } from './types'

export interface StageEnd {
  readonly change: Partial<StageRecord>
  /** How the run ends with it; null: the next stage may begin. */
  readonly run: {
    readonly state: Exclude<RunState, 'queued' | 'running' | 'done'>
    readonly causes: ErrorCause[] | null
  } | null
}

export interface EndedStage {
  readonly outcome: StageOutcome
  readonly title: string
  /** What was asked of it: a trainer that then dies has done what it was to do. */
  readonly requested: 'pause' | 'stop' | null
  /** Working seconds. */
  readonly seconds: number
}

export const endedBy = (request: 'pause' | 'stop'): 'paused' | 'stopped' => (request === 'pause' ? 'paused' : 'stopped')

export function endOf({ outcome, title, requested, seconds }: EndedStage): StageEnd {
  const ended = (
    state: Exclude<RunState, 'queued' | 'running' | 'done'>,
    causes: ErrorCause[] | null,
    change: Partial<StageRecord> = {},
  ): StageEnd => ({ change: { ...change, state, secondsLeft: null, activity: undefined }, run: { state, causes } })
  switch (outcome.type) {
    case 'done': {
      const { evaluation, weights } = outcome
      return { change: { state: 'done', activity: undefined, secondsLeft: 0, seconds, evaluation, weights }, run: null }
    }
    case 'paused':
    case 'stopped':
      return ended(outcome.type, null, {
        weights: outcome.weights,
        ...(outcome.evaluation ? { evaluation: outcome.evaluation } : {}),
      })
    case 'failed':
      return ended('failed', outcome.causes)
    case 'crashed':
      return requested
        ? ended(endedBy(requested), null)
        : ended('interrupted', outcome.causes ?? crash(outcome.reason, title))
    default:
      throw new ExhaustiveError(outcome)
  }
}

const crash = (reason: string, title: string): ErrorCause[] =>
  toCauses(
    new UserError('The training process ended unexpectedly.', {
      got: reason,
      where: title,
      action:
        'Resume the run: it goes on at its last checkpoint. If it ends again, look into the log; too little memory is a common reason.',
    }),
  )
