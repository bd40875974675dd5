import type { EChartsCoreOption } from 'echarts/core'
import type { ModelResult } from '@shared/domain'
import { percent } from '../format/numbers'
import { seriesColor, type ChartColors } from './colors'

export const resultKey = (result: Pick<ModelResult, 'runId' | 'stageId'>): string => `${result.runId}/${result.stageId}`

export interface PlaneArrow {
  from: ModelResult
  to: ModelResult
}

/**
 * Arrows undefended → defended: within each run, from the student without a defense to every other student of the same
 * method.
 */
export function defenseArrows(results: readonly ModelResult[]): PlaneArrow[] {
  const students = results.filter(
    (result) => result.kind === 'student' && result.accuracy !== null && result.asr !== null,
  )
  return students
    .filter((result) => result.defense === 'none')
    .flatMap((from) =>
      students
        .filter((to) => to.runId === from.runId && to.method === from.method && to.defense !== 'none')
        .map((to) => ({ from, to })),
    )
}

/** The names of defenses in order of first appearance, "none" first: the index colours and shapes them. */
export function defenseOrder(results: readonly ModelResult[]): string[] {
  const names = new Set(results.flatMap((result) => (result.kind === 'student' ? [result.defense ?? 'none'] : [])))
  return ['none', ...[...names].filter((name) => name !== 'none').sort()]
}

const shapes = ['circle', 'diamond', 'triangle', 'rect', 'pin'] as const
export const planeShape = (defenses: readonly string[], result: ModelResult): string =>
  result.kind === 'teacher' ? 'rect' : shapes[Math.max(0, defenses.indexOf(result.defense ?? 'none')) % shapes.length]!
export const planeColor = (defenses: readonly string[], result: ModelResult, colors: ChartColors): string =>
  result.kind === 'teacher'
    ? colors.teacher
    : seriesColor(colors, Math.max(0, defenses.indexOf(result.defense ?? 'none')))

const margins = { left: 58, right: 22, top: 18, bottom: 48 }
/** Pixels between an arrow's end and the centre of the point, so that the head is not hidden under it. */
const clearance = 11

type Point = readonly [number, number]

/**
 * The arrow between two points of the unit square, cut short at both ends by `clearance` pixels of a plot of this size.
 */
export function shortened(from: Point, to: Point, plot: { width: number; height: number }): [Point, Point] {
  const dx = (to[0] - from[0]) * plot.width
  const dy = (to[1] - from[1]) * plot.height
  const length = Math.hypot(dx, dy)
  const cut = length === 0 ? 0 : Math.min(clearance / length, 0.4)
  const at = (share: number): Point => [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]
  return [at(cut), at(1 - cut)]
}

export interface PlaneInput {
  /** Size of the chart in pixels. */
  size: { width: number; height: number }
  results: readonly ModelResult[]
  selected: ReadonlySet<string>
  colors: ChartColors
  nameOf: (result: ModelResult) => string
}

/** The accuracy–ASR plane: what a defense wants lies at the lower right (accurate, not triggered). */
export function planeOption(input: PlaneInput): EChartsCoreOption {
  const { results, colors, nameOf } = input
  const measured = results.filter((result) => result.accuracy !== null && result.asr !== null)
  return {
    animation: false,
    textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif' },
    grid: margins,
    xAxis: { ...percentAxis('Accuracy on clean test images, %', colors), nameGap: 28 },
    yAxis: { ...percentAxis('Attack success rate, %', colors), nameGap: 36 },
    tooltip: {
      trigger: 'item',
      confine: true,
      transitionDuration: 0,
      backgroundColor: colors.panel,
      borderColor: colors.line,
      textStyle: { color: colors.text, fontSize: 12 },
      renderMode: 'richText',
      formatter: (entry: unknown) => pointText(entry, measured, nameOf),
    },
    series: [arrowSeries(measured, input), pointSeries(measured, input)],
  }
}

/** Fractions of 1, shown in percent. */
const percentAxis = (name: string, colors: ChartColors) => ({
  type: 'value',
  min: 0,
  max: 1,
  interval: 0.2,
  name,
  nameLocation: 'middle',
  nameTextStyle: { color: colors.text, fontSize: 12, fontWeight: 550 },
  axisLine: { lineStyle: { color: colors.line } },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: colors.grid } },
  axisLabel: { color: colors.muted, fontSize: 11, formatter: (value: number) => `${Math.round(value * 100)}` },
})

/** Where models are selected, the others step back. */
const isDimmed = (result: ModelResult, selected: ReadonlySet<string>): boolean =>
  selected.size > 0 && !selected.has(resultKey(result))

function arrowSeries(measured: readonly ModelResult[], { size, selected, colors }: PlaneInput) {
  const plot = {
    width: Math.max(1, size.width - margins.left - margins.right),
    height: Math.max(1, size.height - margins.top - margins.bottom),
  }
  return {
    type: 'lines',
    coordinateSystem: 'cartesian2d',
    silent: true,
    z: 1,
    symbol: ['none', 'arrow'],
    symbolSize: 8,
    data: defenseArrows(measured).map(({ from, to }) => ({
      coords: shortened([from.accuracy ?? 0, from.asr ?? 0], [to.accuracy ?? 0, to.asr ?? 0], plot),
      lineStyle: {
        color: colors.muted,
        width: 1.3,
        opacity: isDimmed(from, selected) && isDimmed(to, selected) ? 0.18 : 0.75,
        curveness: 0,
      },
    })),
  }
}

function pointSeries(measured: readonly ModelResult[], { selected, colors }: PlaneInput) {
  const defenses = defenseOrder(measured)
  return {
    type: 'scatter',
    z: 3,
    id: 'models',
    data: measured.map((result) => {
      const isSelected = selected.has(resultKey(result))
      return {
        id: resultKey(result),
        value: [result.accuracy, result.asr],
        symbol: planeShape(defenses, result),
        symbolSize: isSelected ? 15 : 11,
        itemStyle: {
          color: planeColor(defenses, result, colors),
          opacity: isDimmed(result, selected) ? 0.28 : 0.95,
          borderColor: isSelected ? colors.text : colors.panel,
          borderWidth: isSelected ? 2 : 1,
        },
      }
    }),
    emphasis: { scale: 1.25 },
  }
}

function pointText(entry: unknown, results: readonly ModelResult[], nameOf: (result: ModelResult) => string): string {
  const id = (entry as { data?: { id?: string } }).data?.id
  const result = results.find((candidate) => resultKey(candidate) === id)
  return result ? `${nameOf(result)}\nAccuracy ${percent(result.accuracy)}   ASR ${percent(result.asr)}` : ''
}
