/**
 * The tables of the index. They are derived: where they are of another version, or the members of the catalogue have
 * changed, they are dropped and filled anew.
 */
import type { Database } from '../store'
import { runParts } from './settings'

/** Raised with every change of these tables or of what is written into them. */
const version = 8

/**
 * Facts lie column by column: those of one path are neighbours, so that a condition, an order or a group reads only
 * what it asks for. A subject is a run, a stage at its place (whichever runs name it), a model (a run's stage), or a
 * part of a configuration (poisoning, method …), which is kept once however many runs have it. All subjects are
 * numbered together. Texts are kept once, with what is compared (`folded`) and what orders them (`rank`).
 */
const tables = `
  CREATE TABLE index_about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE index_dirty (kind INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
  CREATE TABLE index_paths (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
  CREATE TABLE index_texts (
    id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, folded TEXT NOT NULL, rank TEXT NOT NULL
  );
  CREATE TABLE index_values (path INTEGER NOT NULL, text INTEGER NOT NULL, PRIMARY KEY (path, text)) WITHOUT ROWID;
  CREATE TABLE index_words (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
  CREATE TABLE index_parts (number INTEGER PRIMARY KEY, print TEXT NOT NULL UNIQUE);
  CREATE TABLE index_runs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created REAL NOT NULL, shelf INTEGER NOT NULL,
    words INTEGER NOT NULL, model INTEGER NOT NULL, place INTEGER NOT NULL, teacher INTEGER NOT NULL,
    defenses INTEGER NOT NULL, ${runParts.map((part) => `${part} INTEGER NOT NULL`).join(', ')}
  );
  CREATE INDEX index_runs_by_time ON index_runs (created, id);
  CREATE TABLE index_places (
    number INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE, key TEXT, stamp TEXT NOT NULL, counts INTEGER NOT NULL
  );
  CREATE INDEX index_places_by_key ON index_places (key);
  CREATE TABLE index_models (
    number INTEGER PRIMARY KEY, run INTEGER NOT NULL, position INTEGER NOT NULL, stage TEXT NOT NULL,
    kind INTEGER NOT NULL, place INTEGER NOT NULL, teacher INTEGER NOT NULL, defenses INTEGER NOT NULL,
    words INTEGER NOT NULL, condition INTEGER NOT NULL, pair TEXT, undefended INTEGER NOT NULL, twin INTEGER,
    UNIQUE (run, stage)
  );
  CREATE INDEX index_models_by_place ON index_models (place);
  CREATE INDEX index_models_by_pair ON index_models (pair) WHERE pair IS NOT NULL;
  CREATE TABLE index_facts (
    path INTEGER NOT NULL, subject INTEGER NOT NULL, number REAL, text INTEGER, PRIMARY KEY (path, subject)
  ) WITHOUT ROWID;
`
const names = [
  'about',
  'dirty',
  'paths',
  'texts',
  'values',
  'words',
  'parts',
  'runs',
  'places',
  'models',
  'facts',
] as const

/** What has changed since the index was written: the database notes it with the change itself, whoever makes it. */
export const dirtyKinds = { run: 0, place: 1 } as const

const noted = (kind: number, id: string): string =>
  `BEGIN INSERT OR IGNORE INTO index_dirty (kind, id) VALUES (${kind}, ${id}); END`
const triggers: readonly string[] = [
  ...(['INSERT', 'UPDATE', 'DELETE'] as const).map((event) => {
    const row = event === 'DELETE' ? 'OLD' : 'NEW'
    return `TRIGGER IF NOT EXISTS index_of_runs_${event} AFTER ${event} ON runs ${noted(dirtyKinds.run, `${row}.id`)}`
  }),
  `TRIGGER IF NOT EXISTS index_of_marks_INSERT AFTER INSERT ON run_marks ${noted(dirtyKinds.run, 'NEW.run_id')}`,
  ...(['INSERT', 'UPDATE'] as const).flatMap((event) => [
    `TRIGGER IF NOT EXISTS index_of_run_stages_${event} AFTER ${event} ON run_stages ${noted(dirtyKinds.run, 'NEW.run_id')}`,
    `TRIGGER IF NOT EXISTS index_of_stages_${event} AFTER ${event} ON stages ${noted(dirtyKinds.place, 'NEW.place')}`,
  ]),
  // An upsert's way with conflicts holds in its triggers too: what is noted already is left out by hand.
  ...(['INSERT', 'UPDATE', 'DELETE'] as const).map((event) => {
    const row = event === 'DELETE' ? 'OLD' : 'NEW'
    const places = `SELECT DISTINCT place FROM run_stages WHERE run_id = ${row}.run_id`
    const known = `SELECT id FROM index_dirty WHERE kind = ${dirtyKinds.place}`
    return `TRIGGER IF NOT EXISTS index_of_asked_${event} AFTER ${event} ON asked_analyses BEGIN
      INSERT INTO index_dirty (kind, id)
        SELECT ${dirtyKinds.place}, place FROM (${places}) WHERE place NOT IN (${known});
    END`
  }),
]

/** Where a run is shown: in the lists, in the archive, or not at all (the bin). */
export const shelves = { shown: 0, archived: 1, bin: 2 } as const
/** A run without models has one row of this kind, so that it is found all the same. */
export const modelKinds = { none: 0, teacher: 1, student: 2 } as const

/** Makes the tables, or makes them anew, with all runs noted as changed. */
export function prepareTables(database: Database, fingerprint: string): void {
  const migrated = Object.values(database.get('PRAGMA user_version') ?? {})[0]
  const mark = `${version} ${String(migrated)} ${fingerprint}`
  const there = database.get("SELECT name FROM sqlite_master WHERE name = 'index_about'") !== undefined
  const current = there && database.get("SELECT value FROM index_about WHERE name = 'mark'")?.value === mark
  database.transaction(() => {
    if (!current) {
      for (const name of names) database.run(`DROP TABLE IF EXISTS index_${name}`)
      for (const statement of tables.split(';')) if (statement.trim() !== '') database.run(statement)
      database.run("INSERT INTO index_about (name, value) VALUES ('mark', ?)", mark)
      database.run(`INSERT INTO index_dirty (kind, id) SELECT ${dirtyKinds.run}, id FROM runs`)
    }
    for (const trigger of triggers) database.run(`CREATE ${trigger}`)
  })
}
