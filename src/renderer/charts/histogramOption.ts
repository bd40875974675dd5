import type { EChartsCoreOption } from 'echarts/core'
import type { HistogramBins } from '@shared/domain'
import { percent, tidy } from '../format/numbers'
import type { ChartStyle } from './chartStyle'
import { inPrint } from './colors'
import { dashStyle } from './identity'
import { roundTicks } from './ticks'

export interface HistogramLayer {
  key: string
  label: string
  color: string
  dash?: readonly number[]
  images: number
  mean: number | null
  /** Images per bin. */
  counts: readonly number[]
}
type Sample = Pick<HistogramLayer, 'images' | 'counts'>
/** A vertical line with its meaning. */
export interface HistogramLimit {
  value: number
  label: string
}

/** Where a bin begins. */
export const edgeOf = ({ from, to, count }: HistogramBins, bin: number): number => from + bin * ((to - from) / count)

/** The bins that hold anything in any layer, one empty bin at either side; [first, last]. */
export function filledBins({ count }: HistogramBins, samples: readonly Sample[]): [number, number] {
  const filled = Array.from({ length: count }, (_, bin) => bin).filter((bin) =>
    samples.some((sample) => (sample.counts[bin] ?? 0) > 0),
  )
  return [Math.max(0, (filled[0] ?? 0) - 1), Math.min(count - 1, (filled.at(-1) ?? count - 1) + 1)]
}

/** A sample as the outline of its bars: [edge, share of its images], closed at both ends. */
export function outline(
  bins: HistogramBins,
  sample: Sample,
  [first, last]: readonly [number, number],
): [number, number][] {
  const edge = (bin: number): number => edgeOf(bins, bin)
  const shares = sample.counts.slice(first, last + 1).map((count) => count / Math.max(1, sample.images))
  return [
    [edge(first), 0],
    ...shares.map((share, index): [number, number] => [edge(first + index), share]),
    [edge(last + 1), 0],
  ]
}

/** ECharts option of histograms laid over each other, as shares of their own images. */
export function histogramOption({
  quantity,
  bins,
  layers,
  limit,
  style,
}: {
  quantity: string
  bins: HistogramBins
  layers: readonly HistogramLayer[]
  limit?: HistogramLimit | undefined
  style: ChartStyle
}): EChartsCoreOption {
  const { colors, print } = style
  const range = filledBins(bins, layers)
  const shownLimit = limit && Number.isFinite(limit.value) ? limit : undefined
  const [from, to] = [Math.min(edgeOf(bins, range[0]), shownLimit?.value ?? Infinity), edgeOf(bins, range[1] + 1)]
  const ticks = roundTicks([from, to], 6)
  const series = layers.map((layer) => layerSeries(bins, layer, { range, style }))
  const highest = Math.max(0.01, ...series.flatMap(({ data }) => data.map(([, share]) => share)))
  return {
    animation: false,
    textStyle: { fontFamily: style.font, fontSize: style.fontSize },
    grid: print ? { left: 68, right: 24, top: 14, bottom: 48 } : { left: 48, right: 20, top: 12, bottom: 40 },
    xAxis: {
      type: 'value',
      name: quantity,
      nameLocation: 'middle',
      nameGap: print ? 28 : 24,
      nameTextStyle: { color: colors.muted, fontSize: style.fontSize + (print ? 1 : 0) },
      min: from,
      max: to,
      axisLine: { lineStyle: { color: colors.line } },
      axisTick: { show: print, customValues: ticks, lineStyle: { color: colors.line } },
      splitLine: { show: false },
      axisLabel: {
        color: colors.muted,
        fontSize: style.fontSize,
        hideOverlap: true,
        customValues: ticks,
        formatter: (value: number) => tidy(value),
      },
    },
    yAxis: {
      type: 'value',
      min: 0,
      splitNumber: 4,
      ...(print
        ? {
            name: sharesTitle,
            nameLocation: 'middle',
            nameGap: 48,
            nameTextStyle: { color: colors.muted, fontSize: style.fontSize + 1 },
          }
        : {}),
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: colors.grid } },
      axisLabel: { color: colors.muted, fontSize: style.fontSize, formatter: (value: number) => percent(value, 0) },
    },
    series: [...series, ...(shownLimit ? [limitSeries(shownLimit, highest, style)] : [])],
  }
}

/** What the y axis is, in print. */
export const sharesTitle = 'Share of images, %'

const layerSeries = (
  bins: HistogramBins,
  layer: HistogramLayer,
  { range, style }: { range: readonly [number, number]; style: ChartStyle },
) => ({
  type: 'line',
  id: layer.key,
  name: layer.label,
  data: outline(bins, layer, range),
  step: 'end',
  symbol: 'none',
  silent: true,
  lineStyle: { width: style.lineWidth, color: printed(layer.color, style), type: dashStyle(layer.dash) },
  areaStyle: { color: printed(layer.color, style), opacity: 0.14 },
})

/** From the axis to the highest bar. */
const limitSeries = ({ value, label }: HistogramLimit, highest: number, { colors }: ChartStyle) => ({
  type: 'line',
  id: 'limit',
  name: label,
  data: [
    [value, 0],
    [value, highest],
  ],
  symbol: 'none',
  silent: true,
  lineStyle: { width: 1.2, color: colors.muted, type: [2, 3] },
})

const printed = (color: string, { print }: ChartStyle): string => (print ? inPrint(color) : color)
