/** How far the journals of tasks were read, in the database that holds what was read. */
import type { KeptFile } from '../../protocol/taskFolder'
import type { Database } from './database'

export interface PositionsTable {
  /** Null where nothing was read yet, or an earlier version has kept it in the task's folder. */
  of(place: string): KeptFile | null
  /** Within the transaction of what lies before it. */
  keep(place: string, position: KeptFile): void
}

export const createPositionsTable = (database: Database): PositionsTable => ({
  of(place) {
    const row = database.get('SELECT record FROM journal_positions WHERE place = ?', place)
    return row ? (JSON.parse(String(row.record)) as KeptFile) : null
  },
  keep: (place, position) =>
    database.run(
      'INSERT OR REPLACE INTO journal_positions (place, record) VALUES (?, ?)',
      place,
      JSON.stringify(position),
    ),
})
