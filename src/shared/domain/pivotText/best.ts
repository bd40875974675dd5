/** Which cells of a pivot are best. */
import { pivotStatisticOf, pivotValueOf, shownDigits, type Pivot, type PivotValue } from '../pivot'
import type { PivotShown } from './format'

/** A cell's place as `bestPlaces` names it. */
export const placeOf = (row: number, column: number): string => `${row} ${column}`

/** Places of the best of each row or column, by the value's direction; those written alike are best together. */
export function bestPlaces(
  pivot: Pivot,
  value: PivotValue,
  { bold, statistic }: Pick<PivotShown, 'bold' | 'statistic'>,
): ReadonlySet<string> {
  const definition = pivotValueOf(value)
  const best = new Set<string>()
  if (bold === 'none') return best
  const groups = new Map<number, { readonly place: string; readonly rank: number }[]>()
  for (const [row, cells] of pivot.cells.entries())
    for (const [column, cell] of cells.entries()) {
      const summary = cell?.values[value]
      const rank = summary ? pivotStatisticOf(statistic).rank(summary) : null
      if (rank === null) continue
      const group = bold === 'row' ? row : column
      const entry = { place: placeOf(row, column), rank: Number(shownDigits(rank, definition)) }
      groups.set(group, [...(groups.get(group) ?? []), entry])
    }
  for (const entries of groups.values()) {
    const ranks = entries.map(({ rank }) => rank)
    const top = definition.better === 'higher' ? Math.max(...ranks) : Math.min(...ranks)
    for (const { place, rank } of entries) if (rank === top) best.add(place)
  }
  return best
}
