import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { CallArgs } from '@shared/contract'
import type { AskedAnalysis, RunSummary } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useEngineQuery } from '../../composables/useEngineQuery'

/** What was asked of a run, the newest first and kept up to date, and the one that is shown with what it has found. */
export function useAsked(run: () => RunSummary) {
  const { engine, onReopen } = useConnection()
  const list = useEngineQuery('analyses.list', () => ({ runId: run().id }))
  const known = shallowRef<readonly AskedAnalysis[] | null>(null)
  watch(list.data, (answer) => (known.value = answer ? answer.asked : null))
  const see = (asked: AskedAnalysis): void => {
    const others = (known.value ?? []).filter(({ id }) => id !== asked.id)
    known.value = [...others, asked].sort((left, right) => right.createdAt - left.createdAt)
  }
  onScopeDispose(engine.subscribe('analysis.changed', {}, ({ runId, asked }) => runId === run().id && see(asked)))
  onScopeDispose(
    engine.subscribe('analysis.removed', {}, ({ id }) => {
      known.value = (known.value ?? []).filter((one) => one.id !== id)
    }),
  )
  onScopeDispose(onReopen(() => list.refresh()))

  const chosen = ref<string | null>(null)
  const shown = computed(() => known.value?.find(({ id }) => id === chosen.value) ?? known.value?.[0] ?? null)
  const found = useEngineQuery('analyses.get', () => (shown.value?.state === 'done' ? { id: shown.value.id } : null), 0)
  /** Of the one that is shown; an answer about another one is on its way out. */
  const answer = computed(() => (found.data.value?.asked.id === shown.value?.id ? found.data.value : null))

  async function ask(question: Omit<CallArgs<'analyses.start'>, 'runId'>): Promise<void> {
    const asked = await engine.call('analyses.start', { runId: run().id, ...question })
    if (!known.value?.some(({ id }) => id === asked.id)) see(asked)
    chosen.value = asked.id
  }
  const again = ({ analysis, params, stageIds, step }: AskedAnalysis): Promise<void> =>
    ask({ analysis, params: { ...params }, stageIds: [...stageIds], ...(step === null ? {} : { step }) })
  return {
    known,
    error: list.error,
    refresh: list.refresh,
    shown,
    choose: (id: string) => (chosen.value = id),
    answer,
    answerError: found.error,
    ask,
    again,
    cancel: (id: string) => engine.call('analyses.cancel', { id }),
    remove: (id: string) => engine.call('analyses.remove', { id }),
  }
}
