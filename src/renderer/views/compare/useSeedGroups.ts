import { computed } from 'vue'
import {
  arithmeticNote,
  arithmeticsOf,
  compareStages,
  overSeeds,
  precisionsOf,
  stagePrecision,
  stageNameOf,
  type ModelRecord,
  type Precision,
  type SeedGroup,
  type SeedResult,
  type StageName,
  type StageState,
  type TableValues,
  withoutSeed,
} from '@shared/domain'
import { useConnection } from '../../api/connection'
import { numbersIn } from '../../charts/plane/points'
import { useEngineStore } from '../../stores/engine'
import { useTableValues } from '../../table/useTableValues'
import { findingsIn } from './findings'

/** More are not listed; the file has them all. */
export const mostGroups = 200

interface Seeded extends SeedResult {
  readonly key: string
  readonly arithmetic: string | null
  readonly precision: Precision
}
export type ModelGroup = SeedGroup<Seeded>

const precisionColumn = 'execution.precision'
const columns = [
  'recipe',
  'seed',
  'created',
  'state',
  'accuracy',
  'asr',
  'robustAccuracy',
  'der',
  'health',
  'arithmetic',
  precisionColumn,
]

function seededRows(values: TableValues): Seeded[] {
  const measures = ['seed', 'created', 'accuracy', 'asr', 'robustAccuracy', 'der'] as const
  const numbers = Object.fromEntries(measures.map((name) => [name, numbersIn(values, name)]))
  const at = (name: (typeof measures)[number], row: number): number | null => {
    const value = numbers[name]?.[row] ?? NaN
    return Number.isNaN(value) ? null : value
  }
  const text = (name: string, row: number): string | null => {
    const value = values.columns[name]?.[row]
    return typeof value === 'string' ? value : null
  }
  return values.keys.map((key, row) => ({
    key,
    stageId: key.slice(key.indexOf('/') + 1),
    recipe: text('recipe', row),
    state: (text('state', row) ?? 'waiting') as StageState,
    seed: at('seed', row) ?? 0,
    createdAt: at('created', row) ?? 0,
    accuracy: at('accuracy', row),
    asr: at('asr', row),
    robustAccuracy: at('robustAccuracy', row),
    der: at('der', row),
    health: findingsIn(text('health', row)),
    arithmetic: text('arithmetic', row),
    precision: stagePrecision({ precision: (text(precisionColumn, row) ?? undefined) as Precision | undefined }),
  }))
}

const stageOf = ({ sample }: ModelGroup): StageName => stageNameOf(sample.stageId) ?? { kind: 'teacher', index: 0 }

export interface NamedGroup {
  readonly group: ModelGroup
  readonly model: ModelRecord
  /** What differs among the models that are listed. */
  readonly name: string
  /** Of the newest run, without its seed. */
  readonly experiment: string
}

/** Models of runs that match a query and differ in the seed alone, the newest first. */
export function useSeedGroups(query: () => string) {
  const { engine } = useConnection()
  const catalogue = useEngineStore()
  const { data, error, refresh } = useTableValues('table.values', () => ({ of: 'models', query: query(), columns }))
  const groups = computed(() =>
    overSeeds(data.value ? seededRows(data.value) : []).sort(
      (left, right) => right.sample.createdAt - left.sample.createdAt || compareStages(stageOf(left), stageOf(right)),
    ),
  )
  const listed = computed(() => groups.value.slice(0, mostGroups))
  const { data: models } = useTableValues('table.models', () =>
    listed.value.length > 0 ? { keys: listed.value.map(({ sample }) => sample.key) } : null,
  )
  function named(list: readonly ModelGroup[], records: readonly ModelRecord[]): NamedGroup[] {
    const byKey = new Map(records.map((model) => [model.key, model]))
    const names = catalogue.namesOf(records.map(withoutSeed))
    return list.flatMap((group) => {
      const model = byKey.get(group.sample.key)
      if (!model) return []
      const experiment = withoutSeed(model).runName
      return [{ group, model, name: names.get(model.key) ?? experiment, experiment }]
    })
  }
  const rows = computed(() => named(listed.value, models.value ?? []))
  /** All of them, for a file. */
  const allRows = async (): Promise<NamedGroup[]> => {
    const keys = groups.value.map(({ sample }) => sample.key)
    return named(groups.value, keys.length > 0 ? await engine.call('table.models', { keys }) : [])
  }
  return {
    rows,
    allRows,
    count: computed(() => groups.value.length),
    note: computed(() => {
      const models = groups.value.flatMap((group) => group.models)
      return arithmeticNote({
        arithmetics: arithmeticsOf(models.map(({ arithmetic }) => arithmetic)),
        precisions: precisionsOf(models.map(({ precision }) => precision)),
      })
    }),
    loaded: computed(() => data.value !== null),
    error,
    refresh,
  }
}
