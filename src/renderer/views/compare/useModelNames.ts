import { computed } from 'vue'
import type { ModelResult } from '@shared/domain'
import { useEngineStore } from '../../stores/engine'
import { useRunsStore } from '../../stores/runs'

/** What models are called in tables, legends and tooltips. */
export function useModelNames() {
  const runs = useRunsStore()
  const engine = useEngineStore()
  const modelName = ({ kind, defense }: Pick<ModelResult, 'kind' | 'defense'>): string =>
    kind === 'teacher' ? 'Teacher' : engine.defenseTitle(defense)
  const ambiguous = computed(() => {
    const names = runs.runs.map((run) => run.name).sort()
    return new Set(names.filter((name, index) => name === names[index + 1]))
  })
  /** Runs of one name are told apart by their seed. */
  const nameOf = (result: ModelResult): string =>
    `${result.runName}${ambiguous.value.has(result.runName) ? `, seed ${result.seed}` : ''}: ${modelName(result)}`
  return { modelName, nameOf }
}
