/** What folders held, by their looks: names, sizes and times. One copied or unpacked again is the one that it was. */
import type { Database } from './database'

export interface FolderContents {
  /** The first look under which its content was met; null for a look that is new. */
  firstLook(look: string): string | null
  /** @param content a hash of what the folder of this look held */
  remember(look: string, content: string): void
}

/** `readOnly`: nothing is remembered. */
export const createFolderContents = (database: Database, { readOnly }: { readOnly: boolean }): FolderContents => ({
  firstLook(look) {
    const row = database.get(
      `SELECT met.look FROM folder_contents AS given JOIN folder_contents AS met ON met.content = given.content
        WHERE given.look = ? ORDER BY met.number LIMIT 1`,
      look,
    )
    return row ? String(row.look) : null
  },
  remember(look, content) {
    if (readOnly) return
    try {
      database.run('INSERT OR IGNORE INTO folder_contents (look, content) VALUES (?, ?)', look, content)
    } catch {
      // A full disk, say, keeps nobody from asking what an experiment takes; the folder is read again the next time.
    }
  },
})
