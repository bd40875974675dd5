import { computed, type ComputedRef, type Ref } from 'vue'
import type { CallResult } from '@shared/contract'
import { noDefense, noLabel, type Pivot } from '@shared/domain'
import { useAxisLabels } from '../composables/useAxisLabels'
import { useStudiesStore } from '../stores/studies'

/** The names that people read in the place of ids. */
export function usePivotNames(data: Ref<CallResult<'table.pivot'> | null>, pivot: ComputedRef<Pivot>) {
  const studies = useStudiesStore()
  const { labelOf } = useAxisLabels()

  const nameOf = (field: string, label: string): string => {
    if (label === noLabel) return label
    if (field === 'study') return studies.byId.get(label)?.name ?? label
    if (field === 'model') return label === 'teacher' ? 'Teacher' : 'Student'
    return labelOf(field, label)
  }
  const titleOf = (id: string): string => data.value?.fields.find((field) => field.id === id)?.title ?? id
  /** The same table with names. */
  const named = computed<Pivot>(() => {
    const heads = (list: Pivot['rows'], ids: readonly string[]): Pivot['rows'] =>
      list.map(({ labels }) => ({ labels: labels.map((label, at) => nameOf(ids[at] ?? '', label)) }))
    const { rows, columns, rowFields, columnFields, against } = pivot.value
    return {
      ...pivot.value,
      rows: heads(rows, rowFields),
      columns: heads(columns, columnFields),
      against: against === null ? null : nameOf('defenses', against),
    }
  })
  /** What the models may be compared with: at first no defense. */
  const comparable = computed(() => [
    { id: noDefense, title: 'no defense' },
    ...(data.value?.defenses ?? [])
      .filter((label) => label !== noDefense)
      .map((label) => ({ id: label, title: nameOf('defenses', label) })),
  ])
  return { named, comparable, titleOf }
}
