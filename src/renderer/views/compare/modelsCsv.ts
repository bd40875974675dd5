/** Models as a table for other programs: rates with their intervals and the images behind them. */
import { rateOfShare, toCsv, type TableValues } from '@shared/domain'

/** A rate and the column of the images that it was counted on. */
const rates = [
  { id: 'accuracy', images: 'images' },
  { id: 'asr', images: 'nonTarget' },
  { id: 'robustAccuracy', images: 'nonTarget' },
] as const
const before = ['name', 'model', 'data', 'attack', 'method', 'defenses', 'seed', 'state'] as const
const after = ['privileged', 'der', 'rir', 'health', 'seconds', 'created', 'execution.precision', 'arithmetic'] as const
const fixed: readonly string[] = [...before, ...rates.flatMap(({ id, images }) => [id, images]), ...after]

/** What the engine is asked for. @param shown columns of the table */
export const csvColumns = (shown: readonly string[]): string[] => [...new Set([...fixed, ...shown])]

type Cell = string | number | null

function cellOf({ columns }: TableValues, column: string, row: number): Cell {
  const value = columns[column]?.[row] ?? null
  if (typeof value !== 'number') return value?.replaceAll('\n', '; ') ?? null
  if (Number.isNaN(value)) return null
  return column === 'created' ? new Date(value).toISOString() : value
}

/** Fractions stay fractions: a spreadsheet computes with them. */
export function modelsCsv(values: TableValues, shown: readonly string[]): string {
  const more = shown.filter((column) => !fixed.includes(column) && values.columns[column] !== undefined)
  const head = [
    'run',
    'stage',
    ...before,
    ...rates.flatMap(({ id }) => [id, `${id} low`, `${id} high`, `${id} images`]),
    ...after,
    ...more,
  ]
  const rateCells = (row: number): Cell[] =>
    rates.flatMap(({ id, images }) => {
      const [value, of] = [cellOf(values, id, row), cellOf(values, images, row)]
      if (typeof value !== 'number') return [null, null, null, null]
      if (typeof of !== 'number' || of === 0) return [value, null, null, null]
      const { interval } = rateOfShare(value, of)
      return [value, interval.low, interval.high, of]
    })
  const plain = (list: readonly string[], row: number): Cell[] => list.map((column) => cellOf(values, column, row))
  return toCsv(
    head,
    values.keys.map((key, row) => {
      const slash = key.indexOf('/')
      return [
        key.slice(0, slash),
        key.slice(slash + 1),
        ...plain(before, row),
        ...rateCells(row),
        ...plain(after, row),
        ...plain(more, row),
      ]
    }),
  )
}
