/** Texts of the index, each kept once: what is compared without regard to case, and what orders them. */
import type { Database } from '../store'

export interface Texts {
  /** The number that stands for a text. */
  id(text: string): number
  read(id: number): string
  /** The number of what words are looked for in. */
  words(text: string): number
}

/** More are looked up again. */
const remembered = 20_000

export function createTexts(database: Database): Texts {
  const texts = new Map<number, string>()
  const keep = (id: number, text: string): void => {
    if (texts.size >= remembered) texts.clear()
    texts.set(id, text)
  }
  return {
    id: remembering((text) => {
      const found = database.get('SELECT id FROM index_texts WHERE text = ?', text)
      if (found) return Number(found.id)
      const made = database.get(
        'INSERT INTO index_texts (text, folded, rank) VALUES (?, ?, ?) RETURNING id',
        text,
        folded(text),
        rankOf(text),
      )
      return Number(made?.id)
    }),
    words: remembering((text) => {
      const found = database.get('SELECT id FROM index_words WHERE text = ?', folded(text))
      return Number((found ?? database.get('INSERT INTO index_words (text) VALUES (?) RETURNING id', folded(text)))?.id)
    }),
    read(id) {
      const known = texts.get(id)
      if (known !== undefined) return known
      const text = String(database.get('SELECT text FROM index_texts WHERE id = ?', id)?.text ?? '')
      keep(id, text)
      return text
    },
  }
}

function remembering(find: (text: string) => number): (text: string) => number {
  const ids = new Map<string, number>()
  return (text) => {
    const known = ids.get(text)
    if (known !== undefined) return known
    const id = find(text)
    if (ids.size >= remembered) ids.clear()
    ids.set(text, id)
    return id
  }
}

/** Without regard to case, and to how an accent is written. */
export const folded = (text: string): string => text.normalize('NFC').toLowerCase()

/** "seed 2" comes before "seed 10". */
const rankOf = (text: string): string =>
  folded(text)
    .slice(0, 200)
    .replace(/\d+/g, (digits) => digits.padStart(12, '0'))
