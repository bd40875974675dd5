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
  // Stages become things of their own, at a place; runs name them. What was recorded of a stage goes by its place.
  `
  ALTER TABLE stages RENAME TO run_stages;
  ALTER TABLE run_stages ADD COLUMN place TEXT NOT NULL DEFAULT '';
  UPDATE run_stages SET place = 'runs/' || run_id || '/' || id;
  CREATE INDEX run_stages_by_place ON run_stages (place);
  CREATE TABLE stages (place TEXT PRIMARY KEY, key TEXT, record TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX stages_by_key ON stages (key);
  INSERT INTO stages (place, key, record) SELECT place, NULL, record FROM run_stages;
  INSERT INTO to_move (what) VALUES ('keys of stages');
  CREATE TABLE new_series (id INTEGER PRIMARY KEY, place TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (place, name));
  INSERT INTO new_series (id, place, name) SELECT id, 'runs/' || run_id || '/' || stage_id, name FROM series;
  DROP TABLE series;
  ALTER TABLE new_series RENAME TO series;
  CREATE TABLE new_images (
    place TEXT NOT NULL, step INTEGER NOT NULL, bytes INTEGER NOT NULL, meta TEXT NOT NULL, PRIMARY KEY (place, step)
  ) WITHOUT ROWID;
  INSERT INTO new_images (place, step, bytes, meta)
    SELECT 'runs/' || run_id || '/' || stage_id, step, bytes, meta FROM images;
  DROP TABLE images;
  ALTER TABLE new_images RENAME TO images;
  CREATE TABLE new_pool (
    place TEXT NOT NULL, call INTEGER NOT NULL, bytes INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (place, call)
  ) WITHOUT ROWID;
  INSERT INTO new_pool (place, call, bytes, record)
    SELECT 'runs/' || run_id || '/' || stage_id, call, bytes, record FROM pool;
  DROP TABLE pool;
  ALTER TABLE new_pool RENAME TO pool;
  CREATE TABLE new_artifacts (
    place TEXT NOT NULL, analysis TEXT NOT NULL, step INTEGER NOT NULL, artifact TEXT NOT NULL,
    PRIMARY KEY (place, analysis, step)
  ) WITHOUT ROWID;
  INSERT INTO new_artifacts (place, analysis, step, artifact)
    SELECT 'runs/' || run_id || '/' || stage_id, analysis, step, artifact FROM artifacts;
  DROP TABLE artifacts;
  ALTER TABLE new_artifacts RENAME TO artifacts;
  `,
  // The models of earlier versions get theirs from giveConditions, which takes the mark away.
  `
  CREATE TABLE conditions (key TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE) WITHOUT ROWID;
  INSERT INTO to_move (what) VALUES ('conditions');
  `,
  `
  CREATE TABLE run_marks (run_id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE views (
    id TEXT PRIMARY KEY, of_table TEXT NOT NULL, name TEXT NOT NULL, record TEXT NOT NULL, UNIQUE (of_table, name)
  ) WITHOUT ROWID;
  `,
  // What evaluations of earlier versions lack is filled in by giveHealth, which takes the mark away.
  `
  INSERT INTO to_move (what) VALUES ('health of models');
  `,
  // What was thinned stays known by its row: what stays of a stage's pictures follows from all that were recorded. How
  // far journals were read, with what was read; copies of runs that are behind.
  `
  ALTER TABLE images ADD COLUMN state INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE pool ADD COLUMN state INTEGER NOT NULL DEFAULT 1;
  UPDATE pool SET state = -1 WHERE bytes = 0;
  CREATE TABLE journal_positions (place TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE behind_mirrors (run_id TEXT PRIMARY KEY) WITHOUT ROWID;
  INSERT INTO behind_mirrors (run_id) SELECT id FROM runs;
  DELETE FROM to_move WHERE what = 'newest mirrors';
  `,
  // Places whose checkpoints are still to be thinned.
  `
  CREATE TABLE unthinned (place TEXT PRIMARY KEY) WITHOUT ROWID;
  `,
  // What was asked for by people; what it found lies in the table of artifacts, at a place of its own.
  `
  CREATE TABLE asked_analyses (
    id TEXT PRIMARY KEY, run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, created_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX asked_analyses_by_run ON asked_analyses (run_id, created_at);
  CREATE TRIGGER artifacts_of_asked AFTER DELETE ON asked_analyses
    BEGIN DELETE FROM artifacts WHERE place = 'analyses/' || old.id; END;
  `,
  // Which looks of folders had the same content.
  `
  CREATE TABLE folder_contents (number INTEGER PRIMARY KEY, look TEXT NOT NULL UNIQUE, content TEXT NOT NULL);
  CREATE INDEX folder_contents_by_content ON folder_contents (content, number);
  `,
]
