import { pivotStatisticOf, pivotValueOf, valueText, type Pivot, type PivotValue } from '@shared/domain'
import type { PivotShown } from '@shared/domain/pivotText'

/** Places ("row column") of the best of each row or column; those that are written alike are best together. */
export function bestPlaces(pivot: Pivot, value: PivotValue, { bold, statistic }: PivotShown): Set<string> {
  const definition = pivotValueOf(value)
  const groups = new Map<number, { place: string; rank: number }[]>()
  if (bold === 'none') return new Set()
  pivot.cells.forEach((row, at) =>
    row.forEach((cell, column) => {
      const summary = cell?.values[value]
      const rank = summary ? pivotStatisticOf(statistic).rank(summary) : null
      if (rank === null) return
      const group = bold === 'row' ? at : column
      const entry = { place: `${at} ${column}`, rank: Number(valueText(rank, definition)) }
      groups.set(group, [...(groups.get(group) ?? []), entry])
    }),
  )
  const best = new Set<string>()
  for (const entries of groups.values()) {
    const ranks = entries.map(({ rank }) => rank)
    const top = definition.better === 'higher' ? Math.max(...ranks) : Math.min(...ranks)
    for (const { place, rank } of entries) if (rank === top) best.add(place)
  }
  return best
}
