import Connection from 'better-sqlite3';
import { SQLITE_SCHEMA } from './sqlite-schema.ts';
import { renderVersion, sqliteWrites, type VersionRow } from './sqlite-writes.ts';
import { runInfo, type Search, type Store, type Write } from './store.ts';

interface Waiting {
  readonly write: Write;
  readonly answer: (body: string | Error) => void;
}

// SQLite builds the JSON of params, tags and metrics itself: a row that never becomes a JavaScript object costs a
// third of one that does.
const RUN = `r.run_id, r.name, r.experiment_id, r.user_id, r.status, r.start_time,
  (SELECT json_group_array(json_object('key', key, 'value', coalesce(value, 'NaN'), 'timestamp', timestamp, 'step', step)) FROM latest WHERE run_no = r.run_no),
  (SELECT json_group_array(json_object('key', key, 'value', value)) FROM params WHERE run_no = r.run_no),
  (SELECT json_group_array(json_object('key', key, 'value', value)) FROM tags WHERE run_no = r.run_no)`;

type RunRow = readonly [
  string,
  string,
  number,
  string,
  string,
  number,
  metrics: string,
  params: string,
  tags: string,
];

/** One connection, WAL, `synchronous=FULL`; all writes that arrive in one turn of the event loop share a commit. */
export function openSqliteStore(file: string): Store {
  const db = new Connection(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('cache_size = -65536');
  db.pragma('wal_autocheckpoint = 4000');
  db.exec(SQLITE_SCHEMA);
  const execute = sqliteWrites(db);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const rollback = db.prepare('ROLLBACK');
  let waiting: Waiting[] = [];

  function flush(): void {
    const group = waiting;
    waiting = [];
    const bodies: string[] = [];
    try {
      begin.run();
      for (const { write } of group) bodies.push(execute(write));
      commit.run();
    } catch (error) {
      if (db.inTransaction) rollback.run();
      for (const { answer } of group) answer(error as Error);
      return;
    }
    for (let i = 0; i < group.length; i += 1) group[i]!.answer(bodies[i]!);
  }

  const oneRun = db.prepare<[string], RunRow>(`SELECT ${RUN} FROM runs r WHERE run_id = ?`).raw();
  const firstPage = db
    .prepare<unknown[], RunRow>(
      `SELECT ${RUN} FROM runs r WHERE experiment_id = ? ORDER BY start_time DESC, run_id LIMIT ?`,
    )
    .raw();
  const nextPage = db
    .prepare<unknown[], RunRow>(
      `SELECT ${RUN} FROM runs r WHERE experiment_id = ? AND start_time <= ? AND (start_time < ? OR run_id > ?)
       ORDER BY start_time DESC, run_id LIMIT ?`,
    )
    .raw();
  const byMetric = db
    .prepare<unknown[], RunRow>(
      `SELECT ${RUN} FROM (SELECT run_no FROM latest WHERE experiment_id = ? AND key = ? AND value > ? ORDER BY value LIMIT ?) m
       CROSS JOIN runs r USING (run_no)`,
    )
    .raw();
  const complex = db
    .prepare<unknown[], RunRow>(
      `SELECT ${RUN} FROM (
         SELECT p.run_no FROM params p
         CROSS JOIN tags t ON t.run_no = p.run_no AND t.key = ? AND t.value >= ? AND t.value < ?
         CROSS JOIN latest m ON m.run_no = p.run_no AND m.key = ? AND m.value > ?
         LEFT JOIN params po ON po.run_no = p.run_no AND po.key = ?
         LEFT JOIN latest mo ON mo.run_no = p.run_no AND mo.key = ?
         WHERE p.experiment_id = ? AND p.key = ? AND p.value = ?
         ORDER BY po.value DESC NULLS LAST, mo.value ASC NULLS LAST LIMIT ?
       ) found CROSS JOIN runs r USING (run_no)`,
    )
    .raw();
  const points = db
    .prepare<unknown[], string | null>(
      `SELECT group_concat(? || iif(typeof(value) = 'text', '"NaN"', value) || ',"timestamp":' || timestamp || ',"step":' || step || '}')
       FROM (SELECT value, timestamp, step FROM points
         WHERE series_no = (SELECT series_no FROM latest WHERE run_no = (SELECT run_no FROM runs WHERE run_id = ?) AND key = ?)
         ORDER BY timestamp, step, value LIMIT ? OFFSET ?)`,
    )
    .pluck();
  const countPoints = db
    .prepare<unknown[], number>(
      `SELECT count(*) FROM (SELECT 1 FROM points
         WHERE series_no = (SELECT series_no FROM latest WHERE run_no = (SELECT run_no FROM runs WHERE run_id = ?) AND key = ?)
         LIMIT 1 OFFSET ?)`,
    )
    .pluck();
  const byAlias = db
    .prepare<[string, string], VersionRow>(
      `SELECT v.name, v.version, v.source, v.run_id, v.created, v.tags FROM aliases a
       JOIN versions v ON v.name = a.name AND v.version = a.version WHERE a.name = ? AND a.alias = ?`,
    )
    .raw();

  function select(query: Search): RunRow[] {
    const { experimentId, limit } = query;
    switch (query.kind) {
      case 'page':
        return query.after === undefined
          ? firstPage.all(experimentId, limit)
          : nextPage.all(
              experimentId,
              query.after.startTime,
              query.after.startTime,
              query.after.runId,
              limit,
            );
      case 'metric':
        return byMetric.all(experimentId, query.key, query.above, limit);
      case 'complex': {
        const { tag, prefix, metric, above, param, value, paramOrder, metricOrder } = query;
        const end = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
        return complex.all(
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
        );
      }
    }
  }

  return {
    write(write, answer) {
      if (waiting.push({ write, answer }) === 1) setImmediate(flush);
    },
    getRun: (runId) => `{"run":${renderRun(oneRun.get(runId)!)}}`,
    search(query) {
      const rows = select(query);
      if (rows.length === 0) return '{}';
      const last = rows[rows.length - 1]!;
      const token = rows.length === query.limit ? `,"next_page_token":"${last[5]}.${last[0]}"` : '';
      return `{"runs":[${rows.map(renderRun).join(',')}]${token}}`;
    },
    history({ runId, key, limit, offset }) {
      const text = points.get(`{"key":${JSON.stringify(key)},"value":`, runId, key, limit, offset);
      if (text === null || text === undefined) return '{}';
      const more = limit > 0 && countPoints.get(runId, key, offset + limit) === 1;
      return `{"metrics":[${text}]${more ? `,"next_page_token":"${offset + limit}"` : ''}}`;
    },
    aliasVersion: (name, alias) => `{"model_version":${renderVersion(byAlias.get(name, alias)!)}}`,
  };
}

function renderRun([
  runId,
  name,
  experimentId,
  userId,
  status,
  startTime,
  metrics,
  params,
  tags,
]: RunRow): string {
  const info = runInfo({ runId, name, experimentId, userId, status, startTime });
  return `{"info":${info},"data":{"metrics":${metrics},"params":${params},"tags":${tags}},"inputs":{},"outputs":{}}`;
}
