import { computed } from 'vue'
import { storeToRefs } from 'pinia'
import { shortTitle, type RunSummary, type SavedView } from '@shared/domain'
import { useEngineStore } from '../../stores/engine'
import { useRunsStore } from '../../stores/runs'
import { useRunTableStore, usualRunColumns } from '../../stores/runTable'
import { useStudiesStore } from '../../stores/studies'
import { isNumeric } from '../../table/cellText'
import type { GridColumn, GroupLine, RowLine } from '../../table/types'
import { useTableAddress } from '../../table/useTableAddress'
import { useTableColumns } from '../../table/useTableColumns'
import { useTableRows } from '../../table/useTableRows'
import { useTableSelection } from '../../table/useTableSelection'

/** Of columns that are drawn by more than their value. The rest is as wide as their kind wants. */
const shapes: Readonly<Record<string, Partial<GridColumn>>> = {
  name: { title: 'Name', width: 230, widest: 620, pinned: true },
  results: {
    title: 'Students: accuracy / ASR, %',
    kind: 'text',
    // Three students of a usual run.
    width: 398,
    widest: 760,
    unsorted: true,
    definition: 'Of each student its clean accuracy and its attack success rate.',
  },
  state: { width: 136 },
  data: { title: 'Data', width: 112 },
  attack: { title: 'Attack', width: 128 },
  method: { title: 'Method', width: 90 },
  tags: { width: 100 },
  note: { width: 220 },
  seed: { width: 70 },
  seconds: { width: 100 },
  created: { width: 96 },
}
/** "71.2 ± 1.3 % n 36" */
const groupedWidth = 146
const groupNameWidth = 320
const usualWidth = { text: 140, number: 96, share: 96, seconds: 104, bytes: 90, time: 116, state: 128, flag: 84 }
/** What a group tells in place of the results of single students. */
const groupResults = ['accuracy', 'asr']
/** Columns whose values are members, by the family that knows their titles. */
const families = { data: 'dataset', attack: 'attack', method: 'distillation' } as const
export const familyOf = (column: string) =>
  families[column as keyof typeof families] as (typeof families)['data'] | undefined

/** The list of runs: what it shows, what is asked for it, what is selected. */
export function useRunsView() {
  const engine = useEngineStore()
  const runs = useRunsStore()
  const studies = useStudiesStore()
  const store = useRunTableStore()
  const { query, columns, order, groupBy, selected } = storeToRefs(store)
  useTableAddress({ query, order, groupBy })
  const known = useTableColumns('runs')

  const titleOf = (id: string): string => shapes[id]?.title ?? known.byId.value.get(id)?.title ?? id
  const gridColumn = (id: string): GridColumn | null => {
    const column = known.byId.value.get(id)
    if (!column && id !== 'results') return null
    const kind = column?.kind ?? 'text'
    const unit = column?.unit && isNumeric(kind) && kind === 'number' ? `, ${column.unit}` : ''
    const definition = column?.definition === undefined ? {} : { definition: column.definition }
    const own = { width: usualWidth[kind], ...shapes[id] }
    if (groupBy.value.length > 0) own.width = id === 'name' ? groupNameWidth : Math.max(own.width, groupedWidth)
    return { id, title: `${titleOf(id)}${unit}`, kind, ...definition, ...own }
  }
  /**
   * The name leads, since it stays in sight. Of groups means stand where results of single students would, and nothing
   * of which there is no mean.
   */
  const shown = computed(() => {
    const rest = columns.value.filter((id) => id !== 'name')
    const grouped = groupBy.value.length > 0
    const own = grouped ? [...groupResults, ...rest.filter((id) => !groupResults.includes(id))] : rest
    const all = ['name', ...own].flatMap((id) => gridColumn(id) ?? [])
    return grouped ? all.filter(({ id, kind }) => id === 'name' || isNumeric(kind)) : all
  })
  const asked = computed(() => shown.value.map(({ id }) => id).filter((id) => id !== 'results'))
  const rows = useTableRows(
    () =>
      known.loaded.value
        ? {
            of: 'runs',
            query: query.value,
            columns: asked.value,
            measures: shown.value.filter(({ id, kind }) => id !== 'results' && isNumeric(kind)).map(({ id }) => id),
            order: order.value.filter(({ column }) => known.byId.value.has(column)),
            groupBy: groupBy.value.filter((id) => known.byId.value.has(id)),
          }
        : null,
    runs.meet,
  )
  const selection = useTableSelection(rows, selected)

  /** A run as it is now: what is at work changes more often than the table is asked. */
  const runOf = (line: RowLine): RunSummary | null => runs.byId.get(line.row.runId) ?? line.run
  const groupText = (line: GroupLine): string =>
    line.group.labels.map((label, side) => labelText(groupBy.value[side] ?? '', label)).join(' · ')
  function labelText(column: string, label: GroupLine['group']['labels'][number]): string {
    if (label === null) return `no ${titleOf(column).toLowerCase()}`
    const family = familyOf(column)
    if (family) return shortTitle(engine.member, family, String(label))
    if (column === 'study') return studies.byId.get(String(label))?.name ?? String(label)
    return typeof label === 'string' ? known.wordsOf(column, label) : `${titleOf(column)} ${String(label)}`
  }
  function use(view: SavedView): void {
    query.value = view.query
    columns.value = view.columns
    order.value = view.order
    groupBy.value = view.groupBy
  }
  const reset = (): void => {
    columns.value = usualRunColumns
  }
  return {
    ...{ query, columns, order, groupBy, known, shown, rows, selection },
    ...{ titleOf, runOf, groupText, use, reset },
  }
}
export type RunsViewState = ReturnType<typeof useRunsView>
