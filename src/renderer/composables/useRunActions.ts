import { useRouter } from 'vue-router'
import type { RunSummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useDraftStore } from '../stores/draft'
import { useNoticesStore } from '../stores/notices'
import { useRunsStore } from '../stores/runs'

/** What can be done with a run, with its failures as notices. */
export function useRunActions() {
  const { engine } = useConnection()
  const runs = useRunsStore()
  const draft = useDraftStore()
  const notices = useNoticesStore()
  const router = useRouter()

  const control = (verb: 'pause' | 'stop' | 'resume', run: RunSummary): Promise<void> =>
    notices.attempt(`“${run.name}” could not ${verb}.`, () => runs.control(verb, run.id))
  const trainAgain = (run: RunSummary, stageId: string): Promise<void> =>
    notices.attempt('The stage could not be trained again.', () => runs.trainAgain(run.id, stageId))
  /** Returns the ids of the runs that went to the bin. */
  const remove = async (list: readonly RunSummary[]): Promise<string[]> =>
    (await notices.attempt('The runs could not be deleted.', () => runs.remove(list.map((run) => run.id)))) ?? []
  const restore = (run: RunSummary): Promise<void> =>
    notices.attempt(`“${run.name}” could not be brought back.`, () => runs.restore([run.id]))
  async function clone(run: RunSummary): Promise<void> {
    const answer = await notices.attempt(`“${run.name}” could not be copied.`, () =>
      engine.call('runs.clone', { runId: run.id }),
    )
    if (!answer) return
    draft.use(answer.config)
    void router.push('/new')
  }
  const rename = (run: RunSummary, name: string): Promise<void> =>
    notices.attempt('The name could not be saved.', () => runs.rename(run.id, name))
  /** Returns whether the note was saved. */
  const note = async (run: RunSummary, text: string): Promise<boolean> =>
    (await notices.attempt('The note could not be saved.', () => runs.note(run.id, text))) !== undefined
  return { control, trainAgain, remove, restore, clone, rename, note }
}

export const isActive = (run: RunSummary): boolean => run.state === 'running' || run.state === 'queued'
export const isResumable = (run: RunSummary): boolean =>
  ['paused', 'stopped', 'interrupted', 'failed'].includes(run.state)
