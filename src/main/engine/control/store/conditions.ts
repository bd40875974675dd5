/** The conditions of a workspace's models, numbered as they came: a number is never given twice. */
import type { Database } from './database'

export interface ConditionsTable {
  /** The number of a condition; the next one for a condition that is new here. */
  numberOf(key: string): number
}

/** `readOnly`: new ones are numbered as long as this store is open, and not written. */
export function createConditionsTable(database: Database, { readOnly }: { readOnly: boolean }): ConditionsTable {
  const numbers = new Map(
    database.all('SELECT key, number FROM conditions').map(({ key, number }) => [String(key), Number(number)]),
  )
  return {
    numberOf(key) {
      const known = numbers.get(key)
      if (known !== undefined) return known
      const number = numbers.size
      if (!readOnly) database.run('INSERT INTO conditions (key, number) VALUES (?, ?)', key, number)
      numbers.set(key, number)
      return number
    },
  }
}
