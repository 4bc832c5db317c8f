import type { Sql } from '../../db/port.ts';
import { type Int64, int64 } from '../../kernel/int64.ts';
import type { MetricPoint } from '../../tracking/metric-rules.ts';
import type { HistoryStretch } from '../../tracking/transfer-entities.ts';
import { STRETCH_POINTS } from '../source.ts';

/** SQLite has no booleans, PostgreSQL does. */
type Flag = number | boolean;
type PointTuple = readonly [
  runId: string,
  key: string,
  step: Int64 | string,
  timestamp: Int64 | string,
  value: number,
  isNan: Flag,
];

/**
 * The histories of runs by (run, key, step, timestamp, value). Runs with few points are read together; a run with many
 * is read metric by metric, and a metric with many stretch by stretch, so that memory stays bounded.
 */
export async function* readHistories(sql: Sql, runIds: readonly string[]): AsyncGenerator<HistoryStretch> {
  const counts = await sql.rows<[string, number]>(
    `SELECT run_uuid, count(*) FROM metrics WHERE ${sql.dialect.inList('run_uuid', 'text')}
     GROUP BY run_uuid ORDER BY run_uuid`,
    [sql.dialect.list(runIds)],
  );
  let batch: string[] = [];
  let held = 0;
  for (const [runId, points] of counts) {
    if (held > 0 && held + points > STRETCH_POINTS) {
      yield* await readTogether(sql, batch);
      batch = [];
      held = 0;
    }
    if (points > STRETCH_POINTS) {
      yield* readLongRun(sql, runId);
    } else {
      batch.push(runId);
      held += points;
    }
  }
  if (batch.length > 0) yield* await readTogether(sql, batch);
}

const columns = (sql: Sql) =>
  `run_uuid, key, ${sql.dialect.int64('step')}, ${sql.dialect.int64('timestamp')}, value, is_nan`;
// Qualified: an output column of the same name may be text on SQLite.
const ORDER = 'metrics.step, metrics.timestamp, metrics.value, metrics.is_nan';

async function readTogether(sql: Sql, runIds: readonly string[]): Promise<HistoryStretch[]> {
  const rows = await sql.rows<PointTuple>(
    `SELECT ${columns(sql)} FROM metrics WHERE ${sql.dialect.inList('run_uuid', 'text')} ORDER BY run_uuid, key, ${ORDER}`,
    [sql.dialect.list(runIds)],
  );
  const stretches: { runId: string; key: string; points: MetricPoint[] }[] = [];
  for (const row of rows) {
    let last = stretches.at(-1);
    if (last === undefined || last.key !== row[1] || last.runId !== row[0]) {
      last = { runId: row[0], key: row[1], points: [] };
      stretches.push(last);
    }
    last.points.push(readPoint(row));
  }
  return stretches;
}

async function* readLongRun(sql: Sql, runId: string): AsyncGenerator<HistoryStretch> {
  const keys = await sql.rows<[string]>('SELECT DISTINCT key FROM metrics WHERE run_uuid = ? ORDER BY key', [
    runId,
  ]);
  const isNan = sql.dialect.name === 'postgres' ? 'metrics.is_nan::int' : 'metrics.is_nan';
  for (const [key] of keys) {
    let after: readonly (Int64 | number)[] = [];
    for (;;) {
      const rows = await sql.rows<PointTuple>(
        `SELECT ${columns(sql)} FROM metrics WHERE run_uuid = ? AND key = ?
           ${after.length === 0 ? '' : `AND (metrics.step, metrics.timestamp, metrics.value, ${isNan}) > (?, ?, ?, ?)`}
         ORDER BY ${ORDER} LIMIT ?`,
        [runId, key, ...after, STRETCH_POINTS],
      );
      if (rows.length === 0) break;
      const [, , step, timestamp, value, nan] = rows.at(-1)!;
      after = [int64(step), int64(timestamp), value, Number(nan)];
      yield { runId, key, points: rows.map(readPoint) };
    }
  }
}

function readPoint([, , step, timestamp, value, isNan]: PointTuple): MetricPoint {
  return {
    step: int64(step),
    timestampMs: int64(timestamp),
    value: Number(isNan) === 1 ? Number.NaN : value,
  };
}
