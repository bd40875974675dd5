/** The store's schema, one step per version. A released step is never edited: add one. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, state TEXT NOT NULL, deleted_at INTEGER,
    summary TEXT NOT NULL, config TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX runs_by_time ON runs (created_at);
  CREATE TABLE stages (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, id TEXT NOT NULL, position INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (run_id, id)
  ) WITHOUT ROWID;
  CREATE TABLE series (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, stage_id TEXT NOT NULL, name TEXT NOT NULL,
    UNIQUE (run_id, stage_id, name)
  );
  CREATE TABLE metrics (
    series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE, step REAL NOT NULL, value REAL,
    PRIMARY KEY (series_id, step)
  ) WITHOUT ROWID;
  CREATE TABLE images (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, stage_id TEXT NOT NULL, step INTEGER NOT NULL,
    bytes INTEGER NOT NULL, meta TEXT NOT NULL,
    PRIMARY KEY (run_id, stage_id, step)
  ) WITHOUT ROWID;
  CREATE TABLE log (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, time INTEGER NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL
  );
  CREATE INDEX log_by_run ON log (run_id, id);
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  CREATE TABLE pool (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, stage_id TEXT NOT NULL, call INTEGER NOT NULL,
    bytes INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (run_id, stage_id, call)
  ) WITHOUT ROWID;
  `,
  // What the records of stages held until then is moved by moveFormerArtifacts, which takes the mark away.
  `
  CREATE TABLE artifacts (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, stage_id TEXT NOT NULL,
    analysis TEXT NOT NULL, step INTEGER NOT NULL, artifact TEXT NOT NULL,
    UNIQUE (run_id, stage_id, analysis, step)
  );
  CREATE TABLE to_move (what TEXT PRIMARY KEY) WITHOUT ROWID;
  INSERT INTO to_move (what) VALUES ('artifacts in records');
  `,
  `
  CREATE TABLE studies (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, record TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE study_cells (
    study_id TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE, cell INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (study_id, cell)
  ) WITHOUT ROWID;
`,
]
