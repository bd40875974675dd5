/** Histograms as numbers: a table, rows of a file, a LaTeX picture. */
import type { HistogramBins } from '@shared/domain'
import { grouped, missing, percent, tidy } from '../format/numbers'
import type { DataTable, LatexPlot, LegendEntry } from './export/description'
import { edgeOf, filledBins, outline, sharesTitle, type HistogramLayer, type HistogramLimit } from './histogramOption'
import { roundRange } from './ticks'

export interface HistogramSource {
  readonly quantity: string
  readonly bins: HistogramBins
  readonly layers: readonly HistogramLayer[]
  readonly limit?: HistogramLimit | undefined
}

export const meanText = ({ mean }: HistogramLayer): string =>
  mean === null ? missing : tidy(Math.round(mean * 100) / 100)
const number = (value: number): string => tidy(Number(value.toPrecision(6)))

/** Filled bins, with the share of each layer's images. */
export function histogramTable({ quantity, bins, layers }: HistogramSource): { columns: string[]; rows: string[][] } {
  const [first, last] = filledBins(bins, layers)
  return {
    columns: [quantity, ...layers.map(({ label }) => label)],
    rows: Array.from({ length: last - first + 1 }, (_, index) => {
      const bin = first + index
      return [
        `${number(edgeOf(bins, bin))} … ${number(edgeOf(bins, bin + 1))}`,
        ...layers.map(({ counts, images }) => percent((counts[bin] ?? 0) / Math.max(1, images))),
      ]
    }),
  }
}

export const histogramData = ({ quantity, bins, layers }: HistogramSource): DataTable => ({
  columns: ['layer', 'quantity', 'from', 'to', 'images'],
  rows: layers.flatMap(({ label, counts }) =>
    counts.map((count, bin) => [label, quantity, edgeOf(bins, bin), edgeOf(bins, bin + 1), count]),
  ),
})

export const histogramLegend = ({ layers, limit }: HistogramSource, limitColor: string): LegendEntry[] => [
  ...layers.map(({ label, images, color, dash, ...layer }) => ({
    label: `${label} (${grouped(images)} images, mean ${meanText({ label, images, color, ...layer })})`,
    color,
    dash,
  })),
  ...(limit ? [{ label: `${limit.label} (${number(limit.value)})`, color: limitColor, dash: [2, 3] }] : []),
]

export function histogramLatex({ quantity, bins, layers, limit }: HistogramSource): LatexPlot {
  const range = filledBins(bins, layers)
  const series = layers.map(({ label, color, dash, ...sample }) => ({
    label,
    color,
    dash,
    steps: true,
    points: outline(bins, sample, range).flatMap(([x, share]) => [x, share * 100]),
  }))
  const highest = Math.max(1, ...series.flatMap(({ points }) => points.filter((_, at) => at % 2 === 1)))
  const from = Math.min(edgeOf(bins, range[0]), limit?.value ?? Infinity)
  return {
    x: { title: quantity, range: [from, edgeOf(bins, range[1] + 1)] },
    y: { title: sharesTitle, range: [0, roundRange([0, highest])[1]] },
    panels: [{ title: '', series, marks: limit ? [{ x: limit.value, label: limit.label }] : [] }],
  }
}
