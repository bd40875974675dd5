import { computed } from 'vue'
import type { ModelResult, NamedModel } from '@shared/domain'
import { resultKey } from '../../charts/planeOption'
import { useEngineStore } from '../../stores/engine'

/** What models are called in legends and tooltips: by what differs among those that are shown. */
export function useModelNames(models: () => readonly NamedModel[]) {
  const engine = useEngineStore()
  const names = computed(() => engine.namesOf(models()))
  return (result: ModelResult): string => names.value.get(resultKey(result)) ?? engine.kindOf(result)
}
