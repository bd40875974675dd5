import type { EChartsCoreOption } from 'echarts/core'
import { tidy } from '../format/numbers'
import type { ChartColors } from './colors'

/** One of the upright axes: numbers, or kinds in their order. */
export interface ParallelAxis {
  readonly id: string
  readonly title: string
  readonly kind: 'share' | 'number' | 'kinds'
  /** Of kinds: what they are called. */
  readonly labels: readonly string[]
}
export interface ParallelLine {
  /** By axis: a number, the place of a kind, NaN where there is none. */
  readonly values: readonly number[]
  readonly color: string
}
export interface ParallelInput {
  readonly axes: readonly ParallelAxis[]
  readonly lines: readonly ParallelLine[]
  readonly width: number
  readonly colors: ChartColors
}

const [left, right] = [60, 70]

/** Whether an axis has whole numbers only. */
const counts = (lines: readonly ParallelLine[], dim: number): boolean =>
  lines.every(({ values }) => Number.isNaN(values[dim]) || Number.isInteger(values[dim]))

/** Parallel coordinates: a line a model, which can be chosen on each axis by a drag along it. */
export function parallelOption({ axes, lines, width, colors }: ParallelInput): EChartsCoreOption {
  const between = (width - left - right) / Math.max(1, axes.length - 1)
  // Labels are read above the lines that run through them.
  const halo = { textBorderColor: colors.panel, textBorderWidth: 3 }
  const text = { ...halo, color: colors.muted, fontSize: 10.5, width: Math.max(40, between - 26), overflow: 'truncate' }
  return {
    animation: false,
    textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif' },
    parallel: { left, right, top: 38, bottom: 18, parallelAxisDefault: { realtime: false } },
    parallelAxis: axes.map((axis, dim) => ({
      dim,
      id: axis.id,
      name: axis.title,
      nameLocation: 'end',
      nameGap: 14,
      nameTextStyle: { color: colors.text, fontSize: 11.5, fontWeight: 550 },
      nameTruncate: { maxWidth: Math.max(60, between - 12), ellipsis: '…' },
      axisLine: { lineStyle: { color: colors.line } },
      axisTick: { show: false },
      areaSelectStyle: { width: 18, borderColor: colors.accent, color: colors.accent, opacity: 0.25 },
      ...(axis.kind === 'kinds'
        ? { type: 'category', data: [...axis.labels], axisLabel: text }
        : {
            type: 'value',
            scale: axis.kind === 'number',
            // Nothing lies between two seeds.
            minInterval: counts(lines, dim) ? 1 : 0,
            ...(axis.kind === 'share' ? { min: 0, max: 1 } : {}),
            axisLabel: {
              ...text,
              formatter: (value: number) => (axis.kind === 'share' ? `${Math.round(value * 100)} %` : tidy(value)),
            },
          }),
    })),
    series: [
      {
        type: 'parallel',
        silent: true,
        inactiveOpacity: 0.04,
        activeOpacity: 0.75,
        lineStyle: { width: 1.1, opacity: lines.length > 400 ? 0.25 : 0.45 },
        data: lines.map(({ values, color }) => ({ value: [...values], lineStyle: { color } })),
      },
    ],
  }
}
