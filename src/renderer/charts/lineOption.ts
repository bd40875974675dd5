/** ECharts option of a line plot: one pair of axes, or a panel a model or metric on common ones. */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts'
import type { EChartsCoreOption } from 'echarts/core'
import { grouped, tidy } from '../format/numbers'
import type { ChartStyle } from './chartStyle'
import { inPrint } from './colors'
import { dashStyle, markerSymbol } from './identity'
import type { DrawnCurve, LinePlot } from './linePlot'
import { lineTooltip } from './lineTooltip'

export interface Size {
  readonly width: number
  readonly height: number
}
interface Grid {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Width that a panel should not fall below, and the height that it gets. */
const panelWidth = 230
const panelHeight = 150
const panelTitle = 18

export const panelColumns = (panels: number, width: number): number =>
  Math.max(1, Math.min(panels, Math.floor(width / panelWidth)))
/** The height of a chart of several panels. */
export const panelsHeight = (panels: number, width: number): number =>
  Math.ceil(panels / panelColumns(panels, width)) * (panelHeight + panelTitle) + 46

/** Pixels around the axes. */
export const marginsOf = ({ print }: Pick<ChartStyle, 'print'>, unit: string) =>
  print ? { left: 68, right: 24, top: 14, bottom: 48 } : { left: 48, right: 20, top: unit === '' ? 12 : 22, bottom: 38 }

function gridsOf({ panels, unit }: LinePlot, style: ChartStyle, { width, height }: Size): Grid[] {
  const { left, right, top, bottom } = marginsOf(style, unit)
  const columns = panelColumns(panels.length, width)
  const rows = Math.ceil(panels.length / columns)
  const title = panels.length > 1 || panels[0]?.title ? panelTitle : 0
  const [gapX, gapY] = [24, 22]
  const inner = (width - left - right - gapX * (columns - 1)) / columns
  const each = (height - top - bottom - (gapY + title) * (rows - 1) - title) / Math.max(1, rows)
  return panels.map((_, index) => ({
    left: left + (index % columns) * (inner + gapX),
    top: top + title + Math.floor(index / columns) * (each + gapY + title),
    width: Math.max(10, inner),
    height: Math.max(10, each),
  }))
}

/** @param size of the whole chart in pixels */
export function lineOption(plot: LinePlot, style: ChartStyle, size: Size): EChartsCoreOption {
  const grids = gridsOf(plot, style, size)
  const columns = panelColumns(plot.panels.length, size.width)
  const lastRow = (index: number): boolean => index + columns >= plot.panels.length
  return {
    animation: false,
    textStyle: { fontFamily: style.font, fontSize: style.fontSize },
    grid: grids,
    title: plot.panels.flatMap(({ title }, index) => panelTitleOf(title, grids[index], style)),
    xAxis: plot.panels.map((_, index) => xAxis(plot, style, { index, first: lastRow(index) })),
    yAxis: plot.panels.map((_, index) => yAxis(plot, style, { index, first: index % columns === 0 })),
    ...(style.print ? {} : { tooltip: lineTooltip(plot, style) }),
    series: plot.panels.flatMap(({ curves }, index) => panelSeries(curves, index, { plot, style })),
  }
}

function panelTitleOf(title: string, grid: Grid | undefined, { colors, font, fontSize }: ChartStyle) {
  if (title === '' || !grid) return []
  return [
    {
      text: title,
      left: grid.left,
      top: grid.top - panelTitle - 2,
      padding: 0,
      textStyle: {
        color: colors.text,
        fontFamily: font,
        fontSize: fontSize + 1,
        fontWeight: 'normal',
        width: grid.width,
        overflow: 'truncate',
      },
    },
  ]
}

/** @param place `first`: the axis that has the labels and the title of its row or column */
function xAxis({ x }: LinePlot, style: ChartStyle, place: { index: number; first: boolean }) {
  const { colors } = style
  return {
    type: x.logarithmic ? 'log' : 'value',
    gridIndex: place.index,
    min: x.range[0],
    max: x.range[1],
    name: place.first ? x.title : '',
    nameLocation: 'middle',
    nameGap: style.print ? 28 : 22,
    nameTextStyle: { color: colors.muted, fontSize: style.fontSize + (style.print ? 1 : 0) },
    axisLine: { lineStyle: { color: colors.line }, onZero: false },
    axisTick: { show: style.print, customValues: x.ticks, lineStyle: { color: colors.line } },
    splitLine: { show: false },
    axisLabel: {
      ...label(style),
      show: true,
      hideOverlap: true,
      customValues: x.ticks,
      formatter: (value: number) => (x.range[1] - x.range[0] > 20 ? grouped(value) : tidy(value)),
    },
  }
}

function yAxis({ y, unit }: LinePlot, style: ChartStyle, place: { index: number; first: boolean }) {
  const { colors, print } = style
  return {
    type: y.logarithmic ? 'log' : 'value',
    gridIndex: place.index,
    min: y.range[0],
    max: y.range[1],
    name: place.first ? (print ? y.title : unit) : '',
    nameLocation: print ? 'middle' : 'end',
    nameGap: print ? 48 : 8,
    nameTextStyle: {
      color: colors.muted,
      fontSize: style.fontSize + (print ? 1 : 0),
      align: print ? 'center' : 'right',
    },
    axisLine: { show: print, lineStyle: { color: colors.line }, onZero: false },
    axisTick: { show: print, customValues: y.ticks, lineStyle: { color: colors.line } },
    splitLine: { lineStyle: { color: colors.grid } },
    axisLabel: {
      ...label(style),
      show: place.first,
      customValues: y.ticks,
      formatter: (value: number) => axisNumber(value, unit),
    },
  }
}

const label = ({ colors, fontSize, font }: ChartStyle) => ({ color: colors.muted, fontSize, fontFamily: font })

/** Percentages are fractions of 1 on the wire. */
export const axisNumber = (value: number, unit: string): string =>
  unit === '%' ? tidy(Math.round(value * 10_000) / 100) : tidy(value)

interface Drawing {
  readonly plot: LinePlot
  readonly style: ChartStyle
}

function panelSeries(curves: readonly DrawnCurve[], panel: number, drawing: Drawing) {
  return [
    ...curves.flatMap((drawn) => (drawn.band?.length ? [bandSeries(drawn, drawn.band, { ...drawing, panel })] : [])),
    ...curves.flatMap((drawn) => curveSeries(drawn, panel, drawing)),
    ...marksOf(curves).map((mark) => markSeries(mark, panel, drawing.style)),
  ]
}

function curveSeries({ curve, points, raw }: DrawnCurve, panel: number, { style }: Drawing) {
  const color = style.print ? inPrint(curve.line.color) : curve.line.color
  const { marker, dash } = curve.line
  const base = {
    type: 'line',
    xAxisIndex: panel,
    yAxisIndex: panel,
    dimensions: ['x', 'y'],
    emphasis: { disabled: true },
    z: 3,
  }
  // Few values (one an evaluation) show their points; dense ones are lines.
  const sparse = points.length <= 24
  const main = {
    ...base,
    id: curve.key,
    name: curve.line.label,
    data: points,
    symbol: marker ? markerSymbol(marker) : 'circle',
    symbolSize: marker ? 7 : 4,
    showSymbol: sparse,
    lineStyle: { width: style.lineWidth, color, type: dashStyle(dash) },
    itemStyle: { color },
  }
  const marks =
    marker && !sparse ? [{ ...main, ...markersOnly, id: `markers ${curve.key}`, data: spacedPoints(points) }] : []
  if (!raw) return [main, ...marks]
  const faint = {
    ...base,
    id: `raw ${curve.key}`,
    data: raw,
    z: 2,
    silent: true,
    symbol: 'none',
    tooltip: { show: false },
    lineStyle: { width: 1, color, opacity: 0.28 },
    itemStyle: { color },
  }
  return [faint, main, ...marks]
}

/** Dense lines have a few markers on them: lines are told apart without colour. */
const markersOnly = { silent: true, showSymbol: true, tooltip: { show: false }, lineStyle: { opacity: 0 }, z: 4 }
const markersALine = 7

function spacedPoints(points: Float64Array): Float64Array {
  const count = points.length / 2
  return Float64Array.from({ length: 2 * markersALine }, (_, at) => {
    const index = Math.round(((Math.floor(at / 2) + 0.5) * (count - 1)) / markersALine)
    return points[2 * index + (at % 2)] ?? NaN
  })
}

/** A polygon over the lower ends and back over the upper ones. */
function bandSeries({ curve }: DrawnCurve, band: Float64Array, { plot, style, panel }: Drawing & { panel: number }) {
  const floor = plot.y.range[0]
  return {
    type: 'custom',
    id: `band ${curve.key}`,
    xAxisIndex: panel,
    yAxisIndex: panel,
    silent: true,
    clip: true,
    z: 1,
    tooltip: { show: false },
    data: [[band[0], Math.max(floor, band[1] ?? floor)]],
    renderItem: (_: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
      const points: number[][] = []
      // Below 0 a logarithmic axis has no place; the band goes to the frame there.
      const at = (x: number, y: number): number[] => api.coord([x, plot.y.logarithmic ? Math.max(y, floor) : y])
      for (let index = 0; index < band.length; index += 3) points.push(at(band[index]!, band[index + 1]!))
      for (let index = band.length - 3; index >= 0; index -= 3) points.push(at(band[index]!, band[index + 2]!))
      const fill = style.print ? inPrint(curve.line.color) : curve.line.color
      return { type: 'polygon', shape: { points }, style: { fill, opacity: 0.2 }, silent: true }
    },
  }
}

interface Mark {
  readonly x: number
  readonly label: string
}

/** One mark a place and word, however many lines have it. */
export const marksOf = (curves: readonly DrawnCurve[]): Mark[] => [
  ...new Map(
    curves.flatMap(({ curve: { mark } }) => (mark ? [[`${mark.x} ${mark.label}`, mark] as const] : [])),
  ).values(),
]

const markSeries = ({ x, label: word }: Mark, panel: number, { colors, font, fontSize }: ChartStyle) => ({
  type: 'line',
  id: `mark ${panel} ${x} ${word}`,
  xAxisIndex: panel,
  yAxisIndex: panel,
  data: [],
  silent: true,
  markLine: {
    silent: true,
    animation: false,
    symbol: 'none',
    lineStyle: { color: colors.muted, width: 1, type: [2, 3] },
    label: { formatter: () => word, position: 'insideEndTop', color: colors.muted, fontSize, fontFamily: font },
    data: [{ xAxis: x }],
  },
})
