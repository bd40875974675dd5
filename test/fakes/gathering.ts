/** Runs of another workspace as the fake engine has them: one that can come, one at work there, one that is here. */
import type { CallHandlers, CallsOf } from '../../src/shared/contract'
import type { ExperimentConfig, RunSummary } from '../../src/shared/domain'

interface FakeRuns {
  readonly runs: ReadonlyMap<string, { readonly detail: { readonly config: ExperimentConfig } }>
  add(config: ExperimentConfig, preset: string | null): { summary(): RunSummary }
}

export function fakeGathering(state: FakeRuns): Pick<CallHandlers<CallsOf<'runs'>>, 'runs.elsewhere' | 'runs.gather'> {
  const gathered = new Set<string>()
  return {
    'runs.elsewhere': () => {
      const other = { createdAt: 1_800_000_000_000, bytes: 2_000_000, refused: null }
      const came = (runId: string): boolean => gathered.has(runId)
      return {
        runs: [
          { ...other, runId: 'other-1', name: 'seed 5, on the cluster', isHere: came('other-1') },
          { ...other, runId: 'other-2', name: 'seed 6, on the cluster', isHere: came('other-2') },
          { ...other, runId: 'other-3', name: 'seed 7', isHere: false, refused: 'It is running there: end it first.' },
          { ...other, runId: 'fake-1', name: 'seed 0', isHere: true },
        ],
      }
    },
    'runs.gather': ({ runId }) => {
      gathered.add(runId)
      const [first] = state.runs.values()
      if (!first) throw new Error('The fake has no run to copy.')
      return state.add(first.detail.config, null).summary()
    },
  }
}
