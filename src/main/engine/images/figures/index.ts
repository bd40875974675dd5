/** Draws figures as PNG. */
import { ExhaustiveError } from '../../../../shared/errors'
import { curveSvg, matrixLayout, matrixPixels, matrixSvg } from './drawing'
import type { CurveFigure, Figure, MatrixFigure } from './types'

export type { CurveFigure, Figure, MatrixFigure } from './types'

export interface DrawnFigure {
  readonly png: Uint8Array
  readonly width: number
  readonly height: number
}

export async function drawFigure(figure: Figure): Promise<DrawnFigure> {
  switch (figure.kind) {
    case 'matrix':
      return drawMatrix(figure)
    case 'curve':
      return drawCurve(figure)
    default:
      throw new ExhaustiveError(figure)
  }
}

const loadSharp = async () => (await import('sharp')).default

/** Cells are pixels enlarged, so that a hundred classes cost no more than ten. */
async function drawMatrix(figure: MatrixFigure): Promise<DrawnFigure> {
  const sharp = await loadSharp()
  const layout = matrixLayout(figure)
  const { width, height, left, top, plotWidth, plotHeight } = layout
  const cells = await sharp(matrixPixels(figure), {
    raw: { width: figure.columns.length, height: figure.rows.length, channels: 3 },
  })
    .resize(plotWidth, plotHeight, { kernel: 'nearest' })
    .png()
    .toBuffer()
  const png = await sharp({ create: { width, height, channels: 3, background: 'white' } })
    .composite([
      { input: cells, left, top },
      { input: Buffer.from(matrixSvg(figure, layout)), left: 0, top: 0 },
    ])
    .png()
    .toBuffer()
  return { png, width, height }
}

async function drawCurve(figure: CurveFigure): Promise<DrawnFigure> {
  const sharp = await loadSharp()
  const { svg, width, height } = curveSvg(figure)
  return { png: await sharp(Buffer.from(svg)).flatten({ background: 'white' }).png().toBuffer(), width, height }
}
