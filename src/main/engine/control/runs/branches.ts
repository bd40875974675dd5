/** Where students go on from another one: its trainer keeps those checkpoints for them. */
import type { RunState } from '../../../../shared/domain'
import type { RunStore } from '../store'
import type { WantedRun } from './demand'

/** Of runs that do not wait and may go on: begun anew, a late defense would repeat all that its twin did before it. */
const mayGoOn: readonly RunState[] = ['paused', 'interrupted', 'failed', 'stopped']

/** Steps, in order, at which the students of runs that are not done go on from the stage of a key. */
export function branchesOf(
  key: string | null,
  active: readonly Pick<WantedRun, 'keys'>[],
  runs: Pick<RunStore['runs'], 'ids' | 'peek'>,
): number[] {
  if (key === null) return []
  const resting = runs.ids(mayGoOn).flatMap((id) => runs.peek(id).stages)
  const branching = [...active.flatMap(({ keys }) => keys), ...resting]
  const steps = branching.flatMap(({ prefix }) => (prefix?.key === key ? [prefix.step] : []))
  return [...new Set(steps)].sort((left, right) => left - right)
}
