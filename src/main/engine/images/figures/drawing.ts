/** Figures as shapes and words. */
import type { CurveFigure, MatrixFigure } from './types'

const font = 'font-family="DejaVu Sans, Liberation Sans, Arial, sans-serif"'
const ink = '#1f2430'
const line = '#c9ced8'
/** The darkest cell. */
const dark = [13, 59, 110] as const

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

interface Placed {
  readonly x: number
  readonly y: number
  readonly size?: number
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly turned?: boolean
}

const label = (words: string, { x, y, size = 12, anchor = 'middle', turned = false }: Placed): string =>
  `<text x="${x}" y="${y}" ${font} font-size="${size}" fill="${ink}" text-anchor="${anchor}"${
    turned ? ` transform="rotate(-90 ${x} ${y})"` : ''
  }>${escaped(words)}</text>`

export interface MatrixLayout {
  readonly width: number
  readonly height: number
  readonly left: number
  readonly top: number
  readonly plotWidth: number
  readonly plotHeight: number
  /** Names of rows and columns fit. */
  readonly named: boolean
}

const plotSize = 480
const namedAtMost = 24
/** A name is cut behind so many letters. */
const nameLength = 14

export function matrixLayout({ rows, columns }: MatrixFigure): MatrixLayout {
  const cell = Math.max(2, Math.floor(plotSize / Math.max(rows.length, columns.length, 1)))
  const [plotWidth, plotHeight] = [cell * columns.length, cell * rows.length]
  const named = Math.max(rows.length, columns.length) <= namedAtMost
  const [left, top, below] = named ? [140, 56, 130] : [56, 56, 44]
  return { plotWidth, plotHeight, left, top, named, width: left + plotWidth + 24, height: top + plotHeight + below }
}

/** √ of each share: rare mistakes stay visible. RGB, [row][column]. */
export function matrixPixels({ rows, columns, shares }: MatrixFigure): Uint8Array {
  const pixels = new Uint8Array(rows.length * columns.length * 3)
  let at = 0
  for (let row = 0; row < rows.length; row++)
    for (let column = 0; column < columns.length; column++) {
      const depth = Math.sqrt(Math.min(1, Math.max(0, shares[row]?.[column] ?? 0)))
      for (const channel of dark) pixels[at++] = Math.round(255 - depth * (255 - channel))
    }
  return pixels
}

const cut = (name: string): string => (name.length > nameLength ? `${name.slice(0, nameLength - 1)}…` : name)

export function matrixSvg(figure: MatrixFigure, layout: MatrixLayout): string {
  const { left, top, plotWidth, plotHeight, width, height, named } = layout
  const rowHeight = plotHeight / Math.max(1, figure.rows.length)
  const columnWidth = plotWidth / Math.max(1, figure.columns.length)
  const size = Math.min(12, Math.max(7, rowHeight * 0.7))
  const names = named
    ? [
        ...figure.rows.map((name, row) =>
          label(cut(name), { x: left - 6, y: top + (row + 0.5) * rowHeight + size / 3, size, anchor: 'end' }),
        ),
        ...figure.columns.map((name, column) =>
          label(cut(name), {
            x: left + (column + 0.5) * columnWidth + size / 3,
            y: top + plotHeight + 6,
            size,
            anchor: 'end',
            turned: true,
          }),
        ),
      ]
    : []
  return svgOf(width, height, [
    `<rect x="${left - 0.5}" y="${top - 0.5}" width="${plotWidth + 1}" height="${plotHeight + 1}" fill="none" stroke="${line}"/>`,
    label(figure.title, { x: left + plotWidth / 2, y: 30, size: 15 }),
    label(figure.x, { x: left + plotWidth / 2, y: height - 12 }),
    label(figure.y, { x: 18, y: top + plotHeight / 2, turned: true }),
    ...names,
  ])
}

export function curveSvg({ title, x, y, points }: CurveFigure): { svg: string; width: number; height: number } {
  const [width, height, left, top, size] = [560, 520, 64, 48, 400]
  const place = ([across, up]: readonly [number, number]): string =>
    `${(left + across * size).toFixed(1)},${(top + (1 - up) * size).toFixed(1)}`
  const ticks = [0, 0.25, 0.5, 0.75, 1].flatMap((tick) => [
    `<path d="M${left + tick * size} ${top}v${size}M${left} ${top + tick * size}h${size}" stroke="${line}" fill="none"/>`,
    label(String(tick), { x: left + tick * size, y: top + size + 18, size: 11 }),
    label(String(tick), { x: left - 8, y: top + (1 - tick) * size + 4, size: 11, anchor: 'end' }),
  ])
  const svg = svgOf(width, height, [
    label(title, { x: left + size / 2, y: 28, size: 15 }),
    ...ticks,
    `<polyline points="${points.map(place).join(' ')}" fill="none" stroke="rgb(${dark.join(',')})" stroke-width="2"/>`,
    label(x, { x: left + size / 2, y: height - 14 }),
    label(y, { x: 18, y: top + size / 2, turned: true }),
  ])
  return { svg, width, height }
}

const svgOf = (width: number, height: number, parts: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join('')}</svg>`
