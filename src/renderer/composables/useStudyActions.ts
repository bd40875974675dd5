import { useRouter } from 'vue-router'
import type { CallArgs } from '@shared/contract'
import type { StudyDefinition, StudySummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { fileName } from '../format/paths'
import { useNoticesStore } from '../stores/notices'
import { useStudiesStore, type StudyVerb } from '../stores/studies'
import { useStudyDraftStore } from '../stores/studyDraft'

const verbWords: Record<StudyVerb, string> = {
  pause: 'be paused',
  resume: 'go on',
  cancel: 'be cancelled',
  retry: 'be tried again',
}

/** What can be done with a study, with its failures as notices. */
export function useStudyActions() {
  const { engine, host } = useConnection()
  const studies = useStudiesStore()
  const draft = useStudyDraftStore()
  const notices = useNoticesStore()
  const router = useRouter()

  const steer = (verb: StudyVerb, study: StudySummary, cells?: readonly number[]): Promise<unknown> =>
    notices.attempt(`${cells ? 'These cells' : `“${study.name}”`} could not ${verbWords[verb]}.`, () =>
      studies.steer(verb, study.id, cells),
    )
  const rename = (study: StudySummary, name: string): Promise<unknown> =>
    notices.attempt('The name could not be saved.', () => studies.rename(study.id, name))
  const prioritize = (study: StudySummary, priority: number): Promise<unknown> =>
    notices.attempt('The priority could not be changed.', () => studies.prioritize(study.id, priority))
  const reorder = (study: StudySummary, cells: readonly number[]): Promise<unknown> =>
    notices.attempt('The order could not be changed.', () => studies.reorder(study.id, cells))
  /** Returns whether it was extended. */
  const extend = async (args: CallArgs<'studies.extend'>): Promise<boolean> =>
    (await notices.attempt('The study could not be extended.', () => studies.extend(args))) !== undefined
  /** Returns whether it is gone. */
  async function forget(study: StudySummary): Promise<boolean> {
    const gone = await notices.attempt(`“${study.name}” could not be deleted.`, async () => {
      await studies.forget(study.id)
      return true
    })
    if (gone) notices.show({ severity: 'info', title: `The study “${study.name}” was deleted; its runs stay.` })
    return gone ?? false
  }
  /** Its definition in the form of a new study. */
  async function clone(study: StudySummary): Promise<void> {
    const detail = await notices.attempt(`“${study.name}” could not be copied.`, () =>
      engine.call('studies.get', { studyId: study.id }),
    )
    if (!detail) return
    const { definition } = detail
    const origin = { kind: 'study' as const, title: study.name, remarks: [] }
    draft.begin({ ...definition, name: `${definition.name} (copy)` }, origin)
    void router.push('/studies/new')
  }
  const saveFile = (definition: StudyDefinition): Promise<unknown> =>
    notices.attempt('The study file could not be saved.', async () => {
      const { text } = await engine.call('studies.write', { definition })
      return host.saveFile({ name: `${fileName(definition.name, 'study')}.yaml`, data: text, type: 'application/yaml' })
    })
  return { steer, rename, prioritize, reorder, extend, forget, clone, saveFile }
}

const unfinished = (study: StudySummary): number =>
  study.cells.failed + study.cells.interrupted + study.cells.cancelled + study.cells.stopped

/** What a study's state lets one do. */
export const canPause = (study: StudySummary): boolean => study.state === 'running'
export const canResume = (study: StudySummary): boolean => study.state === 'paused'
export const canCancel = (study: StudySummary): boolean => study.state === 'running' || study.state === 'paused'
export const retriable = (study: StudySummary): number => unfinished(study)
