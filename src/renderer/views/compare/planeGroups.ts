/** Models of one value in each grouping column as one point of the plane: their means, with t intervals. */
import { summaryOf, type Interval, type Summary, type TableValues } from '@shared/domain'
import { mixedCondition, numbersIn, pointsFrom, type PlanePoints } from '../../charts/plane/points'

export interface PlaneGroup {
  readonly key: string
  readonly labels: readonly (string | null)[]
  /** Keys of its models, those without rates included. */
  readonly members: readonly string[]
  readonly accuracy: Summary
  readonly asr: Summary
  /** Models whose rates are left out of the means. */
  readonly leftOut: number
}
export interface GroupedPlane {
  readonly points: PlanePoints
  readonly groups: ReadonlyMap<string, PlaneGroup>
}

const labelIn = (values: TableValues, column: string, row: number): string | null => {
  const label = values.columns[column]?.[row] ?? null
  return typeof label === 'number' ? (Number.isNaN(label) ? null : String(label)) : label
}

/** Means of those that count, over groups in which both rates are known of one at least. */
export function groupedPlane(
  values: TableValues,
  by: readonly string[],
  isHollow: (row: number) => boolean,
): GroupedPlane {
  const rows = new Map<string, number[]>()
  values.keys.forEach((_, row) => {
    const key = JSON.stringify(by.map((column) => labelIn(values, column, row)))
    const known = rows.get(key)
    if (known) known.push(row)
    else rows.set(key, [row])
  })
  const [accuracies, asrs] = [numbersIn(values, 'accuracy'), numbersIn(values, 'asr')]
  const groups = new Map<string, PlaneGroup>()
  const points = [...rows].flatMap(([key, members]) => {
    const counted = members.filter((row) => !isHollow(row))
    const [accuracy, asr] = [summaryAt(accuracies, counted), summaryAt(asrs, counted)]
    if (!accuracy || !asr) return []
    groups.set(key, {
      key,
      labels: by.map((column) => labelIn(values, column, members[0] ?? 0)),
      members: members.map((row) => values.keys[row] ?? ''),
      accuracy,
      asr,
      leftOut: members.length - counted.length,
    })
    const kinds = new Set(members.map((row) => values.conditions[row] ?? mixedCondition))
    const [first = mixedCondition] = kinds
    const condition = kinds.size === 1 ? first : mixedCondition
    return [{ key, accuracy: accuracy.mean, asr: asr.mean, condition, hollow: false }]
  })
  return { points: pointsFrom(points), groups }
}

const summaryAt = (values: Float64Array, rows: readonly number[]): Summary | null =>
  summaryOf(rows.map((row) => values[row] ?? NaN).filter((value) => Number.isFinite(value)))

/** What means reach to; null of one model. */
export const meanCross = ({
  key,
  accuracy,
  asr,
}: PlaneGroup): { key: string; accuracy: Interval | null; asr: Interval | null } => ({
  key,
  accuracy: accuracy.interval,
  asr: asr.interval,
})
