/** One way to files for every chart: it describes itself, this writes it. */
import { toCsv } from '@shared/domain'
import { ExhaustiveError } from '@shared/errors'
import { fileName } from '../../format/paths'
import { pngOf, textMeasure } from '../../format/picture'
import { printFont } from '../chartStyle'
import type { ChartDescription } from './description'
import type { ChartFormat } from './formats'
import { pgfplots } from './pgfplots'
import { chartSheet } from './sheet'

export interface ExportedChart {
  readonly name: string
  readonly type: string
  readonly data: Uint8Array | string
}

/** White ground, print colours, titles with units and the whole legend, whatever theme the page is in. */
export async function exportChart(description: ChartDescription, format: ChartFormat): Promise<ExportedChart> {
  const sheet = () => chartSheet(description, textMeasure(printFont))
  const file = (extension: string, type: string, data: Uint8Array | string): ExportedChart => ({
    name: `${fileName(description.fileName, 'chart')}.${extension}`,
    type,
    data,
  })
  switch (format) {
    case 'png2':
      return file('png', 'image/png', await pngOf(sheet(), 2))
    case 'png3':
      return file('png', 'image/png', await pngOf(sheet(), 3))
    case 'svg':
      return file('svg', 'image/svg+xml', sheet().svg)
    case 'pdf': {
      const { pdfOf } = await import('./pdf')
      return file('pdf', 'application/pdf', await pdfOf(sheet(), description.title))
    }
    case 'csv': {
      const { columns, rows } = await description.data()
      return file('csv', 'text/csv', toCsv(columns, rows))
    }
    case 'latex': {
      const { title, notes } = description
      return file('tex', 'application/x-tex', pgfplots({ title, notes, plot: description.latex() }))
    }
    default:
      throw new ExhaustiveError(format)
  }
}
