import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import type { RunFileSummary } from '@shared/domain'
import { UserError } from '@shared/errors'
import { useConnection } from '../api/connection'
import { useEngineStore } from '../stores/engine'
import { useNoticesStore } from '../stores/notices'
import { useStudyDraftStore } from '../stores/studyDraft'
import { contentOf, kindOf, whatCanBeDropped, type DroppedKind } from './droppedFile'
import { useDraftFromFile, type PictureUse } from './useDraftFromFile'

/** What is asked of the researcher before a file can be used; null: nothing. */
export type OpenQuestion =
  | { readonly kind: 'choose' }
  /** The page does not see where the file lies on the engine's machine. */
  | { readonly kind: 'path'; readonly name: string; readonly what: DroppedKind }
  | { readonly kind: 'run'; readonly path: string; readonly summary: RunFileSummary }
  | { readonly kind: 'picture'; readonly path: string; readonly uses: readonly PictureUse[] }

/**
 * Opens what was dropped on the window or chosen: teacher, data set, picture, configuration, study, run, run's file.
 */
export const useOpenedFileStore = defineStore('openedFile', () => {
  const { engine, host } = useConnection()
  const engineStore = useEngineStore()
  const { useTeacher, useDataset, picturePlaces, usePicture, openConfig } = useDraftFromFile()
  const studyDraft = useStudyDraftStore()
  const notices = useNoticesStore()
  const router = useRouter()
  const question = shallowRef<OpenQuestion | null>(null)

  /** Extensions of the files that a teacher comes from. */
  const weights = (): string[] =>
    Object.values(engineStore.catalogue?.sections.teacher.params ?? {}).flatMap((field) =>
      field.kind === 'path' ? (field.extensions ?? []) : [],
    )
  const attempt = (name: string, task: () => Promise<void>): Promise<void> =>
    notices.attempt(`“${name}” could not be opened.`, task).then(() => undefined)

  const isHere = (runId: string): Promise<boolean> =>
    engine.call('runs.get', { runId }).then(
      () => true,
      () => false,
    )
  async function openText(text: string, name: string): Promise<void> {
    const content = contentOf(text)
    if (content.kind === 'run' && (await isHere(content.id))) return void (await router.push(`/runs/${content.id}`))
    const config = content.kind === 'study' ? null : content.config
    if (config) return openConfig(config, name)
    const { definition, remarks } = await engine.call('studies.read', { text, fileName: name })
    studyDraft.begin(definition, { kind: 'file', title: name, remarks })
    await router.push('/studies/new')
  }
  /** A file or folder on the engine's machine. */
  async function openPath(path: string, name: string, what: DroppedKind): Promise<void> {
    question.value = null
    if (what === 'weights') return useTeacher(path, name)
    if (what === 'dataset') return useDataset(path, name)
    if (what === 'run') {
      const summary = await engine.call('reproduce.read', { file: path })
      question.value = { kind: 'run', path, summary }
      return
    }
    if (what === 'text')
      throw new UserError('A configuration, a study or a run is read from a file of this machine.', {
        got: path,
        action: 'Drop it on the window, or use “Choose a file”.',
      })
    question.value = { kind: 'picture', path, uses: picturePlaces(name) }
  }
  /** What the browser hands over. */
  const openFile = (file: File, isFolder: boolean): Promise<void> =>
    attempt(file.name, async () => {
      question.value = null
      const what = kindOf({ name: file.name, isFolder }, weights())
      if (what === 'unknown')
        throw new UserError('Nothing here is made from such a file.', {
          got: file.name,
          wanted: whatCanBeDropped,
          action: whatCanBeDropped,
        })
      if (what === 'text') return openText(await file.text(), file.name)
      const path = host.pathOf(file)
      if (path === null) question.value = { kind: 'path', name: file.name, what }
      else await openPath(path, file.name, what)
    })
  /** A path that was typed or chosen. */
  const openTyped = (path: string, known?: DroppedKind): Promise<void> => {
    const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
    const told = known ?? kindOf({ name, isFolder: false }, weights())
    return attempt(name, () => openPath(path, name, told === 'unknown' ? 'dataset' : told))
  }
  const ask = (): void => void (question.value = { kind: 'choose' })
  const dismiss = (): void => void (question.value = null)
  return {
    question,
    openFile,
    openTyped,
    usePicture(use: PictureUse, path: string) {
      dismiss()
      return attempt(use.member.title, () => usePicture(use, path))
    },
    ask,
    dismiss,
  }
})
