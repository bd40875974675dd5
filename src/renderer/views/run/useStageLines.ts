import { computed, type ComputedRef } from 'vue'
import {
  metricDefinitions,
  type MetricDefinition,
  type MetricSeries,
  type RunSummary,
  type StageRecord,
} from '@shared/domain'
import { axisEnd } from '../../charts/axisEnd'
import type { ChartLine, ChartMark } from '../../charts/chartLine'
import type { CurveSettings } from '../../charts/curves'
import { secondDash, type ModelLook } from '../../charts/identity'
import { wholeRange, type Range } from '../../charts/linePlot'
import { useEngineStore } from '../../stores/engine'
import { metricNamesOf, pointsOf, useMetricsStore } from '../../stores/metrics'

export interface ChartPlan {
  key: string
  title: string
  definition: string
  unit: string
  group: MetricDefinition['group']
  lines: ChartLine[]
}
export interface StageLook extends ModelLook {
  stage: StageRecord
  label: string
}

/** Drawn together: the two numbers that every comparison is about. */
const outcome = ['accuracy', 'asr'] as const

/**
 * The charts of one or several stages of a run: one a metric, stages overlaid; accuracy and ASR share one.
 * @param mark a step of one stage that is marked in its charts
 */
export function useStageLines(
  run: () => RunSummary,
  looks: () => readonly StageLook[],
  mark: () => (ChartMark & { readonly stage: string }) | null = () => null,
) {
  const metrics = useMetricsStore()
  const engine = useEngineStore()
  const histories = computed(() =>
    looks().map((look) => ({ look, history: metrics.open({ runId: run().id, stageId: look.stage.id }) })),
  )
  const definitionOf = (name: string): MetricDefinition =>
    engine.metricDefinition(name) ?? { title: name, definition: '', unit: '', group: 'loss' }

  const linesOf = (name: string, second?: readonly number[], suffix = ''): ChartLine[] =>
    histories.value.flatMap(({ look, history }) => {
      const series = pointsOf(history, name)
      if (!series) return []
      const line = lineOf(run(), look, { name, metric: definitionOf(name).title, series })
      const elapsed = pointsOf(history, 'elapsed')
      const marked = mark()
      return [
        {
          ...line,
          label: `${line.label}${suffix}`,
          ...(second ? { dash: second } : {}),
          ...(elapsed ? { elapsed } : {}),
          ...(marked?.stage === look.stage.id ? { mark: { step: marked.step, label: marked.label } } : {}),
        },
      ]
    })
  const names = computed(() => metricNamesOf(histories.value.map(({ history }) => history)))
  const outcomePlan: ComputedRef<ChartPlan> = computed(() => ({
    key: 'outcome',
    title: 'Accuracy and ASR',
    unit: '%',
    group: 'quality',
    definition: outcome.map((name) => `${definitionOf(name).title}: ${definitionOf(name).definition}`).join(' '),
    lines: [...linesOf('accuracy', undefined, ', accuracy'), ...linesOf('asr', secondDash, ', ASR')],
  }))
  const plans = computed<ChartPlan[]>(() => {
    const rest = names.value.filter((name) => !outcome.some((entry) => entry === name))
    const declared = Object.keys(engine.catalogue?.metrics ?? metricDefinitions)
    const ordered = [...rest].sort((a, b) => orderIn(declared, a) - orderIn(declared, b))
    return [
      outcomePlan.value,
      ...ordered.map((name) => {
        const { title, definition, unit, group } = definitionOf(name)
        return { key: name, title, definition, unit, group, lines: linesOf(name) }
      }),
    ]
  })
  const loading = computed(() => histories.value.some(({ history }) => history.state.value === 'loading'))
  const failure = computed(
    () => histories.value.find(({ history }) => history.state.value === 'failed')?.history.error.value ?? null,
  )
  /** One end of the step axis for all charts of these stages. */
  const lastStep = computed(() => {
    const last = Math.max(1, ...plans.value.flatMap((plan) => plan.lines.map((line) => line.series.steps.at(-1) ?? 0)))
    const totals = looks().map((look) => look.stage.totalSteps)
    return axisEnd(last, totals.some((total) => total === null) ? null : Math.max(0, ...totals.map(Number)))
  })
  const lines = computed(() => plans.value.flatMap((plan) => plan.lines))
  /** One x axis for all charts of these stages. */
  const rangeFor = (settings: CurveSettings): Range =>
    settings.x === 'step' && !settings.logX ? [0, lastStep.value] : wholeRange(lines.value, settings, null)
  /** Asks again for the histories that failed. */
  function retry(): void {
    for (const { look, history } of histories.value)
      if (history.state.value === 'failed') metrics.refresh({ runId: run().id, stageId: look.stage.id })
  }
  return { plans, outcomePlan, lines, rangeFor, loading, failure, lastStep, retry }
}

const lineOf = (
  { id, seed }: RunSummary,
  { stage, label, color, marker, dash }: StageLook,
  { name, metric, series }: { name: string; metric: string; series: MetricSeries },
): ChartLine => ({
  key: `${stage.id}/${name}`,
  label,
  color,
  marker,
  dash,
  precision: stage.precision,
  series,
  ...(stage.stepUnits ? { units: stage.stepUnits } : {}),
  run: id,
  model: label,
  seed,
  metric,
  source: { runId: id, stageId: stage.id, metric: name },
})

const orderIn = (declared: readonly string[], name: string): number => {
  const index = declared.indexOf(name)
  return index < 0 ? declared.length : index
}
