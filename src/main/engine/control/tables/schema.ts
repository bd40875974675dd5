/**
 * The tables of the index. They are derived: where they are of another version, or the members of the catalogue have
 * changed, they are dropped and filled anew.
 */
import type { Database } from '../store'

/** Raised with every change of these tables or of what is written into them. */
const version = 1

/**
 * Facts lie column by column: those of one path are neighbours, so that a condition, an order or a group reads only
 * what it asks for. A subject is a run, a stage at its place (whichever runs name it), or a model (a run's stage).
 * Texts are kept once, with what is compared (`folded`) and what orders them (`rank`).
 */
const tables = `
  CREATE TABLE index_about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE index_paths (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
  CREATE TABLE index_texts (
    id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, folded TEXT NOT NULL, rank TEXT NOT NULL
  );
  CREATE TABLE index_runs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created REAL NOT NULL, shelf INTEGER NOT NULL,
    words INTEGER NOT NULL, model INTEGER NOT NULL, place INTEGER NOT NULL, teacher INTEGER NOT NULL
  );
  CREATE TABLE index_places (
    number INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE, key TEXT, stamp TEXT NOT NULL, counts INTEGER NOT NULL
  );
  CREATE INDEX index_places_by_key ON index_places (key);
  CREATE TABLE index_models (
    number INTEGER PRIMARY KEY, run INTEGER NOT NULL, position INTEGER NOT NULL, stage TEXT NOT NULL,
    kind INTEGER NOT NULL, place INTEGER NOT NULL, teacher INTEGER NOT NULL, words INTEGER NOT NULL,
    condition INTEGER NOT NULL, pair INTEGER, undefended INTEGER NOT NULL, twin INTEGER, UNIQUE (run, stage)
  );
  CREATE INDEX index_models_by_place ON index_models (place);
  CREATE INDEX index_models_by_pair ON index_models (pair) WHERE pair IS NOT NULL;
  CREATE TABLE index_facts (
    path INTEGER NOT NULL, subject INTEGER NOT NULL, number REAL, text INTEGER, PRIMARY KEY (path, subject)
  ) WITHOUT ROWID;
`
const names = ['about', 'paths', 'texts', 'runs', 'places', 'models', 'facts'] as const

/** Where a run is shown: in the lists, in the archive, or not at all (the bin). */
export const shelves = { shown: 0, archived: 1, bin: 2 } as const
/** A run without models has one row of this kind, so that it is found all the same. */
export const modelKinds = { none: 0, teacher: 1, student: 2 } as const

/** @returns whether it is empty and everything is to be indexed */
export function prepareTables(database: Database, fingerprint: string): boolean {
  const mark = `${version} ${fingerprint}`
  const there = database.get("SELECT name FROM sqlite_master WHERE name = 'index_about'") !== undefined
  if (there && database.get("SELECT value FROM index_about WHERE name = 'mark'")?.value === mark) return false
  database.transaction(() => {
    for (const name of names) database.run(`DROP TABLE IF EXISTS index_${name}`)
    for (const statement of tables.split(';')) if (statement.trim() !== '') database.run(statement)
    database.run("INSERT INTO index_about (name, value) VALUES ('mark', ?)", mark)
  })
  return true
}
