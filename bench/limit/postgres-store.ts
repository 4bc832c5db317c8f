import { Client, Pool, type QueryConfig } from 'pg';
import { postgresLogs } from './postgres-points.ts';
import { POSTGRES_SCHEMA } from './postgres-schema.ts';
import { postgresBatch } from './postgres-writes.ts';
import { renderVersion } from './sqlite-writes.ts';
import { type LogBatch, runInfo, type Search, type Store, type Write } from './store.ts';

interface Waiting {
  readonly write: Write;
  readonly answer: (body: string | Error) => void;
}

const READERS = 8;

const RUN = `r.run_id, r.name, r.experiment_id, r.user_id, r.status, r.start_time,
  (SELECT json_agg(json_build_object('key', key, 'value', value, 'timestamp', timestamp, 'step', step))::text FROM latest WHERE run_no = r.run_no) AS metrics,
  (SELECT json_agg(json_build_object('key', key, 'value', value))::text FROM params WHERE run_no = r.run_no) AS params,
  (SELECT json_agg(json_build_object('key', key, 'value', value))::text FROM tags WHERE run_no = r.run_no) AS tags`;

const FIRST_PAGE = `SELECT ${RUN} FROM runs r WHERE experiment_id = $1 ORDER BY start_time DESC, run_id LIMIT $2`;
const NEXT_PAGE = `SELECT ${RUN} FROM runs r WHERE experiment_id = $1 AND start_time <= $2 AND (start_time < $2 OR run_id > $3)
  ORDER BY start_time DESC, run_id LIMIT $4`;
const BY_METRIC = `SELECT ${RUN} FROM (SELECT run_no, value FROM latest WHERE experiment_id = $1 AND key = $2 AND value > $3
  ORDER BY value LIMIT $4) m JOIN runs r USING (run_no) ORDER BY m.value`;
const COMPLEX = `SELECT ${RUN} FROM (
    SELECT p.run_no, po.value AS first, mo.value AS second FROM params p
    JOIN tags t ON t.run_no = p.run_no AND t.key = $1 AND t.value >= $2 AND t.value < $3
    JOIN latest m ON m.run_no = p.run_no AND m.key = $4 AND m.value > $5
    LEFT JOIN params po ON po.run_no = p.run_no AND po.key = $6
    LEFT JOIN latest mo ON mo.run_no = p.run_no AND mo.key = $7
    WHERE p.experiment_id = $8 AND p.key = $9 AND p.value = $10
    ORDER BY po.value DESC NULLS LAST, mo.value ASC NULLS LAST LIMIT $11
  ) found JOIN runs r USING (run_no) ORDER BY found.first DESC NULLS LAST, found.second ASC NULLS LAST`;
const HISTORY = `SELECT count(*) AS found, string_agg($1 || value || ',"timestamp":' || timestamp || ',"step":' || step || '}', ',') AS points
  FROM (SELECT value, timestamp, step FROM points
    WHERE series_no = (SELECT series_no FROM latest WHERE run_no = (SELECT run_no FROM runs WHERE run_id = $2) AND key = $3)
    ORDER BY timestamp, step, value LIMIT $4 OFFSET $5) p`;
const ALIAS = `SELECT v.name, v.version, v.source, v.run_id, v.created, v.tags FROM aliases a
  JOIN versions v ON v.name = a.name AND v.version = a.version WHERE a.name = $1 AND a.alias = $2`;

type Row = Record<string, string>;

