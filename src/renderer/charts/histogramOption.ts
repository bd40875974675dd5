import type { EChartsCoreOption } from 'echarts/core'
import { suspectBins, type SuspectSample } from '@shared/domain'
import { percent, tidy } from '../format/numbers'
import type { ChartColors } from './colors'

export interface HistogramLayer {
  key: string
  label: string
  color: string
  dashed?: boolean
  sample: SuspectSample
}
/** A vertical line with its meaning. */
export interface HistogramLimit {
  value: number
  label: string
}

const width = (suspectBins.to - suspectBins.from) / suspectBins.count
const edge = (bin: number): number => suspectBins.from + bin * width

/** The bins that hold anything in any layer, one empty bin at either side; [first, last]. */
export function filledBins(samples: readonly SuspectSample[]): [number, number] {
  const filled = Array.from({ length: suspectBins.count }, (_, bin) => bin).filter((bin) =>
    samples.some((sample) => (sample.counts[bin] ?? 0) > 0),
  )
  return [
    Math.max(0, (filled[0] ?? 0) - 1),
    Math.min(suspectBins.count - 1, (filled.at(-1) ?? suspectBins.count - 1) + 1),
  ]
}

/** A sample as the outline of its bars: [edge, share of its images], closed at both ends. */
export function outline(sample: SuspectSample, [first, last]: readonly [number, number]): [number, number][] {
  const shares = sample.counts.slice(first, last + 1).map((count) => count / Math.max(1, sample.images))
  return [
    [edge(first), 0],
    ...shares.map((share, index): [number, number] => [edge(first + index), share]),
    [edge(last + 1), 0],
  ]
}

/** ECharts option of histograms of log₁₀ KL laid over each other, as shares of their own images. */
export function histogramOption({
  layers,
  limit,
  colors,
}: {
  layers: readonly HistogramLayer[]
  limit?: HistogramLimit | undefined
  colors: ChartColors
}): EChartsCoreOption {
  const range = filledBins(layers.map((layer) => layer.sample))
  const shownLimit = limit && Number.isFinite(limit.value) ? limit : undefined
  const series = layers.map((layer) => layerSeries(layer, range))
  const highest = Math.max(0.01, ...series.flatMap(({ data }) => data.map(([, share]) => share)))
  return {
    animation: false,
    textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif', fontSize: 11 },
    grid: { left: 48, right: 20, top: 12, bottom: 40 },
    xAxis: {
      type: 'value',
      name: 'log₁₀ KL',
      nameLocation: 'middle',
      nameGap: 24,
      nameTextStyle: { color: colors.muted },
      min: Math.min(edge(range[0]), shownLimit?.value ?? Infinity),
      max: edge(range[1] + 1),
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

const layerSeries = (layer: HistogramLayer, range: readonly [number, number]) => ({
  type: 'line',
  id: layer.key,
  name: layer.label,
  data: outline(layer.sample, range),
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
