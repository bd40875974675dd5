import { onScopeDispose, watch } from 'vue'
import type { RunSummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useEngineQuery } from '../composables/useEngineQuery'

/** The artifacts of one analysis of a run, asked for again when a stage has a newer one and after a lost connection. */
export function useArtifacts(run: () => RunSummary, analysis: () => string) {
  const query = useEngineQuery('runs.artifacts', () => ({ runId: run().id, analysis: analysis() }))
  // A stage's end may replace the artifact of its last step.
  const newest = (): string =>
    run()
      .stages.map(({ artifacts, state }) => `${artifacts?.[analysis()] ?? ''} ${state}`)
      .join()
  watch(newest, () => query.refresh())
  onScopeDispose(useConnection().onReopen(() => query.refresh()))
  return query
}
