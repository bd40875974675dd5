/** What the crosshair tells: the value of every line at the place of the pointer. */
import { compact, percent } from '../format/numbers'
import type { ChartStyle } from './chartStyle'
import type { Curve } from './curves'
import { lowerBound } from './decimate'
import type { LinePlot } from './linePlot'

/** A value as tooltips, legends and tables show it; percentages are fractions of 1 on the wire. */
export const formatMetric = (value: number, unit: string): string =>
  unit === '%' ? percent(value) : `${compact(value)}${unit ? ` ${unit}` : ''}`

export function lineTooltip(plot: LinePlot, { colors }: ChartStyle) {
  return {
    trigger: 'axis',
    confine: true,
    transitionDuration: 0,
    backgroundColor: colors.panel,
    borderColor: colors.line,
    padding: [6, 9],
    textStyle: { color: colors.text, fontSize: 11.5 },
    axisPointer: { lineStyle: { color: colors.line }, animation: false },
    formatter: (entries: unknown) => tooltipRows(entries, plot, colors.muted),
  }
}

interface Entry {
  readonly seriesId: string
  readonly dataIndex: number
}

/** Elements, not text: text would have to become markup. Empty where the pointer meets no value. */
function tooltipRows(entries: unknown, plot: LinePlot, muted: string): HTMLElement[] | '' {
  const list = (Array.isArray(entries) ? entries : []) as Entry[]
  const drawn = new Map(plot.panels.flatMap(({ curves }) => curves.map((entry) => [entry.curve.key, entry] as const)))
  let place: number | null = null
  const seen = new Set<string>()
  const rows = list.flatMap(({ seriesId, dataIndex }) => {
    const own = drawn.get(seriesId)
    if (!own || seen.has(seriesId)) return []
    seen.add(seriesId)
    const [x, y] = [own.points[dataIndex * 2], own.points[dataIndex * 2 + 1]]
    if (x === undefined || y === undefined) return []
    place ??= x
    const { label, color, dash } = own.curve.line
    const value = `${formatMetric(y, plot.unit)}${spreadText(own.curve, x, plot.unit)}`
    return [
      element('div', {}, [
        element('span', { ...markStyle, borderTop: `2px ${dash?.length ? 'dashed' : 'solid'} ${color}` }),
        `${label}\u2002`,
        element('b', valueStyle, [value]),
      ]),
    ]
  })
  if (place === null) return ''
  return [element('div', { color: muted, marginBottom: '2px' }, [`${plot.x.title} ${compact(place)}`]), ...rows]
}

const markStyle = { display: 'inline-block', width: '14px', marginRight: '7px', verticalAlign: 'middle' }
const valueStyle = { cssFloat: 'right', marginLeft: '14px', fontVariantNumeric: 'tabular-nums' }

function element(
  name: 'div' | 'span' | 'b',
  style: Partial<CSSStyleDeclaration>,
  parts: readonly (string | Node)[] = [],
): HTMLElement {
  const made = document.createElement(name)
  Object.assign(made.style, style)
  made.append(...parts)
  return made
}

/** " ± 1.2 %" of a mean. */
function spreadText({ x, band }: Curve, at: number, unit: string): string {
  const index = lowerBound(x, at)
  const half = band ? (band.high[index]! - band.low[index]!) / 2 : NaN
  return Number.isFinite(half) ? ` ± ${formatMetric(half, unit)}` : ''
}
