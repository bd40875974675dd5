/** A chart on white paper as one SVG: title, plot, the whole legend, notes. PNG and PDF are made from it. */
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { escapedXml, wrapped, type SvgPicture, type TextMeasure } from '../../format/svg'
import '../echarts'
import { printFont, printStyle } from '../chartStyle'
import { inPrint } from '../colors'
import { markerPath } from '../identity'
import type { ChartDescription, LegendEntry } from './description'

use([SVGRenderer])

const margin = 14
const [titleSize, legendSize, noteSize] = [15, 11, 10]
const [titleLine, legendLine, noteLine] = [20, 18, 14]
const swatch = 28
const gap = 18

/** @param measure width of a text of so many pixels in the print font */
export function chartSheet(description: ChartDescription, measure: TextMeasure): SvgPicture {
  const { title, size, legend, notes } = description
  const inner = size.width
  const titles = wrapped(title, inner, (text) => measure(text, titleSize))
  const plotTop = margin + titles.length * titleLine + 4
  const legendTop = plotTop + size.height + 8
  const { parts, height } = legendParts(legend, { top: legendTop, width: inner, measure })
  const notesTop = legendTop + height + 4
  const lines = notes.flatMap((note) => wrapped(note, inner, (text) => measure(text, noteSize)))
  const width = inner + 2 * margin
  const bottom = Math.ceil(notesTop + lines.length * noteLine + margin)
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom}" viewBox="0 0 ${width} ${bottom}" font-family="${printFont}" fill="#000000">`,
    `<title>${escapedXml(title)}</title>`,
    `<rect width="${width}" height="${bottom}" fill="#ffffff"/>`,
    ...titles.map((text, row) => textAt(text, { x: margin, y: margin + 14 + row * titleLine, size: titleSize })),
    `<g transform="translate(${margin} ${plotTop})">${plotMarkup(description)}</g>`,
    ...parts,
    ...lines.map((text, row) =>
      textAt(text, { x: margin, y: notesTop + 10 + row * noteLine, size: noteSize, fill: printStyle.colors.muted }),
    ),
    '</svg>',
    '',
  ].join('\n')
  return { svg, width, height: bottom }
}

export const textAt = (text: string, at: { x: number; y: number; size: number; fill?: string }): string =>
  `<text x="${at.x}" y="${at.y}" font-size="${at.size}"${at.fill ? ` fill="${at.fill}"` : ''}>${escapedXml(text)}</text>`

/** What ECharts draws without a page: no pointer has ever been over it. */
export function plotMarkup({ option, size }: Pick<ChartDescription, 'option' | 'size'>): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...size })
  try {
    chart.setOption(option(printStyle, size))
    return (
      chart
        .renderToSVGString()
        .replace(/^<svg[^>]*>/, '')
        .replace(/<style\s*>[\s\S]*?<\/style>/g, '')
        .replace(/<\/svg>\s*$/, '')
        // One face: PDF would take another font for weights that are not embedded.
        .replace(/font-weight:[^;"]*;?/g, '')
        // PDF and drawing programs do not agree on where the middle of a letter is.
        .replaceAll('dominant-baseline="central"', 'dy="0.35em"')
        // What answers a pointer on a page, and what only ECharts reads.
        .replace(/ (?:class|pointer-events|cursor|ecmeta_[a-z_]+)="[^"]*"/g, '')
    )
  } finally {
    chart.dispose()
  }
}

/** Entries side by side as far as they fit; one that is wider than the sheet goes over several lines. */
function legendParts(
  legend: readonly LegendEntry[],
  { top, width, measure }: { top: number; width: number; measure: TextMeasure },
): { parts: string[]; height: number } {
  const parts: string[] = []
  let [x, y] = [0, top]
  for (const entry of legend) {
    const lines = wrapped(entry.label, width - swatch, (text) => measure(text, legendSize))
    const own = swatch + Math.max(0, ...lines.map((text) => measure(text, legendSize)))
    if (x > 0 && (x + own > width || lines.length > 1)) {
      x = 0
      y += legendLine
    }
    parts.push(swatchOf(entry, margin + x, y + 8))
    lines.forEach((text, row) =>
      parts.push(textAt(text, { x: margin + x + swatch, y: y + 12 + row * legendLine, size: legendSize })),
    )
    x += own + gap
    y += (lines.length - 1) * legendLine
  }
  return { parts, height: legend.length === 0 ? 0 : y + legendLine - top }
}

function swatchOf({ color, dash, marker, pointsOnly }: LegendEntry, x: number, y: number): string {
  const printed = inPrint(color)
  const dashes = dash?.length ? ` stroke-dasharray="${dash.join(' ')}"` : ''
  const line = pointsOnly
    ? ''
    : `<line x1="${x}" x2="${x + 22}" y1="${y}" y2="${y}" stroke="${printed}" stroke-width="1.8"${dashes}/>`
  const point = marker
    ? `<path d="${markerPath(marker)}" transform="translate(${x + 11} ${y}) scale(0.8)" fill="${printed}"/>`
    : ''
  return line + point
}
