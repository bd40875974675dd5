/** Texts of the index, each kept once: what is compared without regard to case, and what orders them. */
import type { Database } from '../store'

export interface Texts {
  /** The number that stands for a text. */
  id(text: string): number
  read(id: number): string
}

/** More are looked up again. */
const remembered = 20_000

export function createTexts(database: Database): Texts {
  const ids = new Map<string, number>()
  const texts = new Map<number, string>()
  return {
    id(text) {
      const known = ids.get(text)
      if (known !== undefined) return known
      database.run(
        'INSERT OR IGNORE INTO index_texts (text, folded, rank) VALUES (?, ?, ?)',
        text,
        folded(text),
        rankOf(text),
      )
      const id = Number(database.get('SELECT id FROM index_texts WHERE text = ?', text)?.id)
      if (ids.size >= remembered) ids.clear()
      ids.set(text, id)
      return id
    },
    read(id) {
      const known = texts.get(id)
      if (known !== undefined) return known
      const text = String(database.get('SELECT text FROM index_texts WHERE id = ?', id)?.text ?? '')
      if (texts.size >= remembered) texts.clear()
      texts.set(id, text)
      return text
    },
  }
}

/** Without regard to case, and to how an accent is written. */
export const folded = (text: string): string => text.normalize('NFC').toLowerCase()

/** "seed 2" comes before "seed 10". */
const rankOf = (text: string): string =>
  folded(text)
    .slice(0, 200)
    .replace(/\d+/g, (digits) => digits.padStart(12, '0'))
