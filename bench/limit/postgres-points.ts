import type { QueryConfig } from 'pg';
import { type LogBatch, latestOf, type Pair, type Point } from './store.ts';

/** Runs a prepared statement in the open transaction and returns its rows. */
export type Execute = (query: QueryConfig) => Promise<readonly Record<string, string>[]>;

interface Run {
  readonly runNo: string;
  /** Numbers of its metrics, by key. */
  readonly series: Map<string, string>;
}

interface NewSeries {
  readonly run: Run;
  readonly point: Point;
}

// Numbers of runs and metrics never change, so they may be remembered; the bound keeps the memory flat.
const REMEMBERED_RUNS = 50_000;

const pairs = (table: string, conflict: string): string =>
  `INSERT INTO ${table} SELECT run_no, key, value, experiment_id
   FROM unnest($1::bigint[], $2::text[], $3::text[]) AS i(run_no, key, value) JOIN runs USING (run_no)
   ON CONFLICT ${conflict}`;
const LOG_PARAMS = pairs('params', 'DO NOTHING');
const LOG_TAGS = pairs('tags', '(run_no, key) DO UPDATE SET value = excluded.value');

const FIND_SERIES = `SELECT run_no, key, series_no FROM latest
  JOIN unnest($1::bigint[], $2::text[]) AS i(run_no, key) USING (run_no, key)`;
const NEW_SERIES = `INSERT INTO latest (run_no, key, experiment_id, step, timestamp, value)
  SELECT run_no, key, experiment_id, step, timestamp, value
  FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::float8[]) AS i(run_no, key, step, timestamp, value)
  JOIN runs USING (run_no) ON CONFLICT DO NOTHING`;
const LOG_POINTS = `WITH newest AS (
    UPDATE latest l SET step = n.step, timestamp = n.timestamp, value = n.value
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::float8[]) AS n(series_no, step, timestamp, value)
    WHERE l.series_no = n.series_no AND (n.step, n.timestamp, n.value) > (l.step, l.timestamp, l.value))
  INSERT INTO points SELECT * FROM unnest($5::bigint[], $6::bigint[], $7::bigint[], $8::float8[])
  ON CONFLICT DO NOTHING`;

/** Writes the params, tags and points of requests that arrived together, set-wise. */
export function postgresLogs(): (execute: Execute, bodies: readonly LogBatch[]) => Promise<void> {
  const known = new Map<string, Run>();

  async function findRuns(execute: Execute, runIds: readonly string[]): Promise<void> {
    const unknown = [...new Set(runIds)].filter((id) => !known.has(id));
    if (unknown.length === 0) return;
    if (known.size > REMEMBERED_RUNS) known.clear();
    const text = 'SELECT run_id, run_no FROM runs WHERE run_id = ANY($1::text[])';
    // After a clearing the other runs of this group are unknown, too.
    const wanted = known.size === 0 ? [...new Set(runIds)] : unknown;
    for (const row of await execute({ name: 'find-runs', text, values: [wanted] })) {
      known.set(row.run_id!, { runNo: row.run_no!, series: new Map() });
    }
  }

  async function findSeries(execute: Execute, wanted: readonly NewSeries[]): Promise<void> {
    if (wanted.length === 0) return;
    const runNos = wanted.map(({ run }) => run.runNo);
    const keys = wanted.map(({ point }) => point.key);
    const points = wanted.map(({ point }) => point);
    const values = [runNos, keys, points.map(stepOf), points.map(timestampOf), points.map(numberOf)];
    await execute({ name: 'new-series', text: NEW_SERIES, values });
    const rows = await execute({ name: 'find-series', text: FIND_SERIES, values: [runNos, keys] });
    const byName = new Map(wanted.map((one) => [`${one.run.runNo} ${one.point.key}`, one]));
    for (const { run_no, key, series_no } of rows) {
      const { run } = byName.get(`${run_no} ${key}`)!;
      run.series.set(key!, series_no!);
    }
  }

  async function logPoints(execute: Execute, bodies: readonly LogBatch[]): Promise<void> {
    const pointsOf = new Map<Run, Point[]>();
    for (const { run_id, metrics = [] } of bodies) {
      if (metrics.length === 0) continue;
      const run = known.get(run_id)!;
      const points = pointsOf.get(run);
      if (points === undefined) pointsOf.set(run, [...metrics]);
      else points.push(...metrics);
    }
    if (pointsOf.size === 0) return;
    const newest: NewSeries[] = [];
    for (const [run, points] of pointsOf) {
      for (const point of latestOf(points).values()) newest.push({ run, point });
    }
    await findSeries(
      execute,
      newest.filter(({ run, point }) => !run.series.has(point.key)),
    );
    const latest = newest.map(({ point }) => point);
    const all = [...pointsOf].flatMap(([run, points]) => points.map((point) => ({ run, point })));
    const values = [
      newest.map(({ run, point }) => run.series.get(point.key)!),
      latest.map(stepOf),
      latest.map(timestampOf),
      latest.map(numberOf),
      all.map(({ run, point }) => run.series.get(point.key)!),
      all.map(({ point }) => point.timestamp),
      all.map(({ point }) => stepOf(point)),
      all.map(({ point }) => point.value),
    ];
    await execute({ name: 'log-points', text: LOG_POINTS, values });
  }

  async function logPairs(
    execute: Execute,
    { name, text }: { readonly name: string; readonly text: string },
    entries: readonly (readonly [runId: string, pairs: readonly Pair[] | undefined])[],
  ): Promise<void> {
    // One statement may write a row only once; the last one wins.
    const last = new Map<string, readonly [string, string, string]>();
    for (const [runId, pairsOfRun = []] of entries) {
      const { runNo } = known.get(runId)!;
      for (const { key, value } of pairsOfRun) last.set(`${runNo} ${key}`, [runNo, key, value]);
    }
    if (last.size === 0) return;
    const rows = [...last.values()];
    await execute({ name, text, values: [0, 1, 2].map((column) => rows.map((row) => row[column])) });
  }

  return async (execute, bodies) => {
    await findRuns(
      execute,
      bodies.map(({ run_id }) => run_id),
    );
    const params = bodies.map(({ run_id, params }) => [run_id, params] as const);
    const tags = bodies.map(({ run_id, tags }) => [run_id, tags] as const);
    await logPairs(execute, { name: 'log-params', text: LOG_PARAMS }, params);
    await logPairs(execute, { name: 'log-tags', text: LOG_TAGS }, tags);
    await logPoints(execute, bodies);
  };
}

const stepOf = ({ step = 0 }: Point): number => step;
const timestampOf = ({ timestamp }: Point): number => timestamp;
const numberOf = ({ value }: Point): number | string => value;
