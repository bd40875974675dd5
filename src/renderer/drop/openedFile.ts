import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import type { MemberChoice, PartialExperimentConfig } from '@shared/domain'
import { UserError } from '@shared/errors'
import { memberDefaults, type FamilyId, type MemberDescription } from '@shared/schema'
import { useConnection } from '../api/connection'
import { useDraftStore } from '../stores/draft'
import { useEngineStore } from '../stores/engine'
import { useNoticesStore } from '../stores/notices'
import { useStudyDraftStore } from '../stores/studyDraft'
import { contentOf, kindOf, whatCanBeDropped, type DroppedKind } from './droppedFile'

/** A place of the experiment that takes a picture. */
export interface PictureUse {
  readonly family: FamilyId
  /** Where the member stands in the configuration. */
  readonly place: string
  readonly member: MemberDescription
  readonly parameter: string
}

/** What is asked of the researcher before a file can be used; null: nothing. */
export type OpenQuestion =
  | { readonly kind: 'choose' }
  /** The page does not see where the file lies on the engine's machine. */
  | { readonly kind: 'path'; readonly name: string; readonly what: DroppedKind }
  | { readonly kind: 'picture'; readonly path: string; readonly uses: readonly PictureUse[] }

const familiesWithPictures: readonly { readonly family: FamilyId; readonly place: string }[] = [
  { family: 'attack', place: 'attack' },
  { family: 'distillation', place: 'distillation.method' },
]

/** Opens what was dropped on the window or chosen: a teacher, a data set, a picture, a configuration, a study, a run. */
export const useOpenedFileStore = defineStore('openedFile', () => {
  const { engine, host } = useConnection()
  const engineStore = useEngineStore()
  const draft = useDraftStore()
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

  /** The form with a change that can be taken back. */
  async function changeDraft(told: string, at: string, change: () => void): Promise<void> {
    await draft.ensure()
    draft.remember(told)
    change()
    await router.push({ path: '/new', query: { at } })
    notices.show({
      severity: 'good',
      title: `${told}.`,
      action: { label: 'Undo', run: () => void draft.undo() },
      seconds: 12,
    })
  }
  const useTeacher = (path: string, name: string): Promise<void> =>
    changeDraft(`The teacher comes from “${name}”`, 'teacher.file', () => {
      draft.set('teacher.source', 'file')
      draft.set('teacher.file', path)
    })
  async function useDataset(path: string, name: string): Promise<void> {
    const found = await engine.call('dataset.recognize', { path })
    const member = engineStore.member('dataset', found.id)
    const choice: MemberChoice = {
      id: found.id,
      params: { ...(member ? memberDefaults(member) : {}), ...found.params },
    }
    await changeDraft(`${member?.title ?? found.id} is read from “${name}”`, 'data.id', () => draft.set('data', choice))
  }
  function picturePlaces(name: string): PictureUse[] {
    const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
    return familiesWithPictures.flatMap(({ family, place }) =>
      engineStore.membersOf(family).flatMap((member) => {
        const found = Object.entries(member.params).find(
          ([, field]) => field.kind === 'path' && field.extensions?.includes(extension) === true,
        )
        return found ? [{ family, place, member, parameter: found[0] }] : []
      }),
    )
  }
  async function usePicture({ place, member, parameter }: PictureUse, path: string): Promise<void> {
    question.value = null
    await changeDraft(`The picture is that of ${member.title}`, `${place}.params.${parameter}`, () => {
      const current = place === 'attack' ? draft.config?.attack : draft.config?.distillation.method
      if (current && current.id !== member.id) draft.chooseMember(place, current, member)
      draft.set(`${place}.params.${parameter}`, path)
    })
  }

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
  async function openConfig(config: PartialExperimentConfig, name: string): Promise<void> {
    const resolved = await engine.call('experiment.validate', { config })
    await changeDraft(`The form is filled from “${name}”`, 'name', () => draft.use(resolved.config))
  }
  /** A file or folder on the engine's machine. */
  async function openPath(path: string, name: string, what: DroppedKind): Promise<void> {
    question.value = null
    if (what === 'weights') return useTeacher(path, name)
    if (what === 'dataset') return useDataset(path, name)
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
    usePicture: (use: PictureUse, path: string) => attempt(use.member.title, () => usePicture(use, path)),
    ask,
    dismiss,
  }
})
