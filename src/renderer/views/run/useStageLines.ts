import { computed, type ComputedRef } from 'vue'
import { metricDefinitions, type MetricDefinition, type StageRecord } from '@shared/domain'
import { axisEnd } from '../../charts/axisEnd'
import type { ChartLine } from '../../charts/chartLine'
import { secondDash, type ModelLook } from '../../charts/identity'
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

/** The charts of one or several stages of a run: one a metric, stages overlaid; accuracy and ASR share one. */
export function useStageLines(runId: () => string, looks: () => readonly StageLook[]) {
  const metrics = useMetricsStore()
  const engine = useEngineStore()
  const histories = computed(() =>
    looks().map((look) => ({ look, history: metrics.open({ runId: runId(), stageId: look.stage.id }) })),
  )
  const definitionOf = (name: string): MetricDefinition =>
    engine.metricDefinition(name) ?? { title: name, definition: '', unit: '', group: 'loss' }

  const linesOf = (name: string, second?: readonly number[], suffix = ''): ChartLine[] =>
    histories.value.flatMap(({ look: { stage, label, color, marker, dash: own }, history }) => {
      const series = pointsOf(history, name)
      const dash = second ?? own
      return series ? [{ key: `${stage.id}/${name}`, label: `${label}${suffix}`, color, marker, dash, series }] : []
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
  /** Asks again for the histories that failed. */
  function retry(): void {
    for (const { look, history } of histories.value)
      if (history.state.value === 'failed') metrics.refresh({ runId: runId(), stageId: look.stage.id })
  }
  return { plans, outcomePlan, loading, failure, lastStep, retry }
}

const orderIn = (declared: readonly string[], name: string): number => {
  const index = declared.indexOf(name)
  return index < 0 ? declared.length : index
}
