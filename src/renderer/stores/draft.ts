import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import {
  proposedIntervals,
  recordingIntervals,
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

const storageKey = 'abd.draft'
interface Draft {
  config: ExperimentConfig
  preset: string | null
  edited?: boolean
}

function readStored(): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as Draft | null
    return draft?.config?.format === 1 ? draft : null
  } catch {
    return null
  }
}

/**
 * The experiment being set up. Survives closing the window; the engine checks it again, so an old draft never harms.
 */
export const useDraftStore = defineStore('draft', () => {
  const { engine } = useConnection()
  const engineStore = useEngineStore()
  const stored = readStored()
  const config = shallowRef<ExperimentConfig | null>(stored?.config ?? null)
  /** Where the draft began. */
  const preset = ref<string | null>(stored?.preset ?? null)
  /** Something differs from where it began. */
  const edited = ref(stored?.edited ?? false)
  /** How many runs, each from its own seed, counted up from the draft's; as typed. */
  const seeds = ref<number | string>(1)
  /** Parameters of members that were left for another, so that going back loses nothing. */
  const leftBehind = new Map<string, MemberChoice['params']>()

  watch([config, preset, edited], () => {
    if (config.value)
      localStorage.setItem(
        storageKey,
        JSON.stringify({ config: config.value, preset: preset.value, edited: edited.value }),
      )
    else localStorage.removeItem(storageKey)
  })

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
  function set(path: string, value: unknown): void {
    if (!config.value) return
    config.value = withConfigValue(config.value as PartialExperimentConfig, path, value) as unknown as ExperimentConfig
    if (path !== 'name' && path !== 'seed') edited.value = true
  }
  /**
   * Puts another member in a place such as "attack"; its parameters are those it had before, else its defaults with
   * what the place (`role`:
   * a teacher, a student) changes in them. They stand in the draft, so that the run gets what the form shows.
   */
  function chooseMember(path: string, current: MemberChoice, member: MemberDescription, role?: string): void {
    leftBehind.set(`${path}:${current.id}`, { ...current.params })
    const params = leftBehind.get(`${path}:${member.id}`) ?? memberDefaults(member, role)
    if (path === 'distillation.method') {
      set('students', studentsWith(member.id))
      followIntervals(current, { id: member.id, params })
    }
    set(path, { id: member.id, params })
  }
  /** A defense as the chosen method has it. */
  const freshDefense = (member: MemberDescription): MemberChoice => ({
    id: member.id,
    params: memberDefaults(member, config.value?.distillation.method.id),
  })
  /**
   * The students as another method would have them: parameters of defenses that are the chosen method's become that
   * one's; those that the researcher set stay.
   */
  function studentsWith(method: string): StudentPlan[] {
    const chosen = config.value?.distillation.method.id
    const followed = ({ id, params }: MemberChoice): MemberChoice => {
      const member = engineStore.member('defense', id)
      if (!member) return { id, params }
      const [before, after] = [memberDefaults(member, chosen), memberDefaults(member, method)]
      return {
        id,
        params: Object.fromEntries(
          Object.entries(params).map(([name, value]) => [
            name,
            JSON.stringify(value) === JSON.stringify(before[name]) ? after[name] : value,
          ]),
        ),
      }
    }
    return (config.value?.students ?? []).map(({ defenses }) => ({ defenses: defenses.map(followed) }))
  }
  /** Recording intervals that were the old method's become the new one's; those that the researcher set stay. */
  function followIntervals(from: MemberChoice, to: MemberChoice): void {
    const proposals = ({ id, params }: MemberChoice) =>
      proposedIntervals(engineStore.member('distillation', id), params)
    const [before, after] = [proposals(from), proposals(to)]
    for (const interval of recordingIntervals)
      if (config.value?.recording[interval] === before[interval]) set(`recording.${interval}`, after[interval])
  }
  const setStudents = (students: StudentPlan[]): void => set('students', students)

  /** The preset's values over the defaults. */
  async function applyPreset(chosen: ExperimentPreset): Promise<void> {
    const resolved = await engine.call('experiment.validate', { config: chosen.config })
    config.value = resolved.config
    preset.value = chosen.id
    edited.value = false
    seeds.value = 1
  }
  function use(newConfig: ExperimentConfig): void {
    config.value = structuredClone(newConfig)
    preset.value = null
    edited.value = false
    seeds.value = 1
  }
  /** The declared defaults. */
  function reset(): void {
    config.value = engineStore.catalogue ? structuredClone(engineStore.catalogue.defaults) : null
    preset.value = null
    edited.value = false
    seeds.value = 1
  }
  return {
    config,
    preset,
    edited,
    seeds,
    ensure,
    set,
    chooseMember,
    freshDefense,
    studentsWith,
    setStudents,
    applyPreset,
    use,
    reset,
  }
})
