import { useRouter } from 'vue-router'
import type { MemberChoice, PartialExperimentConfig } from '@shared/domain'
import { memberDefaults, type FamilyId, type MemberDescription } from '@shared/schema'
import { useConnection } from '../api/connection'
import { useDraftChange } from '../composables/useDraftChange'
import { useDraftStore } from '../stores/draft'
import { useEngineStore } from '../stores/engine'

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
  const change = useDraftChange()
  const router = useRouter()

  /** The form with a change that can be taken back. */
  async function changeDraft(told: string, at: string, task: () => void): Promise<void> {
    await draft.ensure()
    await change(told.charAt(0).toLowerCase() + told.slice(1), task, `${told}.`)
    await router.push({ path: '/new', query: { at } })
  }
  const useTeacher = (path: string, name: string): Promise<void> =>
    changeDraft(`Teacher taken from “${name}”`, 'teacher.file', () => {
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
    await changeDraft(`Data set taken from “${name}”: ${member?.title ?? found.id}`, 'data.id', () =>
      draft.set('data', choice),
    )
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
    await changeDraft(`Picture given to ${member.title}`, `${place}.params.${parameter}`, () => {
      const current = place === 'attack' ? draft.config?.attack : draft.config?.distillation.method
      if (current && current.id !== member.id) draft.chooseMember(place, current, member)
      draft.set(`${place}.params.${parameter}`, path)
    })
  }
  async function openConfig(config: PartialExperimentConfig, name: string): Promise<void> {
    const resolved = await engine.call('experiment.validate', { config })
    await changeDraft(`Form filled from “${name}”`, 'name', () => draft.use(resolved.config))
  }
  return { useTeacher, useDataset, picturePlaces, usePicture, openConfig }
}
