import { onScopeDispose } from 'vue'
import { useRouter } from 'vue-router'
import { namedModelsOf, shownStudyState, type RunSummary, type StudySummary } from '@shared/domain'
import { causeSentence } from '@shared/errors'
import { useConnection } from '../api/connection'
import { cellWords } from '../format/cellStates'
import { percent } from '../format/numbers'
import { useEngineStore } from '../stores/engine'
import { useNoticesStore } from '../stores/notices'
import { useNotifications } from './useNotifications'

const resultOf = (run: RunSummary, names: ReadonlyMap<string, string>): string =>
  run.stages
    .flatMap(({ id, kind, evaluation }) =>
      kind === 'student' && evaluation
        ? [`${names.get(id) ?? ''} ${percent(evaluation.accuracy)} / ${percent(evaluation.asr)}`]
        : [],
    )
    .join(', ')

/**
 * Tells when a run or a study is done whose page is not the one that is shown; of failures the engine tells. A cell of
 * a study is part of it: its end alone is told nobody.
 */
export function useRunEndings(): void {
  const { engine } = useConnection()
  const notices = useNoticesStore()
  const catalogue = useEngineStore()
  const router = useRouter()
  const notifications = useNotifications()
  const states = new Map<string, RunSummary['state']>()
  onScopeDispose(
    engine.subscribe('run.changed', {}, ({ run }) => {
      const before = states.get(run.id)
      states.set(run.id, run.state)
      if (run.study) return
      if (before === undefined && run.state === 'queued') notifications.offer()
      if (before !== 'running' || (run.state !== 'done' && run.state !== 'failed')) return
      const result = resultOf(run, catalogue.namesOf(namedModelsOf(run)))
      notifications.tell({
        title: `“${run.name}” ${run.state === 'done' ? 'is done' : 'has failed'}`,
        body: run.state === 'done' ? result && `Accuracy / ASR: ${result}` : (causeSentence(run.error) ?? ''),
        path: `/runs/${run.id}`,
      })
      if (run.state === 'done' && router.currentRoute.value.params['runId'] !== run.id) {
        notices.show({
          severity: 'good',
          title: `“${run.name}” is done.`,
          causes: result ? [{ name: 'Result', message: `Accuracy / ASR: ${result}.`, forUser: true }] : [],
          runId: run.id,
          seconds: 20,
        })
      }
    }),
  )
  const studyStates = new Map<string, StudySummary['state']>()
  onScopeDispose(
    engine.subscribe('study.changed', {}, ({ study }) => {
      const before = studyStates.get(study.id)
      studyStates.set(study.id, study.state)
      if (before !== 'running' || study.state !== 'done') return
      const ended = `The study “${study.name}” ${shownStudyState(study) === 'failed' ? 'has failed' : 'is done'}`
      notifications.tell({
        title: ended,
        body: cellWords(study.cells),
        path: `/studies/${study.id}`,
      })
      if (router.currentRoute.value.params['studyId'] === study.id) return
      notices.show({
        severity: study.cells.failed > 0 ? 'warning' : 'good',
        title: `${ended}: ${cellWords(study.cells)}.`,
        action: { label: 'Show', run: () => void router.push(`/studies/${study.id}`) },
        seconds: 20,
      })
    }),
  )
}
