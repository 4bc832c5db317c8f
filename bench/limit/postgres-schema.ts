/** The same tables and indexes as on SQLite. */
export const POSTGRES_SCHEMA = `
CREATE TABLE IF NOT EXISTS experiments (experiment_id bigserial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS runs (
  run_no bigserial PRIMARY KEY,
  run_id text NOT NULL UNIQUE,
  experiment_id bigint NOT NULL,
  name text NOT NULL,
  user_id text NOT NULL,
  status text NOT NULL,
  start_time bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS runs_by_start ON runs (experiment_id, start_time DESC, run_id);
CREATE TABLE IF NOT EXISTS params (
  run_no bigint NOT NULL, key text NOT NULL, value text NOT NULL, experiment_id bigint NOT NULL,
  PRIMARY KEY (run_no, key)
);
CREATE INDEX IF NOT EXISTS params_by_value ON params (experiment_id, key, value, run_no);
CREATE TABLE IF NOT EXISTS tags (
  run_no bigint NOT NULL, key text NOT NULL, value text NOT NULL, experiment_id bigint NOT NULL,
  PRIMARY KEY (run_no, key)
);
CREATE INDEX IF NOT EXISTS tags_by_value ON tags (experiment_id, key, value, run_no);
CREATE TABLE IF NOT EXISTS latest (
  series_no bigserial PRIMARY KEY,
  run_no bigint NOT NULL,
  key text NOT NULL,
  experiment_id bigint NOT NULL,
  step bigint NOT NULL,
  timestamp bigint NOT NULL,
  value float8 NOT NULL,
  UNIQUE (run_no, key)
);
CREATE INDEX IF NOT EXISTS latest_by_value ON latest (experiment_id, key, value, run_no);
CREATE TABLE IF NOT EXISTS points (
  series_no bigint NOT NULL, timestamp bigint NOT NULL, step bigint NOT NULL, value float8 NOT NULL,
  PRIMARY KEY (series_no, timestamp, step, value)
);
CREATE TABLE IF NOT EXISTS models (name text PRIMARY KEY, last_version bigint NOT NULL);
CREATE TABLE IF NOT EXISTS versions (
  name text NOT NULL, version bigint NOT NULL, source text NOT NULL, run_id text NOT NULL, created bigint NOT NULL, tags text NOT NULL,
  PRIMARY KEY (name, version)
);
CREATE TABLE IF NOT EXISTS aliases (
  name text NOT NULL, alias text NOT NULL, version bigint NOT NULL, PRIMARY KEY (name, alias)
);
`;
