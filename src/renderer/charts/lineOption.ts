import type { EChartsCoreOption } from 'echarts/core'
import { compact, percent, tidy } from '../format/numbers'
import { beginningAt, type ChartLine, type ChartMark } from './chartLine'
import type { ChartColors } from './colors'
import { decimateMinMax, smooth } from './decimate'
import { dashStyle, markerSymbol } from './identity'

export type { ChartLine } from './chartLine'

export interface LineChartInput {
  lines: readonly ChartLine[]
  /** Plot width in CSS pixels: the number of columns that points are reduced to. */
  columns: number
  unit: string
  logarithmic?: boolean
  /** 0 draws the values as they are, 0.99 smooths most. */
  smoothing?: number
  xTitle: string
  colors: ChartColors
  /** Visible steps after zooming; all when left out. */
  range?: readonly [number, number]
}

/** A value as the axis and tooltip show it; percentages are fractions of 1 on the wire. */
export const formatMetric = (value: number, unit: string): string =>
  unit === '%' ? percent(value) : `${compact(value)}${unit ? ` ${unit}` : ''}`

const axisLabel = (value: number, unit: string): string =>
  unit === '%' ? `${Math.round(value * 1000) / 10}` : tidy(value)

/**
 * ECharts option of metric lines over steps: no animation, decimated per pixel column, one shared crosshair tooltip.
 */
export function lineOption(input: LineChartInput): EChartsCoreOption {
  const { lines, colors, unit } = input
  const zoom = input.range
  return {
    animation: false,
    textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif', fontSize: 11 },
    grid: { left: 48, right: 20, top: 12, bottom: 26 },
    xAxis: {
      type: 'value',
      min: zoom?.[0] ?? 'dataMin',
      max: zoom?.[1] ?? 'dataMax',
      axisLine: { lineStyle: { color: colors.line } },
      axisTick: { show: false },
      splitLine: { show: false },
      splitNumber: 5,
      axisLabel: { color: colors.muted, fontSize: 10.5, hideOverlap: true, formatter: (value: number) => tidy(value) },
    },
    yAxis: {
      type: input.logarithmic === true ? 'log' : 'value',
      scale: unit !== '%',
      ...(unit === '%' ? { min: 0, max: 1, interval: 0.25 } : {}),
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: colors.grid } },
      splitNumber: 4,
      axisLabel: { color: colors.muted, fontSize: 10.5, formatter: (value: number) => axisLabel(value, unit) },
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      transitionDuration: 0,
      backgroundColor: colors.panel,
      borderColor: colors.line,
      padding: [6, 9],
      textStyle: { color: colors.text, fontSize: 11.5 },
      axisPointer: { lineStyle: { color: colors.line }, animation: false },
      formatter: (entries: unknown) => tooltipText(entries, input),
    },
    series: [
      ...lines.map((line) => lineSeries(line, input)),
      ...marksOf(lines).map((mark) => markSeries(mark, colors)),
    ],
  }
}

/** One mark a step and word, however many lines have it. */
const marksOf = (lines: readonly ChartLine[]): ChartMark[] =>
  uniqueBy(
    lines.flatMap(({ mark }) => (mark ? [mark] : [])),
    ({ step, label }) => `${step} ${label}`,
  )

const markSeries = ({ step, label }: ChartMark, colors: ChartColors) => ({
  type: 'line',
  id: `mark ${step} ${label}`,
  data: [],
  silent: true,
  markLine: {
    silent: true,
    animation: false,
    symbol: 'none',
    lineStyle: { color: colors.muted, width: 1, type: [2, 3] },
    label: { formatter: label, position: 'insideEndTop', color: colors.muted, fontSize: 10.5 },
    data: [{ xAxis: step }],
  },
})

function lineSeries(line: ChartLine, input: LineChartInput): Record<string, unknown> {
  const shown = smooth(beginningAt(line.series, line.from), input.smoothing ?? 0)
  let data = decimateMinMax(shown, Math.max(1, Math.floor(input.columns)), input.range?.[0], input.range?.[1])
  if (input.logarithmic === true) data = data.filter(([, value]) => value > 0)
  return {
    type: 'line',
    id: line.key,
    name: line.label,
    data,
    symbol: markerSymbol(line.marker),
    symbolSize: line.marker ? 7 : 4,
    // Sparse series (one value an evaluation) show their points; dense ones are lines.
    showSymbol: data.length <= 12,
    lineStyle: { width: 1.6, color: line.color, type: dashStyle(line.dash) },
    itemStyle: { color: line.color },
    emphasis: { disabled: true },
  }
}

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

function tooltipText(entries: unknown, input: LineChartInput): string {
  const list = (Array.isArray(entries) ? entries : []) as {
    seriesId: string
    seriesName: string
    value: [number, number]
  }[]
  const first = list[0]
  if (!first) return ''
  const rows = uniqueBy(list, (entry) => entry.seriesId).map((entry) => {
    const line = input.lines.find((candidate) => candidate.key === entry.seriesId)
    const mark = `<span style="display:inline-block;width:14px;margin-right:7px;vertical-align:middle;border-top:2px ${line?.dash?.length ? 'dashed' : 'solid'} ${line?.color ?? 'gray'}"></span>`
    return `<div>${mark}${escapeHtml(entry.seriesName)}&ensp;<b style="float:right;margin-left:14px;font-variant-numeric:tabular-nums">${formatMetric(entry.value[1], input.unit)}</b></div>`
  })
  return `<div style="color:${input.colors.muted};margin-bottom:2px">${escapeHtml(input.xTitle)} ${compact(first.value[0])}</div>${rows.join('')}`
}

function uniqueBy<T>(list: readonly T[], key: (entry: T) => string): T[] {
  const seen = new Set<string>()
  return list.filter((entry) => !seen.has(key(entry)) && seen.add(key(entry)))
}
