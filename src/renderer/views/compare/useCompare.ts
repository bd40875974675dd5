import { computed } from 'vue'
import { publishedComparison, resultsOf, type ModelResult, type PublishedComparison } from '@shared/domain'
import { resultKey } from '../../charts/planeOption'
import { toCsv } from '../../format/csv'
import { dateTime } from '../../format/times'
import { useCompareStore, type CompareColumn } from '../../stores/compare'
import { useEngineStore } from '../../stores/engine'
import { useRunsStore } from '../../stores/runs'

export interface CompareRow extends ModelResult {
  key: string
  published: PublishedComparison | null
}

/** Rows of the compare view: teachers and students of all runs, filtered, with readable names. */
export function useCompare() {
  const runs = useRunsStore()
  const engine = useEngineStore()
  const store = useCompareStore()

  const defenseTitle = (defense: string): string =>
    defense === 'none'
      ? 'No defense'
      : defense
          .split('+')
          .map((id) => engine.titleOf('defense', id))
          .join(' + ')
  const modelName = (result: ModelResult): string =>
    result.kind === 'teacher' ? 'Teacher' : defenseTitle(result.defense ?? 'none')
  const ambiguous = computed(() => {
    const names = runs.runs.map((run) => run.name).sort()
    return new Set(names.filter((name, index) => name === names[index + 1]))
  })
  /** Runs of one name are told apart by their seed. */
  const nameOf = (result: ModelResult): string =>
    `${result.runName}${ambiguous.value.has(result.runName) ? `, seed ${result.seed}` : ''}: ${modelName(result)}`

  const all = computed<CompareRow[]>(() =>
    runs.runs.flatMap((run) =>
      resultsOf(run).map((result) => ({
        ...result,
        key: resultKey(result),
        published: publishedComparison(result, run.method),
      })),
    ),
  )
  const searchText = (row: CompareRow): string =>
    [
      row.runName,
      row.kind,
      row.attack,
      row.method,
      row.defense,
      row.data,
      row.state,
      `seed ${row.seed}`,
      modelName(row),
      engine.titleOf('attack', row.attack),
    ]
      .join(' ')
      .toLowerCase()
  const rows = computed(() => {
    const words = store.filter.toLowerCase().split(/\s+/).filter(Boolean)
    return words.length === 0
      ? all.value
      : all.value.filter((row) => words.every((word) => searchText(row).includes(word)))
  })
  const selectedRows = computed(() => all.value.filter((row) => store.selected.has(row.key)))

  const text = (row: CompareRow, column: CompareColumn): string | number | null => {
    switch (column) {
      case 'kind':
        return modelName(row)
      case 'data':
        return engine.titleOf('dataset', row.data)
      case 'attack':
        return engine.titleOf('attack', row.attack)
      case 'method':
        return row.method === null ? null : engine.titleOf('distillation', row.method)
      case 'defense':
        return row.defense
      case 'published':
        return row.published?.accuracy ?? null
      case 'createdAt':
        return dateTime(row.createdAt)
      case 'seed':
      case 'state':
      case 'accuracy':
      case 'asr':
      case 'robustAccuracy':
      case 'der':
      case 'rir':
      case 'seconds':
        return row[column]
    }
  }
  /** Fractions stay fractions: a spreadsheet computes with them. */
  const csv = (): string =>
    toCsv(
      [
        'run',
        'name',
        'stage',
        'kind',
        'data',
        'attack',
        'method',
        'defense',
        'seed',
        'state',
        'accuracy',
        'asr',
        'robust accuracy',
        'DER',
        'RIR',
        'published accuracy',
        'published ASR',
        'settings unlike published',
        'seconds',
        'created',
      ],
      rows.value.map((row) => [
        row.runId,
        row.runName,
        row.stageId,
        row.kind,
        row.data,
        row.attack,
        row.method,
        row.defense,
        row.seed,
        row.state,
        row.accuracy,
        row.asr,
        row.robustAccuracy,
        row.der,
        row.rir,
        row.published?.accuracy ?? null,
        row.published?.asr ?? null,
        row.published?.otherSettings.join('; ') ?? null,
        row.seconds,
        new Date(row.createdAt).toISOString(),
      ]),
    )
  return { runs, engine, store, all, rows, selectedRows, defenseTitle, modelName, nameOf, text, csv }
}
