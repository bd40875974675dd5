import { computed, ref } from 'vue'
import { associationOf, type Association, type TableColumn, type TableValues } from '@shared/domain'
import type { ParallelAxis, ParallelLine } from '../../charts/parallelOption'
import { useTableValues } from '../../table/useTableValues'
import {
  kindsOf,
  measuredStudents,
  numbersOf,
  placesOn,
  resultAxes,
  resultColumns,
  settingAxis,
  varies,
} from './parameterValues'
import type { Compare } from './useCompare'

/** Among so many models it is looked which settings vary. */
const probed = 2000
/** Settings that vary beyond these are not looked at. */
const mostSettings = 40
/** Kinds that are more do not fit an axis. */
const mostKinds = 30
export const mostLines = 2000
const firstAxes = 5

export interface Importance {
  readonly column: TableColumn
  readonly accuracy: Association | null
  readonly asr: Association | null
}
const strength = ({ accuracy, asr }: Importance): number => Math.max(accuracy?.strength ?? 0, asr?.strength ?? 0)

/** Settings that vary among the students that match: how much of the results goes with each, and parallel axes. */
export function useParameters({ store, known, conditions, labelOf }: Compare) {
  const settings = computed(() => known.columns.value.filter(({ group }) => group === 'setting'))
  const probe = useTableValues('table.values', () =>
    settings.value.length > 0
      ? { of: 'models', query: store.query, columns: settings.value.map(({ id }) => id), limit: probed }
      : null,
  )
  const varying = computed(() => settings.value.filter(({ id }) => varies(probe.data.value, id)).slice(0, mostSettings))
  const { data, error, refresh } = useTableValues('table.values', () =>
    probe.data.value
      ? {
          of: 'models',
          query: store.query,
          columns: [...resultColumns, 'health', ...varying.value.map(({ id }) => id)],
        }
      : null,
  )
  const students = computed(() => (data.value ? measuredStudents(data.value) : null))
  const importance = computed(() => (students.value ? importanceOf(varying.value, students.value) : []))
  const chosen = ref<readonly string[] | null>(null)
  const axisIds = computed(() => chosen.value ?? importance.value.slice(0, firstAxes).map(({ column }) => column.id))
  const axes = computed<ParallelAxis[]>(() => {
    const values = students.value
    if (!values) return []
    const shown = varying.value.filter(({ id }) => axisIds.value.includes(id))
    return [...shown.map((column) => settingAxis(values, column, labelOf)), ...resultAxes].filter(
      ({ labels }) => labels.length <= mostKinds,
    )
  })
  /** By axis, in the order of the students: numbers, or places of kinds. */
  const places = computed(() =>
    axes.value.map((axis) => (students.value ? placesOn(axis, students.value, labelOf) : [])),
  )
  const lines = computed<ParallelLine[]>(() =>
    spread(students.value?.keys.length ?? 0, mostLines).map((row) => ({
      values: places.value.map((column) => column[row] ?? NaN),
      color: conditions.lookOf(students.value?.conditions[row] ?? 0).color,
    })),
  )
  /** Selects the students that lie in the intervals of every axis that has some. */
  function brush(intervals: AxisIntervals): void {
    const limited = axes.value.map(({ id }, at) => ({
      ranges: intervals.get(id) ?? [],
      column: places.value[at] ?? [],
    }))
    store.selected = new Set(rowsInside(limited).map((row) => students.value?.keys[row] ?? ''))
  }
  return {
    varying,
    importance,
    axes,
    axisIds,
    lines,
    count: computed(() => students.value?.keys.length ?? 0),
    loaded: computed(() => data.value !== null),
    error: computed(() => probe.error.value ?? error.value),
    refresh,
    choose: (ids: readonly string[]): void => {
      chosen.value = ids
    },
    brush,
  }
}

/** So many of the rows, evenly chosen, or all of fewer. */
const spread = (count: number, most: number): number[] =>
  Array.from({ length: Math.min(count, most) }, (_, at) => Math.floor(at * Math.max(1, count / most)))

/** By the id of an axis, from … to. */
export type AxisIntervals = ReadonlyMap<string, readonly (readonly [number, number])[]>

interface LimitedAxis {
  readonly ranges: readonly (readonly [number, number])[]
  readonly column: ArrayLike<number>
}

/** Rows that lie in a range of every axis that has some; none where no axis has. */
function rowsInside(axes: readonly LimitedAxis[]): number[] {
  const limited = axes.filter(({ ranges }) => ranges.length > 0)
  const count = limited[0]?.column.length ?? 0
  const inside = (row: number): boolean =>
    limited.every(({ ranges, column }) =>
      ranges.some(([low, high]) => (column[row] ?? NaN) >= low && (column[row] ?? NaN) <= high),
    )
  return Array.from({ length: count }, (_, row) => row).filter(inside)
}

function importanceOf(columns: readonly TableColumn[], values: TableValues): Importance[] {
  const [accuracy, asr] = [numbersOf(values, 'accuracy'), numbersOf(values, 'asr')]
  return columns
    .flatMap((column) => {
      const setting = values.columns[column.id]
      if (setting === undefined) return []
      const compared = column.kind === 'flag' ? kindsOf(setting) : setting
      return [{ column, accuracy: associationOf(compared, accuracy), asr: associationOf(compared, asr) }]
    })
    .filter((entry) => entry.accuracy !== null || entry.asr !== null)
    .sort((left, right) => strength(right) - strength(left))
}
