/**
 * What only runs that are gone have said. Rows of a run go with it; parts, texts and words, which runs have in common,
 * stay until so many runs are gone that looking for the unused ones is worth it.
 */
import type { Database } from '../store'
import { runParts } from './settings'

/** Runs that are gone since the last time. */
const worthIt = 500

const gone = (database: Database): number =>
  Number(database.get("SELECT value FROM index_about WHERE name = 'gone'")?.value ?? 0)

const note = (database: Database, count: number): void =>
  database.run("INSERT OR REPLACE INTO index_about (name, value) VALUES ('gone', ?)", String(count))

export const runIsGone = (database: Database): void => note(database, gone(database) + 1)

const usedParts = [
  ...[...runParts, 'defenses'].map((part) => `SELECT ${part} FROM index_runs`),
  'SELECT defenses FROM index_models',
].join(' UNION ')
const subjects = ['runs', 'places', 'models', 'parts'].map((name) => `SELECT number FROM index_${name}`).join(' UNION ')

/** In their order: a fact's text is unused once its part is. */
const removals = [
  `DELETE FROM index_parts WHERE number NOT IN (${usedParts})`,
  `DELETE FROM index_facts WHERE subject NOT IN (${subjects})`,
  'DELETE FROM index_values WHERE (path, text) NOT IN (SELECT path, text FROM index_facts WHERE text IS NOT NULL)',
  'DELETE FROM index_texts WHERE id NOT IN (SELECT text FROM index_facts WHERE text IS NOT NULL)',
  'DELETE FROM index_words WHERE id NOT IN (SELECT words FROM index_runs UNION SELECT words FROM index_models)',
]

/** Within a transaction. Returns whether numbers that somebody may remember are gone. */
export function removeLeftovers(database: Database): boolean {
  if (gone(database) < worthIt) return false
  for (const removal of removals) database.run(removal)
  note(database, 0)
  return true
}
