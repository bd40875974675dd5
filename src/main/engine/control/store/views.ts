/** Views of tables that people have saved. */
import { randomBytes } from 'node:crypto'
import type { SavedView } from '../../../../shared/domain'
import { textOf, type Database } from './database'

export interface ViewsTable {
  /** By name; what cannot be read is left out. */
  all(): SavedView[]
  /** One of that name and table is replaced. */
  save(view: Omit<SavedView, 'id'>): SavedView
  /** @returns whether it was there */
  remove(id: string): boolean
}

export function createViewsTable(database: Database): ViewsTable {
  const idOf = (view: Pick<SavedView, 'of' | 'name'>): string | undefined => {
    const row = database.get('SELECT id FROM views WHERE of_table = ? AND name = ?', view.of, view.name)
    return row && String(row.id)
  }
  return {
    all: () =>
      database
        .columns('SELECT id, CAST(record AS BLOB) FROM views ORDER BY of_table, name COLLATE NOCASE')
        .flatMap(([id, record]) => {
          try {
            return [{ ...(JSON.parse(textOf(record)) as SavedView), id: String(id) }]
          } catch {
            return []
          }
        }),
    save(view) {
      const id = idOf(view) ?? randomBytes(6).toString('hex')
      database.run(
        'INSERT OR REPLACE INTO views (id, of_table, name, record) VALUES (?, ?, ?, ?)',
        id,
        view.of,
        view.name,
        JSON.stringify(view),
      )
      return { id, ...view }
    },
    remove(id) {
      const there = database.get('SELECT id FROM views WHERE id = ?', id) !== undefined
      if (there) database.run('DELETE FROM views WHERE id = ?', id)
      return there
    },
  }
}
