/** A table as a picture, ruled as in a paper: no vertical lines, rules above, below and under the head. */
import type { TextTable } from '@shared/domain/pivotText/table'
import { escapedXml, wrapped, type SvgPicture } from '../format/svg'

export interface PictureColors {
  readonly ground: string
  readonly text: string
  readonly muted: string
  readonly rule: string
}

/** Fonts that every system has in some shape: a picture brings none of its own. */
export const pictureFont = 'Helvetica, Arial, sans-serif'
export const pictureSize = 13
const line = 22
const gap = 18
const margin = 16

interface Column {
  readonly heads: readonly string[]
  readonly cells: readonly { readonly text: string; readonly bold: boolean }[]
  readonly end: boolean
}

function columnsOf({ fields, groups, rows }: TextTable): Column[] {
  const labels = fields.map((title, at): Column => ({
    heads: ['', title],
    cells: rows.map((row) => ({ text: row.labels[at] ?? '', bold: false })),
    end: false,
  }))
  let next = 0
  const values = groups.flatMap((group) =>
    group.columns.map((title, at): Column => {
      const place = next++
      return {
        heads: [at === 0 ? group.labels.join(', ') : '', title],
        cells: rows.map(({ cells }) => cells[place] ?? { text: '', bold: false }),
        end: true,
      }
    }),
  )
  return [...labels, ...values]
}

/**
 * @param measure width of a text of 13 pixels
 * @param about lines below the table: its caption and where it comes from
 */
export function pivotSvg(
  table: TextTable,
  { measure, colors, about }: { measure: (text: string) => number; colors: PictureColors; about: readonly string[] },
): SvgPicture {
  const columns = columnsOf(table)
  const widths = columns.map(({ heads, cells }) =>
    Math.ceil(Math.max(...[...heads.slice(1), ...cells.map(({ text }) => text)].map(measure), 24)),
  )
  const starts = widths.map((_, at) => margin + widths.slice(0, at).reduce((sum, width) => sum + width + gap, 0))
  const inner = widths.reduce((sum, width) => sum + width + gap, -gap)
  const notes = about.flatMap((text) => wrapped(text, inner, (line) => measure(line) * (11 / pictureSize)))
  const width = Math.ceil(inner + 2 * margin)
  const top = margin + 2 * line + 6
  const bottom = top + table.rows.length * line + 6
  const height = Math.ceil(bottom + 10 + notes.length * 17 + margin)
  const write = (text: string, x: number, y: number, style: string): string =>
    text === '' ? '' : `<text x="${x}" y="${y}" ${style}>${escapedXml(text)}</text>`
  const rule = (y: number, weight: number): string =>
    `<line x1="${margin}" x2="${margin + inner}" y1="${y}" y2="${y}" stroke="${colors.rule}" stroke-width="${weight}"/>`
  const at = (column: number): number => (starts[column] ?? 0) + (columns[column]?.end ? (widths[column] ?? 0) : 0)
  const anchor = (column: Column): string => (column.end ? 'text-anchor="end"' : '')
  const parts = columns.flatMap((column, place) => [
    write(column.heads[0] ?? '', starts[place] ?? 0, margin + 15, 'font-weight="600"'),
    write(column.heads[1] ?? '', at(place), margin + line + 15, `${anchor(column)} fill="${colors.muted}"`),
    ...column.cells.map(({ text, bold }, row) =>
      write(text, at(place), top + row * line + 15, `${anchor(column)}${bold ? ' font-weight="700"' : ''}`),
    ),
  ])
  const below = notes.map((text, row) =>
    write(text, margin, bottom + 22 + row * 17, `font-size="11" fill="${colors.muted}"`),
  )
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${pictureFont}" font-size="${pictureSize}" fill="${colors.text}">`,
    `<rect width="100%" height="100%" fill="${colors.ground}"/>`,
    rule(margin, 1.4),
    rule(top - 2, 0.8),
    rule(bottom, 1.4),
    ...parts,
    ...below,
    '</svg>',
    '',
  ]
  return { svg: svg.filter((part, index) => part !== '' || index === svg.length - 1).join('\n'), width, height }
}
