import { computed } from 'vue'
import type { RunSummary } from '@shared/domain'
import { useEngineQuery } from './useEngineQuery'
import { isResumable } from './useRunActions'

/** How a run that is not at work can go on, in words: "Start again" where nothing is there to go on from. */
export function useResumeOffer(run: () => RunSummary | null | undefined) {
  const point = useEngineQuery('runs.resumePoint', () => {
    const now = run()
    return now && isResumable(now) ? { runId: now.id } : null
  })
  const startsAgain = computed(() => point.data.value?.fresh === true)
  const label = computed(() => {
    if (startsAgain.value) return 'Start again'
    if (run()?.state === 'paused') return 'Resume'
    return point.data.value?.next?.step === 0
      ? 'Resume after the last finished stage'
      : 'Resume from the last checkpoint'
  })
  return { startsAgain, label }
}
