import { useRouter } from 'vue-router'
import { nameWithoutSeed, type RunSummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useNoticesStore } from '../stores/notices'
import { useStudyDraftStore } from '../stores/studyDraft'

/** A run's configuration as the base of a new study. */
export function useStudyFromRun() {
  const { engine } = useConnection()
  const draft = useStudyDraftStore()
  const notices = useNoticesStore()
  const router = useRouter()
  return async (run: RunSummary): Promise<void> => {
    const detail = await notices.attempt(`The configuration of “${run.name}” could not be read.`, () =>
      engine.call('runs.get', { runId: run.id }),
    )
    if (!detail) return
    const { config } = detail
    draft.beginFrom({ config: { ...config } }, nameWithoutSeed(run.name, run.seed), 'run')
    await router.push('/studies/new')
  }
}
