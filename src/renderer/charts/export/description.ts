/** What any chart tells of itself so that it can be written to a file: picture, print, numbers, LaTeX. */
import type { EChartsCoreOption } from 'echarts/core'
import type { ChartStyle } from '../chartStyle'
import type { Marker } from '../identity'
import type { Size } from '../lineOption'

export interface LegendEntry {
  readonly label: string
  readonly color: string
  readonly dash?: readonly number[] | undefined
  readonly marker?: Marker | undefined
  /** Points alone, e.g. of a scatter. */
  readonly pointsOnly?: boolean
}

export type Cell = string | number | null
export interface DataTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

export interface LatexAxis {
  /** With its unit. */
  readonly title: string
  readonly range: readonly [number, number]
  readonly ticks?: readonly number[]
  readonly logarithmic?: boolean
}
export interface LatexSeries extends LegendEntry {
  /** x and y in turns. */
  readonly points: ArrayLike<number>
  /** x, lower and upper end in turns. */
  readonly band?: ArrayLike<number> | null
  /** Drawn as steps, as histograms are. */
  readonly steps?: boolean
}
export interface LatexPanel {
  readonly title: string
  readonly series: readonly LatexSeries[]
  readonly marks?: readonly { readonly x: number; readonly label: string }[]
  readonly arrows?: readonly { readonly from: readonly [number, number]; readonly to: readonly [number, number] }[]
}
export interface LatexPlot {
  readonly x: LatexAxis
  readonly y: LatexAxis
  readonly panels: readonly LatexPanel[]
}

export interface ChartDescription {
  readonly title: string
  /** Without its ending. */
  readonly fileName: string
  /** Of the plot without title and legend, in pixels of 1/96 inch. */
  readonly size: Size
  /** Of what is drawn, with axis titles and units; called with the style of paper. */
  readonly option: (style: ChartStyle, size: Size) => EChartsCoreOption
  readonly legend: readonly LegendEntry[]
  /** Sentences below the legend: what bands are, what is left out. */
  readonly notes: readonly string[]
  /** All points that there are, in long form. */
  readonly data: () => DataTable | Promise<DataTable>
  readonly latex: () => LatexPlot
}
