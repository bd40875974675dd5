/** The colours of points by what is known of their images: classes, marks and numbers. */
import { ExhaustiveError } from '@shared/errors'
import type { ChartColors } from '../../charts/colors'
import type { ColumnInfo } from './columns'

/** Red, green and blue, 0 … 255 each. */
export type Rgb = readonly [number, number, number]

export const rgbOf = (hex: string): Rgb =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb
export const cssOf = ([red, green, blue]: Rgb): string => `rgb(${red}, ${green}, ${blue})`

/** `share` of the way from one to the other. */
export const between = (from: Rgb, to: Rgb, share: number): Rgb =>
  from.map((start, at) => Math.round(start + ((to[at] ?? 0) - start) * share)) as unknown as Rgb

/** Stops of viridis (van der Walt and Smith 2015), whose lightness rises evenly, for all kinds of colour vision. */
const viridis = ['#440154', '#3b528b', '#21918c', '#5ec962', '#fde725'].map(rgbOf)
/** What would be lost on the ground of each theme is left out. */
const rampEnds = { light: [0.9, 0], dark: [0.12, 1] } as const

/** @param share 0: the least, 1: the greatest */
export function rampColor(share: number, isDark: boolean): Rgb {
  const [first, last] = rampEnds[isDark ? 'dark' : 'light']
  const place = (first + (last - first) * Math.min(1, Math.max(0, share))) * (viridis.length - 1)
  const stop = Math.min(viridis.length - 2, Math.floor(place))
  return between(viridis[stop] ?? [0, 0, 0], viridis[stop + 1] ?? [0, 0, 0], place - stop)
}

/** Beyond the palette: hues a golden angle apart. */
function furtherColor(index: number, isDark: boolean): Rgb {
  const [hue, lightness, chroma] = [(index * 137.508) % 360, isDark ? 0.68 : 0.45, 0.28]
  return [0, 8, 4].map((offset) => {
    const turn = (offset + hue / 30) % 12
    return Math.round(255 * (lightness - chroma * Math.max(-1, Math.min(turn - 3, 9 - turn, 1))))
  }) as unknown as Rgb
}

export interface Coloring {
  readonly column: ColumnInfo
  readonly extent: { readonly from: number; readonly to: number }
  readonly colors: ChartColors
  readonly isDark: boolean
}

const classColor = (label: number, { colors, isDark }: Coloring): Rgb => {
  const known = colors.series[label]
  return known === undefined ? furtherColor(label, isDark) : rgbOf(known)
}

/** null where the value is not known. */
export function colorOf(value: number, coloring: Coloring): Rgb | null {
  const { column, extent, colors, isDark } = coloring
  if (Number.isNaN(value)) return null
  switch (column.kind) {
    case 'class':
      return value < 0 ? null : classColor(value, coloring)
    case 'mark':
      return rgbOf((value === 1 ? colors.series[0] : colors.series[1]) ?? colors.muted)
    case 'share':
    case 'number':
      return rampColor((value - extent.from) / Math.max(1e-12, extent.to - extent.from), isDark)
    default:
      throw new ExhaustiveError(column.kind)
  }
}

/** A colour as pixels have it, from the lowest byte: red, green, blue, alpha. */
export const wordOf = ([red, green, blue]: Rgb): number => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0

/** Of each value: as it is, and mixed with the ground where it stands back. */
export function pointWords(values: Float32Array, coloring: Coloring): { words: Uint32Array; faintWords: Uint32Array } {
  const { colors } = coloring
  const [ground, unknown] = [rgbOf(colors.panel), rgbOf(colors.line)]
  const known = new Map<number, readonly [number, number]>()
  const pairOf = (value: number): readonly [number, number] => {
    const color = colorOf(value, coloring) ?? unknown
    return [wordOf(color), wordOf(between(ground, color, 0.25))]
  }
  const [words, faintWords] = [new Uint32Array(values.length), new Uint32Array(values.length)]
  values.forEach((value, point) => {
    let pair = known.get(value)
    if (!pair) known.set(value, (pair = pairOf(value)))
    ;[words[point], faintWords[point]] = [pair[0], pair[1]]
  })
  return { words, faintWords }
}
