import { onScopeDispose, watch } from 'vue'
import type { RunSummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useEngineQuery } from '../composables/useEngineQuery'

/**
 * The artifacts of one analysis of a run, asked for again when a stage has a newer one and after a lost connection; of
 * null nothing is asked.
 */
export function useArtifacts(run: () => RunSummary, analysis: () => string | null) {
  const query = useEngineQuery('runs.artifacts', () => {
    const named = analysis()
    return named === null ? null : { runId: run().id, analysis: named }
  })
  // A stage's end may replace the artifact of its last step.
  const newest = (): string =>
    run()
      .stages.map(({ artifacts, state }) => `${artifacts?.[analysis() ?? ''] ?? ''} ${state}`)
      .join()
  watch(newest, () => query.refresh())
  onScopeDispose(useConnection().onReopen(() => query.refresh()))
  return query
}
