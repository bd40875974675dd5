/** The index over the run store, kept in step with its changes, and the calls that it answers. */
import { askedOfModel, openDatabase, type RunStore } from '../store'
import { indexCalls, type IndexCalls } from './calls'
import { placeOfStage, type TableSource } from './source'
import { TableIndex, type TableIndexOptions } from './tableIndex'

export interface TableServiceOptions extends Pick<TableIndexOptions, 'table' | 'metrics' | 'onChange' | 'onError'> {
  readonly store: RunStore
  /** The workspace belongs to another engine: its index is left alone, and one is made in memory. */
  readonly readOnly: boolean
  readonly studies: TableSource['studies']
}

export interface TableService {
  readonly calls: IndexCalls
  /** When everything that has changed so far is in the index. */
  filled(): Promise<void>
  close(): void
}

export function createTableService({ store, readOnly, studies, ...options }: TableServiceOptions): TableService {
  const source: TableSource = { ...sourceOf(store), studies }
  const own = readOnly ? openDatabase(':memory:') : null
  const index = new TableIndex({ ...options, source, database: own ?? store.database })
  if (own) for (const id of source.runIds()) index.runChanged(id)
  store.runs.onChange((id) => index.runChanged(id))
  store.stages.onChange((place) => index.placeChanged(place))
  store.asked.onChange((runId) => {
    if (!store.runs.has(runId)) return
    for (const stage of store.runs.peek(runId).stages) index.placeChanged(placeOfStage(runId, stage))
  })
  return {
    calls: indexCalls(index, source),
    filled: () => index.filled(),
    close() {
      index.close()
      own?.close()
    },
  }
}

const sourceOf = ({ runs, metrics, asked }: RunStore): Omit<TableSource, 'studies'> => ({
  runIds: () => runs.ids(),
  has: (id) => runs.has(id),
  run: (id) => runs.peek(id),
  config(id) {
    try {
      return runs.config(id)
    } catch {
      // The record says so itself; what its summary repeats is known.
      return null
    }
  },
  lastValues: (place) => metrics.last(place),
  analysed: (place) =>
    askedOfModel(place, { asked, runs }).flatMap(({ analysis, state, numbers }) =>
      state === 'done' && numbers ? [{ analysis, numbers }] : [],
    ),
  naming: (place) => runs.naming(place),
})

export { indexCalls, type IndexCalls } from './calls'
export { placeOfStage, type TableSource } from './source'
export { TableIndex } from './tableIndex'
