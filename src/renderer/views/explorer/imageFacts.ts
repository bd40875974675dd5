/** What is known of one image, in words. */
import { ExhaustiveError } from '@shared/errors'
import { compact, percent } from '../../format/numbers'
import type { ColumnInfo } from './columns'
import type { ImageTable } from './imageTable'

export interface ImageFact {
  readonly id: string
  readonly title: string
  readonly text: string
  readonly isWarning: boolean
}

export function valueText({ kind }: ColumnInfo, value: number, className: (label: number) => string): string {
  switch (kind) {
    case 'class':
      return className(value)
    case 'share':
      return percent(value)
    case 'mark':
      return value === 1 ? 'yes' : 'no'
    case 'number':
      return compact(value)
    default:
      throw new ExhaustiveError(kind)
  }
}

/** Of the columns in which the image has a value. */
export const factsOf = (
  { columns }: ImageTable,
  image: number,
  { known, className }: { readonly known: readonly ColumnInfo[]; readonly className: (label: number) => string },
): ImageFact[] =>
  known.flatMap((column) => {
    const value = columns.get(column.id)?.[image]
    if (value === undefined || Number.isNaN(value)) return []
    const isWarning = column.kind === 'mark' && value === 1
    return [{ id: column.id, title: column.title, text: valueText(column, value, className), isWarning }]
  })
