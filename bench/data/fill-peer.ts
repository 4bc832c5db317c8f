import { createHash } from 'node:crypto';
import Connection from 'better-sqlite3';
import { Client } from 'pg';
import { createExperiment, type FillRuns } from './fill.ts';
import { HISTORY_KEY, historyPoint, type ShapedRun, shapedRun } from './shape.ts';

const RUN = `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time,
  source_version, lifecycle_stage, artifact_uri, experiment_id) VALUES (?, ?, 'UNKNOWN', '', '', 'jane', 'RUNNING', ?, NULL, '', 'active', ?, ?)`;
const PARAM = 'INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)';
const TAG = 'INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)';
const POINT =
  'INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, FALSE, ?)';
const LATEST =
  'INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?, ?, ?, ?, FALSE, ?)';

/** Executes a statement with `?` for each row, all of them in one transaction. */
export type InsertRows = (
  statements: Iterable<readonly [sql: string, row: readonly unknown[]]>,
) => Promise<void>;

/**
 * The fixed runs straight into MLflow's tables (schema of 3.17.2): by HTTP the real server would take hours. The rows
 * are those that it writes itself when runs are created and logged through it.
 */
export function fillPeerTables(port: number, insert: InsertRows): FillRuns {
  return async (experimentId, runs, historyPoints) => {
    const runIds = Array.from({ length: runs }, (_, i) => idOf(`run ${i}`));
    const elsewhere = await createExperiment(port, 'long histories');
    const historyRunId = idOf('history');
    function* rows(): Generator<readonly [string, readonly unknown[]]> {
      for (let i = 0; i < runs; i += 1) yield* runRows(runIds[i]!, experimentId, shapedRun(i));
      const history: ShapedRun = { name: 'history', startTimeMs: 0, params: [], tags: [], metrics: [] };
      yield* runRows(historyRunId, elsewhere, history);
      for (let step = 0; step < historyPoints; step += 1) yield [POINT, pointRow(step, historyRunId)];
      yield [LATEST, pointRow(historyPoints - 1, historyRunId)];
    }
    await insert(rows());
    return { runIds, historyRunId };
  };
}

function* runRows(
  id: string,
  experimentId: string,
  run: ShapedRun,
): Generator<readonly [string, readonly unknown[]]> {
  const artifactUri = `mlflow-artifacts:/${experimentId}/${id}/artifacts`;
  yield [RUN, [id, run.name, run.startTimeMs, artifactUri, Number(experimentId)]];
  for (const { key, value } of run.params) yield [PARAM, [key, value, id]];
  for (const { key, value } of run.tags) yield [TAG, [key, value, id]];
  yield [TAG, ['mlflow.runName', run.name, id]];
  for (const { key, value, timestamp, step } of run.metrics) {
    yield [POINT, [key, value, timestamp, step, id]];
    yield [LATEST, [key, value, timestamp, step, id]];
  }
}

function pointRow(step: number, runId: string): readonly unknown[] {
  const { value, timestamp } = historyPoint(step);
  return [HISTORY_KEY, value, timestamp, step, runId];
}

const idOf = (text: string): string => createHash('md5').update(text).digest('hex');

export function insertIntoSqlite(file: string): InsertRows {
  return async (statements) => {
    const db = new Connection(file, { timeout: 60_000 });
    const prepared = new Map<string, Connection.Statement>();
    try {
      db.exec('BEGIN IMMEDIATE');
      for (const [sql, row] of statements) {
        const statement = prepared.get(sql) ?? db.prepare(sql);
        prepared.set(sql, statement);
        statement.run(...row);
      }
      db.exec('COMMIT');
    } finally {
      db.close();
    }
  };
}

const POSTGRES_PARAMETERS = 60_000;

export function insertIntoPostgres(url: string): InsertRows {
  return async (statements) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    // In the order in which the statements first came: runs before what refers to them.
    const waiting = new Map<string, (readonly unknown[])[]>();
    const flush = async () => {
      for (const [sql, rows] of waiting) {
        if (rows.length > 0) await client.query(manyRows(sql, rows.length), rows.flat());
        rows.length = 0;
      }
    };
    try {
      await client.query('BEGIN');
      for (const [sql, row] of statements) {
        const rows = waiting.get(sql) ?? [];
        waiting.set(sql, rows);
        rows.push(row);
        if ((rows.length + 1) * row.length > POSTGRES_PARAMETERS) await flush();
      }
      await flush();
      await client.query('COMMIT');
      await client.query('ANALYZE');
    } finally {
      await client.end();
    }
  };
}

/** `VALUES (?, …)` for one row becomes `VALUES ($1, …), ($9, …)` for `count` rows. */
function manyRows(sql: string, count: number): string {
  const at = sql.indexOf('(', sql.indexOf('VALUES'));
  const row = sql.slice(at);
  let parameter = 0;
  const rows = Array.from({ length: count }, () =>
    row.replaceAll('?', () => {
      parameter += 1;
      return `$${parameter}`;
    }),
  );
  return sql.slice(0, at) + rows.join(', ');
}
