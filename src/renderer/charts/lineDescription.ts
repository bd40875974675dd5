/** A line chart as numbers: its table on the screen, its points in a file, its picture in LaTeX. */
import { compact } from '../format/numbers'
import type { ChartLine } from './chartLine'
import { bandWords } from './bands'
import { upperBound } from './decimate'
import type { DataTable, LatexPlot, LegendEntry } from './export/description'
import { formatMetric } from './lineTooltip'
import { marksOf } from './lineOption'
import type { CurveSettings } from './curves'
import type { LinePlot } from './linePlot'

/** Rows of a table that people read. */
const tableRows = 24

/** Places of the longest line, evenly thinned, its last one included; each line's value there or last before. */
export function lineTable({ x, panels, unit }: LinePlot): { columns: string[]; rows: string[][] } {
  const curves = panels.flatMap((panel) => panel.curves)
  const longest = curves.reduce<Float64Array>(
    (best, { points }) => (points.length > best.length ? points : best),
    new Float64Array(),
  )
  const count = longest.length / 2
  const places = Array.from(
    { length: Math.min(count, tableRows) },
    (_, row) => longest[2 * Math.round((row * (count - 1)) / Math.max(1, Math.min(count, tableRows) - 1))]!,
  )
  const valueAt = (points: Float64Array, place: number): string => {
    const [places, values] = [points.filter((_, at) => at % 2 === 0), points.filter((_, at) => at % 2 === 1)]
    const value = values[upperBound(places, place) - 1]
    return value === undefined ? '' : formatMetric(value, unit)
  }
  return {
    columns: [x.title, ...curves.map(({ curve }) => curve.line.label)],
    rows: places.map((place) => [compact(place), ...curves.map(({ points }) => valueAt(points, place))]),
  }
}

/** Every recorded point of every line, one a row. */
export function pointTable(lines: readonly ChartLine[], metric: string): DataTable {
  return {
    columns: ['run', 'model', 'seed', 'metric', 'step', 'value'],
    rows: lines.flatMap(({ run, model, label, seed, metric: own, series }) =>
      Array.from(series.steps, (step, at) => [
        run ?? null,
        model ?? label,
        seed ?? null,
        own ?? metric,
        step,
        series.values[at] ?? null,
      ]),
    ),
  }
}

export const lineLegend = (plot: LinePlot): LegendEntry[] =>
  plot.panels.flatMap(({ curves }) => curves.map(({ curve: { line } }) => legendEntry(line)))

const legendEntry = ({ label, color, dash, marker }: ChartLine): LegendEntry => ({ label, color, dash, marker })

/** Rates in percent, as the axis has them. */
export function lineLatex({ x, y, unit, panels }: LinePlot): LatexPlot {
  const scale = unit === '%' ? 100 : 1
  const scaled = (points: Float64Array, every: number): Float64Array =>
    scale === 1 ? points : points.map((value, at) => (at % every === 0 ? value : value * scale))
  return {
    x: { title: x.title, range: x.range, ticks: x.ticks, logarithmic: x.logarithmic },
    y: {
      title: y.title,
      range: [y.range[0] * scale, y.range[1] * scale],
      ticks: y.ticks.map((tick) => tick * scale),
      logarithmic: y.logarithmic,
    },
    panels: panels.map(({ title, curves }) => ({
      title,
      marks: marksOf(curves),
      series: curves.map(({ curve: { line }, points, band }) => ({
        ...legendEntry(line),
        points: scaled(points, 2),
        band: band ? scaled(band, 3) : null,
      })),
    })),
  }
}

/** What a reader of the picture has to be told. */
export function lineNotes({ outside, notPositive }: LinePlot, settings: CurveSettings, grouped: boolean): string[] {
  return [
    ...(grouped && settings.band !== 'none' ? [bandWords[settings.band].note] : []),
    ...(settings.smoothing > 0
      ? [
          `Smoothed by an exponential moving average of weight ${settings.smoothing.toFixed(2)}; values as recorded are faint.`,
        ]
      : []),
    ...(outside > 0 ? [`${compact(outside)} ${outside === 1 ? 'point lies' : 'points lie'} outside the axis.`] : []),
    ...(notPositive > 0
      ? [
          `${compact(notPositive)} ${notPositive === 1 ? 'value is' : 'values are'} 0 or less and not on a logarithmic axis.`,
        ]
      : []),
  ]
}
