import { computed, ref } from 'vue'
import { withoutSeed, type ModelRecord } from '@shared/domain'
import { conditionLook } from '../../charts/identity'
import type { ChartLine } from '../../charts/chartLine'
import { useTheme } from '../../composables/useTheme'
import { useEngineStore } from '../../stores/engine'
import { metricNamesOf, pointsOf, useMetricsStore } from '../../stores/metrics'

export const mostDrawn = 12

export interface SelectedCurvesSource {
  readonly models: () => readonly ModelRecord[]
  readonly names: () => ReadonlyMap<string, string>
}

/** The charts of the selected models: accuracy, ASR and a metric of choice. */
export function useSelectedCurves({ models, names }: SelectedCurvesSource) {
  const engine = useEngineStore()
  const metrics = useMetricsStore()
  const { colors } = useTheme()
  const other = ref('studentLoss')

  const drawn = computed(() =>
    models()
      .slice(0, mostDrawn)
      .map((model) => ({
        model,
        look: conditionLook(model.condition, colors.value),
        history: metrics.open({ runId: model.runId, stageId: model.stageId }),
      })),
  )
  const groupNames = computed(() => engine.namesOf(oneOfEachRecipe(drawn.value.map(({ model }) => model))))
  const linesOf = (name: string): ChartLine[] =>
    drawn.value.flatMap(({ model, look, history }) => {
      const series = pointsOf(history, name)
      if (!series) return []
      const label = names().get(model.key) ?? engine.kindOf(model)
      const { key, runId, stageId, leaves, seed, recipe, stepUnits } = model
      const elapsed = pointsOf(history, 'elapsed')
      return [
        {
          key: `${key}/${name}`,
          label,
          ...look,
          series,
          run: runId,
          precision: model.precision,
          model: label,
          seed,
          metric: engine.metricDefinition(name)?.title ?? name,
          source: { runId, stageId, metric: name },
          ...(stepUnits ? { units: stepUnits } : {}),
          ...(elapsed ? { elapsed } : {}),
          ...(leaves ? { from: leaves.step, mark: { step: leaves.step, label: 'leaves its twin' } } : {}),
          ...(recipe === null ? {} : { group: { key: recipe, label: groupNames.value.get(recipe) ?? label } }),
        },
      ]
    })
  const others = computed(() =>
    metricNamesOf(drawn.value.map(({ history }) => history))
      .filter((name) => name !== 'accuracy' && name !== 'asr')
      .map((name) => ({ value: name, label: engine.metricDefinition(name)?.title ?? name })),
  )
  const chosen = computed(() =>
    others.value.some((entry) => entry.value === other.value) ? other.value : (others.value[0]?.value ?? null),
  )
  const charts = computed(() =>
    ['accuracy', 'asr', ...(chosen.value ? [chosen.value] : [])].map((name) => {
      const definition = engine.metricDefinition(name)
      return {
        name,
        title: definition?.title ?? name,
        definition: definition?.definition,
        unit: definition?.unit ?? '',
        lines: linesOf(name),
      }
    }),
  )
  const choose = (name: string): void => {
    other.value = name
  }
  return { charts, others, chosen, choose }
}

/** Models that differ in their seed alone are called by one of them, under its recipe. */
const oneOfEachRecipe = (models: readonly ModelRecord[]): ModelRecord[] => [
  ...new Map(
    models.flatMap((model) =>
      model.recipe === null ? [] : [[model.recipe, { ...withoutSeed(model), key: model.recipe }] as const],
    ),
  ).values(),
]
