import { useRouter } from 'vue-router'
import type { MemberChoice, PartialExperimentConfig } from '@shared/domain'
import { memberDefaults, type FamilyId, type MemberDescription } from '@shared/schema'
import { useConnection } from '../api/connection'
import { useDraftStore } from '../stores/draft'
import { useEngineStore } from '../stores/engine'
import { useNoticesStore } from '../stores/notices'

/** A place of the experiment that takes a picture. */
export interface PictureUse {
  readonly family: FamilyId
  /** Where the member stands in the configuration. */
  readonly place: string
  readonly member: MemberDescription
  readonly parameter: string
}

const familiesWithPictures: readonly { readonly family: FamilyId; readonly place: string }[] = [
  { family: 'attack', place: 'attack' },
  { family: 'distillation', place: 'distillation.method' },
]

/** What files on the engine's machine make of the experiment that is being set up; each can be undone. */
export function useDraftFromFile() {
  const { engine } = useConnection()
  const engineStore = useEngineStore()
  const draft = useDraftStore()
  const notices = useNoticesStore()
  const router = useRouter()

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
    await changeDraft(`The picture is that of ${member.title}`, `${place}.params.${parameter}`, () => {
      const current = place === 'attack' ? draft.config?.attack : draft.config?.distillation.method
      if (current && current.id !== member.id) draft.chooseMember(place, current, member)
      draft.set(`${place}.params.${parameter}`, path)
    })
  }
  async function openConfig(config: PartialExperimentConfig, name: string): Promise<void> {
    const resolved = await engine.call('experiment.validate', { config })
    await changeDraft(`The form is filled from “${name}”`, 'name', () => draft.use(resolved.config))
  }
  return { useTeacher, useDataset, picturePlaces, usePicture, openConfig }
}
