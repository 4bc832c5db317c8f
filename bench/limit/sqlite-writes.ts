import { randomBytes } from 'node:crypto';
import type Connection from 'better-sqlite3';
import {
  type CreateRun,
  type CreateVersion,
  type LogBatch,
  latestOf,
  runInfo,
  storedValue,
  type Write,
} from './store.ts';

const POINTS_PER_INSERT = 50;

/** Executes one write inside the open transaction; returns the body of its answer. */
export function sqliteWrites(db: Connection.Database): (write: Write) => string {
  const insertExperiment = db.prepare('INSERT INTO experiments (name) VALUES (?)');
  const insertRun = db.prepare(
    `INSERT INTO runs (run_id, experiment_id, name, user_id, status, start_time) VALUES (?, ?, ?, ?, 'RUNNING', ?)`,
  );
  const findRun = db
    .prepare<[string], [number, number]>('SELECT run_no, experiment_id FROM runs WHERE run_id = ?')
    .raw();
  const upsertTag = db.prepare(
    'INSERT INTO tags VALUES (?, ?, ?, ?) ON CONFLICT (run_no, key) DO UPDATE SET value = excluded.value',
  );
  const insertParam = db.prepare('INSERT OR IGNORE INTO params VALUES (?, ?, ?, ?)');
  const upsertLatest = db
    .prepare<unknown[], number>(
      `INSERT INTO latest (run_no, key, experiment_id, step, timestamp, value) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (run_no, key) DO UPDATE SET step = excluded.step, timestamp = excluded.timestamp, value = excluded.value
       WHERE (excluded.step, excluded.timestamp, coalesce(excluded.value, 0)) > (step, timestamp, coalesce(value, 0))
       RETURNING series_no`,
    )
    .pluck();
  const findSeries = db
    .prepare<[number, string], number>('SELECT series_no FROM latest WHERE run_no = ? AND key = ?')
    .pluck();
  const insertPoint = db.prepare('INSERT OR IGNORE INTO points VALUES (?, ?, ?, ?)');
  const insertPoints = db.prepare(
    `INSERT OR IGNORE INTO points VALUES ${Array(POINTS_PER_INSERT).fill('(?, ?, ?, ?)').join(', ')}`,
  );
  const insertModel = db.prepare('INSERT INTO models VALUES (?, 0)');
  const nextVersion = db
    .prepare<[string], number>(
      'UPDATE models SET last_version = last_version + 1 WHERE name = ? RETURNING last_version',
    )
    .pluck();
  const insertVersion = db.prepare('INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)');
  const upsertAlias = db.prepare(
    'INSERT INTO aliases VALUES (?, ?, ?) ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version',
  );

  function createRun(body: CreateRun): string {
    const runId = randomBytes(16).toString('hex');
    const experimentId = Number(body.experiment_id);
    const name = body.run_name ?? '';
    const userId = body.user_id ?? '';
    const startTime = body.start_time ?? 0;
    const { lastInsertRowid: runNo } = insertRun.run(runId, experimentId, name, userId, startTime);
    const tags = [...(body.tags ?? []), { key: 'mlflow.runName', value: name }];
    for (const { key, value } of tags) upsertTag.run(runNo, key, value, experimentId);
    const info = runInfo({ runId, name, experimentId, userId, status: 'RUNNING', startTime });
    return `{"run":{"info":${info},"data":{"tags":${JSON.stringify(tags)}},"inputs":{}}}`;
  }

  function logBatch({ run_id, metrics = [], params = [], tags = [] }: LogBatch): string {
    const [runNo, experimentId] = findRun.get(run_id)!;
    for (const { key, value } of params) insertParam.run(runNo, key, value, experimentId);
    for (const { key, value } of tags) upsertTag.run(runNo, key, value, experimentId);
    if (metrics.length > 0) logPoints(runNo, experimentId, metrics);
    return '{}';
  }

  function logPoints(runNo: number, experimentId: number, points: NonNullable<LogBatch['metrics']>): void {
    const series = new Map<string, number>();
    for (const [key, { step = 0, timestamp, value }] of latestOf(points)) {
      const row = upsertLatest.get(runNo, key, experimentId, step, timestamp, storedValue(value));
      series.set(key, row ?? findSeries.get(runNo, key)!);
    }
    let at = 0;
    for (; points.length - at >= POINTS_PER_INSERT; at += POINTS_PER_INSERT) {
      const values: unknown[] = [];
      for (let i = at; i < at + POINTS_PER_INSERT; i += 1) {
        const { key, timestamp, step = 0, value } = points[i]!;
        values.push(series.get(key), timestamp, step, value);
      }
      insertPoints.run(values);
    }
    for (; at < points.length; at += 1) {
      const { key, timestamp, step = 0, value } = points[at]!;
      insertPoint.run(series.get(key), timestamp, step, value);
    }
  }

  function createVersion({ name, source, run_id = '', tags = [] }: CreateVersion): string {
    const version = nextVersion.get(name)!;
    const now = Date.now();
    const tagsJson = JSON.stringify(tags);
    insertVersion.run(name, version, source, run_id, now, tagsJson);
    return `{"model_version":${renderVersion([name, version, source, run_id, now, tagsJson])}}`;
  }

  return (write) => {
    switch (write.kind) {
      case 'create-run':
        return createRun(write.body);
      case 'log-batch':
        return logBatch(write.body);
      case 'create-version':
        return createVersion(write.body);
      case 'set-alias':
        upsertAlias.run(write.body.name, write.body.alias, Number(write.body.version));
        return '{}';
      case 'create-experiment':
        return `{"experiment_id":"${insertExperiment.run(write.body.name).lastInsertRowid}"}`;
      case 'create-model':
        insertModel.run(write.body.name);
        return `{"registered_model":{"name":${JSON.stringify(write.body.name)}}}`;
    }
  };
}

export type VersionRow = readonly [
  name: string,
  version: number,
  source: string,
  runId: string,
  created: number,
  tagsJson: string,
];

export function renderVersion([name, version, source, runId, created, tagsJson]: VersionRow): string {
  return `{"name":${JSON.stringify(name)},"version":"${version}","creation_timestamp":${created},"last_updated_timestamp":${created},"current_stage":"None","source":${JSON.stringify(source)},"run_id":"${runId}","status":"READY","tags":${tagsJson}}`;
}
