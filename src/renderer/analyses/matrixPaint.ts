/** Confusion matrices as pictures: colours that people without one kind of cones tell apart, and the drawing. */

/** Room for the names of classes beside and above a matrix, in pixels. */
export const labelWidth = 92

/** Hex colours. */
export interface MatrixColors {
  /** Of nothing. */
  readonly ground: string
  /** Right answers, and what has become less. */
  readonly cool: string
  /** Mistakes, and what has become more. */
  readonly warm: string
  readonly light: string
  readonly dark: string
  readonly mark: string
}

/** Blue and orange, ends of a diverging scale of ColorBrewer (PuOr, RdBu): apart for all kinds of colour vision. */
export const matrixColors = (isDark: boolean): MatrixColors =>
  isDark
    ? { ground: '#232a35', cool: '#7db4ee', warm: '#f5a04c', light: '#ffffff', dark: '#000000', mark: '#ffffff' }
    : { ground: '#f1f4f7', cool: '#1f5fae', warm: '#b35806', light: '#ffffff', dark: '#000000', mark: '#1d2530' }

type Channels = readonly [number, number, number]
const channels = (hex: string): Channels =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Channels
const hexOf = (color: Channels): string =>
  `#${color.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`

/** Relative luminance of sRGB, 0 … 1 (WCAG 2.2). */
function luminance(color: Channels): number {
  const [red, green, blue] = color.map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as unknown as Channels
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/**
 * The colour of a share: √|share| of the way from the ground to its end, so that a few per cent stay visible.
 * @param value −1 … 1; its sign chooses the end where it is a difference
 * @param warm whether a share is of mistakes; differences go by their sign
 */
export function shadeOf(value: number, warm: boolean, colors: MatrixColors): string {
  const [from, to] = [channels(colors.ground), channels(warm ? colors.warm : colors.cool)]
  const way = Math.sqrt(Math.min(1, Math.abs(value)))
  return hexOf(from.map((start, at) => start + ((to[at] ?? 0) - start) * way) as unknown as Channels)
}

/** Of light and dark the one that is read better on a colour. */
export function inkOn(ground: string, { light, dark }: MatrixColors): string {
  const of = luminance(channels(ground))
  const contrast = (ink: string): number => {
    const [higher, lower] = [luminance(channels(ink)), of].sort((left, right) => right - left) as [number, number]
    return (higher + 0.05) / (lower + 0.05)
  }
  return contrast(light) > contrast(dark) ? light : dark
}

export interface MatrixPicture {
  /** Shares of the row, or signed differences of them. */
  readonly values: readonly (readonly number[])[]
  readonly signed: boolean
  /** Pixels of a cell's side. */
  readonly cell: number
  /** What stands in a cell; null: nothing, it is too small. */
  readonly textAt: ((row: number, column: number) => string) | null
  readonly marked: { readonly row: number; readonly column: number } | null
  readonly colors: MatrixColors
  readonly font: string
}

const warmAt = (value: number, row: number, column: number, signed: boolean): boolean =>
  signed ? value > 0 : row !== column

export function paintMatrix(context: CanvasRenderingContext2D, picture: MatrixPicture): void {
  const { values, signed, cell, textAt, marked, colors, font } = picture
  const gap = cell >= 16 ? 1 : 0.5
  context.clearRect(0, 0, cell * values.length, cell * values.length)
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.font = `${Math.max(9, Math.min(12, Math.round(cell * 0.36)))}px ${font}`
  for (const [row, line] of values.entries())
    for (const [column, value] of line.entries()) {
      const color = shadeOf(value, warmAt(value, row, column, signed), colors)
      context.fillStyle = color
      context.fillRect(column * cell, row * cell, cell - gap, cell - gap)
      const text = textAt?.(row, column)
      if (!text) continue
      context.fillStyle = inkOn(color, colors)
      context.fillText(text, (column + 0.5) * cell, (row + 0.54) * cell)
    }
  if (!marked) return
  context.strokeStyle = colors.mark
  context.lineWidth = 2
  context.strokeRect(marked.column * cell + 0.5, marked.row * cell + 0.5, cell - gap - 1, cell - gap - 1)
}
