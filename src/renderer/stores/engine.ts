import { defineStore } from 'pinia'
import { computed, ref, shallowRef, type ShallowRef } from 'vue'
import type { Catalogue, DiskUse, EngineInfo } from '@shared/contract'
import {
  defaultSettings,
  defenseName,
  defensesOfLabel,
  isSharedMetric,
  kindName,
  metricDefinitions,
  modelNames,
  namePartsIn,
  stageNamer,
  type MetricDefinition,
  type NamedModel,
  type RunSummary,
  type Settings,
  type StageRecord,
} from '@shared/domain'
import type { FamilyId, MemberDescription } from '@shared/schema'
import { useConnection } from '../api/connection'

/** What the engine is and offers: its description, catalogue, settings. */
export const useEngineStore = defineStore('engine', () => {
  const { engine, onReopen } = useConnection()
  const info = shallowRef<EngineInfo | null>(null)
  const catalogue = shallowRef<Catalogue | null>(null)
  const settings = ref<Settings>({ ...defaultSettings })
  const diskUse = shallowRef<DiskUse | null>(null)
  const loadError = shallowRef<unknown>(null)
  /** In a browser, with the rights of a page; a window is the engine's owner. */
  const isPage = computed(() => Array.isArray(info.value?.folders))
  let loading: Promise<void> | null = null

  async function fetchAll(): Promise<void> {
    try {
      const [newInfo, newCatalogue, newSettings] = await Promise.all([
        engine.call('engine.info', {}),
        engine.call('engine.catalogue', {}),
        engine.call('engine.settings', {}),
      ])
      info.value = newInfo
      catalogue.value = newCatalogue
      settings.value = newSettings
      loadError.value = null
    } catch (error) {
      loadError.value = error
    } finally {
      loading = null
    }
  }
  const load = (): Promise<void> => (loading ??= fetchAll())
  const refreshInfo = async (): Promise<void> => {
    info.value = await engine.call('engine.info', {})
  }
  const refreshDiskUse = async (): Promise<void> => {
    diskUse.value = await engine.call('engine.diskUse', {})
  }
  async function change(values: Partial<Settings>): Promise<void> {
    settings.value = await engine.call('engine.setSettings', values)
  }
  onReopen(() => void fetchAll())

  const ready = computed(() => catalogue.value !== null && info.value !== null)

  return {
    info,
    isPage,
    catalogue,
    settings,
    diskUse,
    loadError,
    ready,
    load,
    refreshInfo,
    refreshDiskUse,
    change,
    ...lookUpsIn(catalogue),
  }
})

/** What names stand for. */
function lookUpsIn(catalogue: Readonly<ShallowRef<Catalogue | null>>) {
  const membersOf = (family: FamilyId): readonly MemberDescription[] =>
    catalogue.value?.families.find((entry) => entry.id === family)?.members ?? []
  const member = (family: FamilyId, id: string): MemberDescription | undefined =>
    membersOf(family).find((entry) => entry.id === id)
  /** A member's title, or its id while the catalogue is not there (or no longer knows it). */
  const titleOf = (family: FamilyId, id: string): string => member(family, id)?.title ?? id
  /** The whole titles of the defenses that a label names, where one chooses among them. */
  const defenseTitle = (label: string | null | undefined): string =>
    defensesOfLabel(label)
      .map((id) => titleOf('defense', id))
      .join(' + ') || 'No defense'
  /** What models are called that are shown together, by their keys. */
  const namesOf = (models: readonly NamedModel[]): Map<string, string> => modelNames(models, namePartsIn(member))
  /** What stages of a run are called. */
  const stageNamesOf = (run: RunSummary): ((stage: StageRecord) => string) => stageNamer(run, member)
  const kindOf = (model: Pick<NamedModel, 'kind' | 'defense'>): string => kindName(member, model)
  const shortDefenses = (label: string | null | undefined): string => defenseName(member, label)
  /** What a metric is; undefined for a name that neither the catalogue nor this program knows. */
  const metricDefinition = (name: string): MetricDefinition | undefined =>
    catalogue.value?.metrics[name] ?? (isSharedMetric(name) ? metricDefinitions[name] : undefined)
  return { member, membersOf, titleOf, defenseTitle, shortDefenses, kindOf, namesOf, stageNamesOf, metricDefinition }
}
