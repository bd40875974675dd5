import { computed, ref } from 'vue'
import { withoutSeed, type ModelRecord } from '@shared/domain'
import { conditionLook, dashedApart } from '../../charts/identity'
import type { ChartLine } from '../../charts/chartLine'
import { useTheme } from '../../composables/useTheme'
import { useEngineStore } from '../../stores/engine'
import { metricNamesOf, pointsOf, useMetricsStore } from '../../stores/metrics'

const mostLines = 12

export interface SelectedCurvesSource {
  /** Those of the selected that are known in detail. */
  readonly models: () => readonly ModelRecord[]
  readonly selected: () => number
  readonly names: () => ReadonlyMap<string, string>
  /** Whether models that differ in their seed alone become one line. */
  readonly averaged: () => boolean
}

/** Which line a model belongs to. */
const lineOf = ({ recipe, key }: ModelRecord): string => recipe ?? key

/** The models of the first twelve lines, and what is to be said of the others. */
export function drawnModels(
  models: readonly ModelRecord[],
  { averaged, selected }: { averaged: boolean; selected: number },
): { drawn: readonly ModelRecord[]; note: string } {
  const lines = [...new Set(averaged ? models.map(lineOf) : models.map(({ key }) => key))]
  const shown = new Set(lines.slice(0, mostLines))
  const drawn = models.filter((model) => shown.has(averaged ? lineOf(model) : model.key))
  const [count, noun] = averaged ? [lines.length, 'means over seeds'] : [selected, 'models']
  const cut = count > mostLines ? [`The first ${mostLines} of ${count} ${noun} are drawn.`] : []
  const unread =
    averaged && selected > models.length ? [`Means are of the first ${models.length} of ${selected} models.`] : []
  return { drawn, note: [...cut, ...unread].join(' ') }
}

/** The place of each model's experiment among those of its condition; models that differ in the seed alone are one. */
export function placesInCondition(models: readonly ModelRecord[]): ReadonlyMap<string, number> {
  const seen = new Map<string, string[]>()
  return new Map(
    models.map((model) => {
      const condition = model.condition.key
      const lines = seen.get(condition) ?? []
      seen.set(condition, lines)
      const line = lineOf(model)
      if (!lines.includes(line)) lines.push(line)
      return [model.key, lines.indexOf(line)] as const
    }),
  )
}

/** The metric of the third chart: what the models have recorded beside their rates. */
function useThirdMetric(recorded: () => readonly string[]) {
  const engine = useEngineStore()
  const other = ref('studentLoss')
  const others = computed(() =>
    recorded()
      .filter((name) => name !== 'accuracy' && name !== 'asr')
      .map((name) => ({ value: name, label: engine.metricDefinition(name)?.title ?? name })),
  )
  const chosen = computed(() =>
    others.value.some((entry) => entry.value === other.value) ? other.value : (others.value[0]?.value ?? null),
  )
  const choose = (name: string): void => {
    other.value = name
  }
  return { others, chosen, choose }
}

/** The charts of the selected models: accuracy, ASR and a metric of choice. */
export function useSelectedCurves({ models, selected, names, averaged }: SelectedCurvesSource) {
  const engine = useEngineStore()
  const metrics = useMetricsStore()
  const { colors } = useTheme()

  const chosenModels = computed(() => drawnModels(models(), { averaged: averaged(), selected: selected() }))
  const note = computed(() => chosenModels.value.note)
  const places = computed(() => placesInCondition(chosenModels.value.drawn))
  const drawn = computed(() =>
    chosenModels.value.drawn.map((model) => ({
      model,
      look: dashedApart(conditionLook(model.condition, colors.value), places.value.get(model.key) ?? 0),
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
  const third = useThirdMetric(() => metricNamesOf(drawn.value.map(({ history }) => history)))
  const charts = computed(() =>
    ['accuracy', 'asr', ...(third.chosen.value ? [third.chosen.value] : [])].map((name) => {
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
  return { charts, note, ...third }
}

/** Models that differ in their seed alone are called by one of them, under its recipe. */
const oneOfEachRecipe = (models: readonly ModelRecord[]): ModelRecord[] => [
  ...new Map(
    models.flatMap((model) =>
      model.recipe === null ? [] : [[model.recipe, { ...withoutSeed(model), key: model.recipe }] as const],
    ),
  ).values(),
]
