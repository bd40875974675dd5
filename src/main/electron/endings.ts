/** What comes to its end, in the words of a message beside the window. */
import type { RunState, StudySummary } from '../../shared/domain'
import { shownStudyState } from '../../shared/domain/study'
import { causeSentence } from '../../shared/errors'
import type { EngineClient } from '../../shared/rpc'

export interface Ending {
  readonly title: string
  readonly body: string
}

const isAtWork = (state: RunState | undefined): boolean => state === 'running' || state === 'queued'
const failedCells = ({ cells }: StudySummary): string =>
  cells.failed === 0 ? '' : `${cells.failed === 1 ? '1 cell has' : `${cells.failed} cells have`} failed.`

/** Tells of runs and studies that were at work and have ended; of a study's cells the study tells. Returns its end. */
export function watchEndings(client: Pick<EngineClient, 'subscribe'>, tell: (ending: Ending) => void): () => void {
  const runs = new Map<string, RunState>()
  const studies = new Map<string, StudySummary['state']>()
  const stops = [
    client.subscribe('run.changed', {}, ({ run }) => {
      const before = runs.get(run.id)
      runs.set(run.id, run.state)
      if (run.study || !isAtWork(before) || (run.state !== 'done' && run.state !== 'failed')) return
      tell({
        title: `“${run.name}” ${run.state === 'done' ? 'is done' : 'has failed'}`,
        body: causeSentence(run.error) ?? '',
      })
    }),
    client.subscribe('study.changed', {}, ({ study }) => {
      const before = studies.get(study.id)
      studies.set(study.id, study.state)
      if (before !== 'running' || study.state !== 'done') return
      tell({
        title: `The study “${study.name}” ${shownStudyState(study) === 'failed' ? 'has failed' : 'is done'}`,
        body: failedCells(study),
      })
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
