import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import { withConfigValue, type ExperimentConfig, type ExperimentPreset, type MemberChoice, type PartialExperimentConfig, type StudentPlan } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useEngineStore } from './engine'

const storageKey = 'abd.draft'
interface Draft { config: ExperimentConfig; preset: string | null }

function readStored(): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as Draft | null
    return draft?.config?.format === 1 ? draft : null
  } catch {
    return null
  }
}

/** The experiment being set up. Survives closing the window; the engine checks it again, so an old draft never harms. */
export const useDraftStore = defineStore('draft', () => {
  const { engine } = useConnection()
  const engineStore = useEngineStore()
  const stored = readStored()
  const config = shallowRef<ExperimentConfig | null>(stored?.config ?? null)
  const preset = ref<string | null>(stored?.preset ?? null)
  /** Parameters of members that were left for another, so that going back loses nothing. */
  const leftBehind = new Map<string, MemberChoice['params']>()

  watch([config, preset], () => {
    if (config.value) localStorage.setItem(storageKey, JSON.stringify({ config: config.value, preset: preset.value }))
    else localStorage.removeItem(storageKey)
  })

  /** Makes sure that there is a draft: the kept one, or the defaults. */
  function ensure(): void {
    if (!config.value && engineStore.catalogue) config.value = structuredClone(engineStore.catalogue.defaults)
  }
  function set(path: string, value: unknown): void {
    if (config.value) config.value = withConfigValue(config.value as PartialExperimentConfig, path, value) as unknown as ExperimentConfig
  }
  /** Puts another member in a place such as "attack"; its parameters are those it had before, else its defaults. */
  function chooseMember(path: string, current: MemberChoice, id: string): void {
    leftBehind.set(`${path}:${current.id}`, { ...current.params })
    set(path, { id, params: leftBehind.get(`${path}:${id}`) ?? {} })
  }
  const setStudents = (students: StudentPlan[]): void => set('students', students)

  /** The preset's values over the defaults. */
  async function applyPreset(chosen: ExperimentPreset): Promise<void> {
    const resolved = await engine.call('experiment.validate', { config: chosen.config })
    config.value = resolved.config
    preset.value = chosen.id
  }
  function use(newConfig: ExperimentConfig): void {
    config.value = structuredClone(newConfig)
    preset.value = null
  }
  function reset(): void {
    config.value = engineStore.catalogue ? structuredClone(engineStore.catalogue.defaults) : null
    preset.value = null
  }
  return { config, preset, ensure, set, chooseMember, setStudents, applyPreset, use, reset }
})
