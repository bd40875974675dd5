/** Settings and results of the students that match, as parallel axes and as what is compared. */
import { countsInMeans, type TableColumn, type TableValues } from '@shared/domain'
import type { ParallelAxis } from '../../charts/parallelOption'
import { teacherNumber } from '../../charts/plane/points'
import { findingsIn } from './findings'

export const resultColumns = ['accuracy', 'asr'] as const

/** A column as kinds: flags are "no" and "yes"; null where there is none. */
export const kindsOf = (column: Float64Array | readonly (string | null)[]): (string | null)[] =>
  column instanceof Float64Array
    ? Array.from(column, (value) => (Number.isNaN(value) ? null : value === 0 ? 'no' : 'yes'))
    : [...column]

export const numbersOf = (values: TableValues, id: string): Float64Array => {
  const column = values.columns[id]
  return column instanceof Float64Array ? column : new Float64Array(values.keys.length).fill(NaN)
}

export function varies(values: TableValues | null, id: string): boolean {
  const column = values?.columns[id] ?? []
  const seen = new Set<string | number>()
  for (const value of column) {
    if (value === null || Number.isNaN(value)) continue
    seen.add(value)
    if (seen.size > 1) return true
  }
  return false
}

/** Students with both rates whose rates say something. */
export function measuredStudents(values: TableValues): TableValues {
  const [accuracy, asr] = resultColumns.map((id) => numbersOf(values, id))
  const health = values.columns['health'] ?? []
  const rows = values.keys.flatMap((_, row) =>
    values.conditions[row] !== teacherNumber &&
    !Number.isNaN(accuracy?.[row] ?? NaN) &&
    !Number.isNaN(asr?.[row] ?? NaN) &&
    countsInMeans({ health: findingsIn(health[row]) })
      ? [row]
      : [],
  )
  return {
    ...values,
    keys: rows.map((row) => values.keys[row] ?? ''),
    conditions: Int32Array.from(rows, (row) => values.conditions[row] ?? 0),
    columns: Object.fromEntries(
      Object.entries(values.columns).map(([id, column]) => [
        id,
        column instanceof Float64Array
          ? Float64Array.from(rows, (row) => column[row] ?? NaN)
          : rows.map((row) => column[row] ?? null),
      ]),
    ),
  }
}

export const resultAxes: readonly ParallelAxis[] = [
  { id: 'accuracy', title: 'Accuracy', kind: 'share', labels: [] },
  { id: 'asr', title: 'ASR', kind: 'share', labels: [] },
]

type LabelOf = (column: string, value: string | null) => string

export function settingAxis(values: TableValues, { id, title, kind }: TableColumn, labelOf: LabelOf): ParallelAxis {
  const column = values.columns[id] ?? []
  if (column instanceof Float64Array && kind !== 'flag') return { id, title, kind: 'number', labels: [] }
  const words = new Set(kindsOf(column).map((word) => labelOf(id, word)))
  return { id, title, kind: 'kinds', labels: [...words].sort((left, right) => left.localeCompare(right, 'en')) }
}

export function placesOn({ id, kind, labels }: ParallelAxis, values: TableValues, labelOf: LabelOf): ArrayLike<number> {
  const column = values.columns[id] ?? []
  if (kind !== 'kinds') return numbersOf(values, id)
  const places = new Map(labels.map((label, place) => [label, place]))
  return kindsOf(column).map((word) => places.get(labelOf(id, word)) ?? NaN)
}
