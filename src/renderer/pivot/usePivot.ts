import { computed, ref } from 'vue'
import {
  defaultQuery,
  fieldsOf,
  noLabel,
  pivotOf,
  seedField,
  tellsRecordsApart,
  type Pivot,
  type PivotModel,
  type PivotQuery,
  type StudySummary,
} from '@shared/domain'
import { defaultShown, type PivotShown } from '@shared/domain/pivotText'
import { useAxisLabels } from '../composables/useAxisLabels'
import { useStudiesStore } from '../stores/studies'

export type PivotKind = PivotModel['kind'] | 'both'

export interface PivotSource {
  readonly models: readonly PivotModel[]
  /** Axes of their study, for titles and the order of labels. */
  readonly axes: StudySummary['axes']
}

/** The reader's choice of rows, columns and what cells show; the table that follows from it. */
export function usePivot(source: () => PivotSource) {
  const studies = useStudiesStore()
  const { labelOf } = useAxisLabels()
  const chosen = ref<Pick<PivotQuery, 'rows' | 'columns'> | null>(null)
  const shown = ref<PivotShown>({ ...defaultShown, published: true, significance: true })
  const kind = ref<PivotKind>('student')

  const models = computed(() => source().models.filter((model) => kind.value === 'both' || model.kind === kind.value))
  const titles = computed(() => Object.fromEntries(source().axes.map(({ path, title }) => [path, title])))
  const fields = computed(() => fieldsOf(models.value, titles.value))
  /** Those that tell these models apart; the others would be a row of their own for nothing. */
  const offered = computed(() => {
    const placed = new Set([...query.value.rows, ...query.value.columns])
    const first = models.value[0]
    return fields.value.filter(
      ({ id }) => placed.has(id) || models.value.some(({ labels }) => labels[id] !== first?.labels[id]),
    )
  })
  const query = computed<PivotQuery>(() => {
    const usual = defaultQuery(models.value, source().axes)
    if (!chosen.value) return usual
    const known = new Set(fields.value.map(({ id }) => id))
    const rows = chosen.value.rows.filter((id) => known.has(id))
    const columns = chosen.value.columns.filter((id) => known.has(id) && !rows.includes(id))
    return { ...usual, rows, columns }
  })
  const pivot = computed<Pivot>(() => pivotOf(models.value, query.value))

  /** Puts fields on one side; they leave the other. */
  function place(side: 'rows' | 'columns', ids: readonly string[]): void {
    const { rows, columns } = query.value
    const left = (list: readonly string[]): string[] => list.filter((id) => !ids.includes(id))
    chosen.value = side === 'rows' ? { rows: ids, columns: left(columns) } : { rows: left(rows), columns: ids }
  }
  const show = (change: Partial<PivotShown>): void => {
    shown.value = { ...shown.value, ...change }
  }
  const anyPublished = computed(() => pivot.value.cells.some((row) => row.some((cell) => cell?.published)))
  const anyTests = computed(() => pivot.value.cells.some((row) => row.some((cell) => cell?.tests)))

  const nameOf = (field: string, label: string): string => {
    if (label === noLabel) return label
    if (field === 'study') return studies.byId.get(label)?.name ?? label
    if (field === 'model') return label === 'teacher' ? 'Teacher' : 'Student'
    return labelOf(field, label)
  }
  const titleOf = (id: string): string => fields.value.find((field) => field.id === id)?.title ?? id
  /** The same table with the names that people read in place of ids. */
  const named = computed<Pivot>(() => {
    const heads = (list: Pivot['rows'], ids: readonly string[]): Pivot['rows'] =>
      list.map(({ labels }) => ({ labels: labels.map((label, at) => nameOf(ids[at] ?? '', label)) }))
    const { rows, columns, rowFields, columnFields } = pivot.value
    return { ...pivot.value, rows: heads(rows, rowFields), columns: heads(columns, columnFields) }
  })
  return {
    ...{ models, fields, offered, query, pivot, named, place, titleOf },
    ...{ kind, shown, show, anyPublished, anyTests },
  }
}
export type PivotView = ReturnType<typeof usePivot>

/** Fields that only tell records apart stand last in a list of choices. */
export const fieldRank = (id: string): number => (id === seedField ? 1 : tellsRecordsApart(id) ? 2 : 0)
