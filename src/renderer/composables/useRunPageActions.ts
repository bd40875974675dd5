import { useRouter } from 'vue-router'
import type { RunSummary } from '@shared/domain'
import { explorerOf, timeMachineOf } from './studentAddress'
import { useActions, type Action } from './useActions'
import { isActive, isResumable, useRunActions } from './useRunActions'
import { useStudyFromRun } from './useStudyFromRun'

const studentsOf = ({ id, stages }: RunSummary): string[] =>
  stages.flatMap((stage) => (stage.kind === 'student' ? [`${id}/${stage.id}`] : []))

/** What can be done with the run whose page is open, also without its buttons. */
export function useRunPageActions(
  run: () => RunSummary,
  own: { editNote: () => void; export: () => void; remove: () => void },
): void {
  const actions = useRunActions()
  const router = useRouter()
  const studyFromRun = useStudyFromRun()
  const group = 'This run'
  const togglePause = (): void =>
    void (isActive(run()) ? actions.control('pause', run()) : actions.control('resume', run()))
  useActions((): Action[] => [
    {
      id: 'run.pause',
      title: isActive(run()) ? 'Pause the run' : 'Resume the run',
      group,
      keys: 'p',
      enabled: () => isActive(run()) || isResumable(run()),
      run: togglePause,
    },
    {
      id: 'run.stop',
      title: 'Stop the run',
      group,
      enabled: () => isActive(run()) || run().state === 'paused',
      run: () => void actions.control('stop', run()),
    },
    { id: 'run.clone', title: 'Clone the run', words: 'copy', group, run: () => void actions.clone(run()) },
    { id: 'run.study', title: 'Study from this run', group, run: () => void studyFromRun(run()) },
    { id: 'run.note', title: 'Edit the note', group, run: own.editNote },
    {
      id: 'run.export',
      title: 'Export the run',
      words: 'tensorboard mlflow card reproduce images',
      group,
      run: own.export,
    },
    {
      id: 'run.explore',
      title: 'Explore the run’s images',
      words: 'synthetic pictures thumbnails pool',
      group,
      run: () => void router.push(explorerOf(studentsOf(run()))),
    },
    {
      id: 'run.time',
      title: 'The run’s students over time',
      words: 'time machine evaluations play animation gif',
      group,
      run: () => void router.push(timeMachineOf(studentsOf(run()))),
    },
    { id: 'run.delete', title: 'Delete the run', group, run: own.remove },
  ])
}
