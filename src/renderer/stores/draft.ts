import { defineStore } from 'pinia'
import { ref, shallowRef, watch, type ShallowRef } from 'vue'
import {
  changedPaths,
  withConfigValue,
  type ExperimentConfig,
  type ExperimentPreset,
  type MemberChoice,
  type PartialExperimentConfig,
  type StudentPlan,
} from '@shared/domain'
import { memberDefaults, type MemberDescription } from '@shared/schema'
import { useConnection } from '../api/connection'
import { useEngineStore } from './engine'
import { intervalsWithMethod, studentsWithMethod } from './methodChange'

const storageKey = 'abd.draft'
interface Draft {
  config: ExperimentConfig | null
  /** Where the draft began. */
  preset: string | null
  /** Something differs from where it began. */
  edited: boolean
  /** What it began as; null in drafts of earlier versions. */
  origin: ExperimentConfig | null
}
const noDraft: Draft = { config: null, preset: null, edited: false, origin: null }
/** What makes a run another one without making it another experiment. */
const ownOfRun = ['name', 'seed']

function readStored(): Draft {
  try {
    const draft = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as Partial<Draft> | null
    return draft?.config?.format === 1 ? { ...noDraft, ...draft } : noDraft
  } catch {
    return noDraft
  }
}
function writeStored(draft: Draft): void {
  if (draft.config) localStorage.setItem(storageKey, JSON.stringify(draft))
  else localStorage.removeItem(storageKey)
}

/** The stored draft, which follows every change. */
function useStoredDraft() {
  const stored = readStored()
  const config = shallowRef<ExperimentConfig | null>(stored.config)
  const preset = ref<string | null>(stored.preset)
  const edited = ref(stored.edited)
  const origin = shallowRef<ExperimentConfig | null>(stored.origin)
  watch([config, preset, edited, origin], () =>
    writeStored({ config: config.value, preset: preset.value, edited: edited.value, origin: origin.value }),
  )
  return { config, preset, edited, origin }
}

/** The draft at a moment, to go back to. */
export interface DraftMoment extends Draft {
  seeds: number | string
}

/** The draft's choices of members, and what goes along with them. */
function useDraftMembers(
  config: Readonly<ShallowRef<ExperimentConfig | null>>,
  set: (path: string, value: unknown) => void,
) {
  const engineStore = useEngineStore()
  /** Parameters of members that were left for another, so that going back loses nothing. */
  const leftBehind = new Map<string, MemberChoice['params']>()

  /**
   * Puts another member in a place such as "attack"; its parameters are those it had before, else its defaults with
   * what the place (`role`: a teacher, a student) changes in them. They stand in the draft, so that the run gets what
   * the form shows.
   */
  function chooseMember(path: string, current: MemberChoice, member: MemberDescription, role?: string): void {
    leftBehind.set(`${path}:${current.id}`, { ...current.params })
    const chosen = {
      id: member.id,
      params: leftBehind.get(`${path}:${member.id}`) ?? memberDefaults(member, role),
    }
    if (path === 'distillation.method') followMethod(chosen)
    set(path, chosen)
  }
  function followMethod(method: MemberChoice): void {
    if (!config.value) return
    const intervals = intervalsWithMethod(config.value, method, engineStore.member)
    set('students', studentsWith(method.id))
    for (const [name, steps] of Object.entries(intervals)) set(`recording.${name}`, steps)
  }
  /** The students as another method would have them. */
  const studentsWith = (method: string): StudentPlan[] =>
    config.value ? studentsWithMethod(config.value, method, engineStore.member) : []
  const setStudents = (students: StudentPlan[]): void => set('students', students)
  /** A defense as the chosen method has it. */
  const freshDefense = (member: MemberDescription): MemberChoice => ({
    id: member.id,
    params: memberDefaults(member, config.value?.distillation.method.id),
  })
  return { chooseMember, freshDefense, studentsWith, setStudents }
}

/**
 * The experiment being set up. Survives closing the window; the engine checks it again, so an old draft never harms.
 */
export const useDraftStore = defineStore('draft', () => {
  const { engine } = useConnection()
  const engineStore = useEngineStore()
  const stored = useStoredDraft()
  const { config, preset, edited, origin } = stored
  /** How many runs, each from its own seed, counted up from the draft's; as typed. */
  const seeds = ref<number | string>(1)

  function begin(newConfig: ExperimentConfig | null, from: string | null): void {
    config.value = newConfig
    preset.value = from
    origin.value = newConfig
    edited.value = false
    seeds.value = 1
  }
  /** The preset's values over the defaults. */
  async function applyPreset(chosen: ExperimentPreset): Promise<void> {
    const resolved = await engine.call('experiment.validate', { config: chosen.config })
    begin(resolved.config, chosen.id)
  }
  /** A copy of another experiment. */
  const use = (newConfig: ExperimentConfig): void => begin(structuredClone(newConfig), null)
  /** The declared defaults. */
  const reset = (): void => begin(structuredClone(engineStore.catalogue?.defaults ?? null), null)
  /**
   * Makes sure that there is a draft: the kept one, else the first preset, which ends within minutes (the defaults are
   * the paper's, and take days on a CPU).
   */
  async function ensure(): Promise<void> {
    if (config.value || !engineStore.catalogue) return
    const [first] = engineStore.catalogue.presets
    if (first) await applyPreset(first)
    else reset()
  }

  const moment = (): DraftMoment => ({
    config: config.value,
    preset: preset.value,
    edited: edited.value,
    origin: origin.value,
    seeds: seeds.value,
  })
  function goBack(to: DraftMoment): void {
    config.value = to.config
    preset.value = to.preset
    edited.value = to.edited
    origin.value = to.origin
    seeds.value = to.seeds
  }
  /** Parts of the configuration, such as "attack", as the draft began; the defaults where that is not known. */
  function resetPart(parts: readonly string[]): void {
    const from = origin.value ?? engineStore.catalogue?.defaults
    const known = new Map(Object.entries(from ?? {}))
    for (const part of parts) if (known.has(part)) set(part, structuredClone(known.get(part)))
    edited.value = changedPaths(config.value, from).some((path) => !ownOfRun.includes(path))
  }

  function set(path: string, value: unknown): void {
    if (!config.value) return
    config.value = withConfigValue(config.value as PartialExperimentConfig, path, value) as unknown as ExperimentConfig
    if (!ownOfRun.includes(path)) edited.value = true
  }
  return {
    ...{ config, preset, edited, origin, seeds },
    ...{ ensure, applyPreset, use, reset, resetPart },
    ...{ moment, goBack },
    ...{ set, ...useDraftMembers(config, set) },
  }
})