/** All writes that arrive while a transaction runs go together in the next one: one statement a kind, by `unnest`. */
export async function openPostgresStore(url: string): Promise<Store> {
  const pool = new Pool({ connectionString: url, max: READERS });
  const writer = new Client({ connectionString: url });
  await writer.connect();
  await writer.query(POSTGRES_SCHEMA);
  // A prepared plan does not know how short the arrays are and would scan whole tables to join them.
  await writer.query('SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off');
  let waiting: Waiting[] = [];
  let isWriting = false;

  const execute = async (query: QueryConfig): Promise<Row[]> => (await writer.query<Row>(query)).rows;
  const log = postgresLogs();

  async function writeKind(kind: Write['kind'], writes: readonly Write[]): Promise<readonly string[]> {
    if (kind !== 'log-batch') {
      const { query, bodies } = postgresBatch(kind, writes);
      return bodies(await execute(query));
    }
    await log(
      execute,
      writes.map(({ body }) => body as LogBatch),
    );
    return writes.map(() => '{}');
  }

  /** Whether everything in the group is one statement, which is its own transaction. */
  const isOneStatement = (group: readonly Waiting[]): boolean =>
    group.every(({ write }) => write.kind === group[0]!.write.kind) && group[0]!.write.kind !== 'log-batch';

  async function writeGroup(group: readonly Waiting[]): Promise<void> {
    const kinds = Map.groupBy(group, ({ write }) => write.kind);
    const needsTransaction = !isOneStatement(group);
    const settled: (() => void)[] = [];
    try {
      if (needsTransaction) await writer.query('BEGIN');
      for (const [kind, entries] of kinds) {
        const bodies = await writeKind(
          kind,
          entries.map(({ write }) => write),
        );
        for (const [i, { answer }] of entries.entries()) settled.push(() => answer(bodies[i]!));
      }
      if (needsTransaction) await writer.query('COMMIT');
    } catch (error) {
      await writer.query('ROLLBACK');
      for (const { answer } of group) answer(error as Error);
      return;
    }
    for (const settle of settled) settle();
  }

  async function drain(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await writeGroup(group);
    }
    isWriting = false;
  }

  const rows = async (name: string, text: string, values: unknown[]): Promise<Row[]> =>
    (await pool.query<Row>({ name, text, values })).rows;

  function select(query: Search): Promise<Row[]> {
    const { experimentId, limit } = query;
    switch (query.kind) {
      case 'page':
        return query.after === undefined
          ? rows('first-page', FIRST_PAGE, [experimentId, limit])
          : rows('next-page', NEXT_PAGE, [experimentId, query.after.startTime, query.after.runId, limit]);
      case 'metric':
        return rows('by-metric', BY_METRIC, [experimentId, query.key, query.above, limit]);
      case 'complex': {
        const { tag, prefix, metric, above, param, value, paramOrder, metricOrder } = query;
        const end = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
        const values = [
          tag,
          prefix,
          end,
          metric,
          above,
          paramOrder,
          metricOrder,
          experimentId,
          param,
          value,
          limit,
        ];
        return rows('complex', COMPLEX, values);
      }
    }
  }

  return {
    write(write, answer) {
      waiting.push({ write, answer });
      // The other requests of this turn of the event loop still join.
      if (waiting.length === 1 && !isWriting) setImmediate(drain);
    },
    async getRun(runId) {
      const [row] = await rows('run', `SELECT ${RUN} FROM runs r WHERE run_id = $1`, [runId]);
      return `{"run":${renderRun(row!)}}`;
    },
    async search(query) {
      const found = await select(query);
      if (found.length === 0) return '{}';
      const last = found[found.length - 1]!;
      const token =
        found.length === query.limit ? `,"next_page_token":"${last.start_time}.${last.run_id}"` : '';
      return `{"runs":[${found.map(renderRun).join(',')}]${token}}`;
    },
    async history({ runId, key, limit, offset }) {
      const start = `{"key":${JSON.stringify(key)},"value":`;
      const [row] = await rows('history', HISTORY, [start, runId, key, limit < 0 ? null : limit, offset]);
      if (row!.found === '0') return '{}';
      // A full last page costs one empty page more; asking ahead would cost every page.
      const token = Number(row!.found) === limit ? `,"next_page_token":"${offset + limit}"` : '';
      return `{"metrics":[${row!.points}]${token}}`;
    },
    async aliasVersion(name, alias) {
      const [row] = await rows('alias', ALIAS, [name, alias]);
      const { version, source, run_id, created, tags } = row!;
      return `{"model_version":${renderVersion([name, Number(version), source!, run_id!, Number(created), tags!])}}`;
    },
  };
}

function renderRun(row: Row): string {
  const info = runInfo({
    runId: row.run_id!,
    name: row.name!,
    experimentId: row.experiment_id!,
    userId: row.user_id!,
    status: row.status!,
    startTime: Number(row.start_time),
  });
  return `{"info":${info},"data":{"metrics":${row.metrics ?? '[]'},"params":${row.params ?? '[]'},"tags":${row.tags ?? '[]'}},"inputs":{},"outputs":{}}`;
}
