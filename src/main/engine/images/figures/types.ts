/** What an analysis shows as a picture, as numbers: whoever draws it chooses size and colours. */

interface FigureText {
  /** Tells it from the analysis's other figures, e.g. "confusion". */
  readonly name: string
  readonly title: string
  readonly x: string
  readonly y: string
}

/** A table of numbers as shades; row 0 is at the top. */
export interface MatrixFigure extends FigureText {
  readonly kind: 'matrix'
  readonly rows: readonly string[]
  readonly columns: readonly string[]
  /** Shares 0…1, [row][column]. */
  readonly shares: readonly (readonly number[])[]
}

/** Lines over a square from 0 to 1 on both axes. */
export interface CurveFigure extends FigureText {
  readonly kind: 'curve'
  readonly points: readonly (readonly [x: number, y: number])[]
}

export type Figure = MatrixFigure | CurveFigure
