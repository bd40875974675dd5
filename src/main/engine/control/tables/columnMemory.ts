/** Columns that were asked for whole, in memory and in step with what is written: groups and planes need them again. */
import type { Database } from '../store'
import type { FactListener } from './factWriter'

/** By subject: a number, or the number of a text; NaN: nothing. */
interface KeptColumn {
  values: Float64Array
}

/** More are read again. */
const keptColumns = 80

export class ColumnMemory {
  private readonly columns = new Map<number, KeptColumn>()

  constructor(private readonly database: Database) {}

  /** By subject; beyond its end there is nothing. */
  read(path: number): Float64Array {
    const known = this.columns.get(path) ?? this.load(path)
    // The one that was used last is given up last.
    this.columns.delete(path)
    this.columns.set(path, known)
    const [oldest] = this.columns.keys()
    if (this.columns.size > keptColumns && oldest !== undefined) this.columns.delete(oldest)
    return known.values
  }

  readonly heard: FactListener = (path, subject, fact) => {
    const column = this.columns.get(path)
    if (!column) return
    if (subject >= column.values.length) column.values = extended(column.values, subject)
    column.values[subject] = fact === null ? NaN : (fact.text ?? fact.number ?? NaN)
  }

  forget(): void {
    this.columns.clear()
  }

  private load(path: number): KeptColumn {
    const rows = this.database.columns('SELECT subject, ifnull(text, number) FROM index_facts WHERE path = ?', path)
    const last = Number(rows.at(-1)?.[0] ?? 0)
    const values = new Float64Array(last + 1).fill(NaN)
    for (const [subject, value] of rows) values[subject as number] = value === null ? NaN : (value as number)
    return { values }
  }
}

function extended(values: Float64Array, subject: number): Float64Array {
  const longer = new Float64Array(Math.max(subject + 1, Math.ceil(values.length * 1.2))).fill(NaN)
  longer.set(values)
  return longer
}
