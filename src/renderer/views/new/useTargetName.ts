import { computed, type ComputedRef } from 'vue'
import type { ExperimentConfig } from '@shared/domain'
import { useEngineStore } from '../../stores/engine'

/** The target class by its name, where the data set declares one; else by its number. */
export function useTargetName(config: () => ExperimentConfig | null): ComputedRef<string> {
  const engine = useEngineStore()
  return computed(() => {
    const now = config()
    if (!now) return ''
    const { target } = now.poisoning
    const names = engine.member('dataset', now.data.id)?.facts['classNames']
    const name: unknown = Array.isArray(names) ? names[target] : undefined
    return typeof name === 'string' ? name : `class ${target}`
  })
}
