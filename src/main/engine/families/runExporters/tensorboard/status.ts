import type { StageState } from '../../../../../shared/domain'
import { ExhaustiveError } from '../../../../../shared/errors'
import type { SessionStatus } from './events'

/** What TensorBoard calls a stage's state. */
export function sessionStatusOf(state: StageState): SessionStatus {
  switch (state) {
    case 'done':
      return 'success'
    case 'failed':
    case 'interrupted':
      return 'failure'
    case 'waiting':
    case 'running':
    case 'paused':
    case 'stopped':
      return 'running'
    default:
      throw new ExhaustiveError(state)
  }
}
