/** Places of finished stages whose checkpoints are still to be thinned, so that no kill leaves them all for good. */
import type { Database } from './database'

export interface UnthinnedTable {
  add(places: readonly string[]): void
  remove(places: readonly string[]): void
  all(): string[]
}

export const createUnthinnedTable = (database: Database): UnthinnedTable => ({
  add: (places) =>
    database.run('INSERT OR IGNORE INTO unthinned (place) SELECT value FROM json_each(?)', JSON.stringify(places)),
  remove: (places) =>
    database.run('DELETE FROM unthinned WHERE place IN (SELECT value FROM json_each(?))', JSON.stringify(places)),
  all: () => database.columns('SELECT place FROM unthinned').map(([place]) => String(place)),
})
