/** What a competitor would index for the queries that are measured, and nothing else. */
export const SQLITE_SCHEMA = `
CREATE TABLE IF NOT EXISTS experiments (experiment_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS runs (
  run_no INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  experiment_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  user_id TEXT NOT NULL,
  status TEXT NOT NULL,
  start_time INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_start ON runs (experiment_id, start_time DESC, run_id);
CREATE TABLE IF NOT EXISTS params (
  run_no INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, experiment_id INTEGER NOT NULL,
  PRIMARY KEY (run_no, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS params_by_value ON params (experiment_id, key, value);
CREATE TABLE IF NOT EXISTS tags (
  run_no INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, experiment_id INTEGER NOT NULL,
  PRIMARY KEY (run_no, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS latest (
  series_no INTEGER PRIMARY KEY,
  run_no INTEGER NOT NULL,
  key TEXT NOT NULL,
  experiment_id INTEGER NOT NULL,
  step INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  value REAL,
  UNIQUE (run_no, key)
);
CREATE INDEX IF NOT EXISTS latest_by_value ON latest (experiment_id, key, value);
CREATE TABLE IF NOT EXISTS points (
  series_no INTEGER NOT NULL, timestamp INTEGER NOT NULL, step INTEGER NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (series_no, timestamp, step, value)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS models (name TEXT PRIMARY KEY, last_version INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions (
  name TEXT NOT NULL, version INTEGER NOT NULL, source TEXT NOT NULL, run_id TEXT NOT NULL, created INTEGER NOT NULL, tags TEXT NOT NULL,
  PRIMARY KEY (name, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS aliases (
  name TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (name, alias)
) WITHOUT ROWID;
`;
