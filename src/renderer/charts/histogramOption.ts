import type { EChartsCoreOption } from 'echarts/core'
import type { HistogramBins } from '@shared/domain'
import { percent, tidy } from '../format/numbers'
import type { ChartColors } from './colors'

export interface HistogramLayer {
  key: string
  label: string
  color: string
  dashed?: boolean
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

const edgeOf = ({ from, to, count }: HistogramBins, bin: number): number => from + bin * ((to - from) / count)

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
  colors,
}: {
  quantity: string
  bins: HistogramBins
  layers: readonly HistogramLayer[]
  limit?: HistogramLimit | undefined
  colors: ChartColors
}): EChartsCoreOption {
  const range = filledBins(bins, layers)
  const shownLimit = limit && Number.isFinite(limit.value) ? limit : undefined
  const series = layers.map((layer) => layerSeries(bins, layer, range))
  const highest = Math.max(0.01, ...series.flatMap(({ data }) => data.map(([, share]) => share)))
  return {
    animation: false,
    textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif', fontSize: 11 },
    grid: { left: 48, right: 20, top: 12, bottom: 40 },
    xAxis: {
      type: 'value',
      name: quantity,
      nameLocation: 'middle',
      nameGap: 24,
      nameTextStyle: { color: colors.muted },
      min: Math.min(edgeOf(bins, range[0]), shownLimit?.value ?? Infinity),
      max: edgeOf(bins, range[1] + 1),
      splitNumber: 6,
      axisLine: { lineStyle: { color: colors.line } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: {
        color: colors.muted,
        fontSize: 10.5,
        hideOverlap: true,
        showMinLabel: false,
        formatter: (value: number) => tidy(Math.round(value * 100) / 100),
      },
    },
    yAxis: {
      type: 'value',
      min: 0,
      splitNumber: 4,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: colors.grid } },
      axisLabel: { color: colors.muted, fontSize: 10.5, formatter: (value: number) => percent(value, 0) },
    },
    series: [...series, ...(shownLimit ? [limitSeries(shownLimit, highest, colors)] : [])],
  }
}

const layerSeries = (bins: HistogramBins, layer: HistogramLayer, range: readonly [number, number]) => ({
  type: 'line',
  id: layer.key,
  name: layer.label,
  data: outline(bins, layer, range),
  step: 'end',
  symbol: 'none',
  silent: true,
  lineStyle: { width: 1.6, color: layer.color, type: layer.dashed === true ? [5, 4] : 'solid' },
  areaStyle: { color: layer.color, opacity: 0.14 },
})

/** From the axis to the highest bar. */
const limitSeries = ({ value, label }: HistogramLimit, highest: number, colors: ChartColors) => ({
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
