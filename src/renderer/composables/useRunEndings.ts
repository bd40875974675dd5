import { onScopeDispose } from 'vue'
import { useRouter } from 'vue-router'
import type { RunSummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { percent } from '../format/numbers'
import { useNoticesStore } from '../stores/notices'

const resultOf = (run: RunSummary): string =>
  run.stages
    .flatMap(({ kind, evaluation, defense }) =>
      kind === 'student' && evaluation
        ? [
            `${defense === 'none' || !defense ? 'no defense' : defense} ${percent(evaluation.accuracy)} / ${percent(evaluation.asr)}`,
          ]
        : [],
    )
    .join(', ')

/** Tells when a run is done whose page is not the one that is shown; of failures the engine tells. */
export function useRunEndings(): void {
  const { engine } = useConnection()
  const notices = useNoticesStore()
  const router = useRouter()
  const states = new Map<string, RunSummary['state']>()
  onScopeDispose(
    engine.subscribe('run.changed', {}, ({ run }) => {
      const before = states.get(run.id)
      states.set(run.id, run.state)
      if (before !== 'running' || router.currentRoute.value.params['runId'] === run.id) return
      if (run.state === 'done')
        notices.show({
          severity: 'good',
          title: `“${run.name}” is done.`,
          causes: resultOf(run)
            ? [{ name: 'Result', message: `Accuracy / ASR: ${resultOf(run)}.`, forUser: true }]
            : [],
          runId: run.id,
          seconds: 20,
        })
    }),
  )
}
