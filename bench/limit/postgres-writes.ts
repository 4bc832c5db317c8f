import { randomBytes } from 'node:crypto';
import type { QueryConfig } from 'pg';
import { renderVersion } from './sqlite-writes.ts';
import { type CreateRun, type CreateVersion, runInfo, type Write } from './store.ts';

/** One statement for all writes of a kind; `bodies` makes their answers, in order, from the rows that it returns. */
export interface Batch {
  readonly query: QueryConfig;
  readonly bodies: (rows: readonly Record<string, string>[]) => readonly string[];
}

const CREATE_RUNS = `WITH made AS (
    INSERT INTO runs (run_id, experiment_id, name, user_id, status, start_time)
    SELECT run_id, experiment_id, name, user_id, 'RUNNING', start_time
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[]) AS i(run_id, experiment_id, name, user_id, start_time)
    RETURNING run_no, run_id, experiment_id)
  INSERT INTO tags SELECT run_no, key, value, experiment_id
  FROM unnest($6::text[], $7::text[], $8::text[]) AS t(run_id, key, value) JOIN made USING (run_id)`;

const CREATE_VERSIONS = `WITH arrived AS (
    SELECT *, row_number() OVER (PARTITION BY name ORDER BY place) AS nth
    FROM unnest($1::text[], $2::text[], $3::text[], $5::text[]) WITH ORDINALITY AS i(name, source, run_id, tags, place)),
  counted AS (
    UPDATE models m SET last_version = last_version + c.added
    FROM (SELECT name, count(*) AS added FROM arrived GROUP BY name) c WHERE m.name = c.name
    RETURNING m.name, m.last_version - c.added AS before),
  made AS (
    INSERT INTO versions SELECT a.name, c.before + a.nth, a.source, a.run_id, $4::bigint, a.tags FROM arrived a JOIN counted c USING (name))
  SELECT c.before + a.nth AS version FROM arrived a JOIN counted c USING (name) ORDER BY place`;

const SET_ALIASES = `INSERT INTO aliases SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
  ON CONFLICT (name, alias) DO UPDATE SET version = excluded.version`;

export type OtherKind = Exclude<Write['kind'], 'log-batch'>;

export function postgresBatch(kind: OtherKind, writes: readonly Write[]): Batch {
  const bodies = writes.map(({ body }) => body);
  switch (kind) {
    case 'create-run':
      return createRuns(bodies as CreateRun[]);
    case 'create-version':
      return createVersions(bodies as CreateVersion[]);
    case 'set-alias':
      return setAliases(bodies as { name: string; alias: string; version: string }[]);
    case 'create-experiment': {
      const text = 'INSERT INTO experiments (name) SELECT * FROM unnest($1::text[]) RETURNING experiment_id';
      const query = { name: kind, text, values: [(bodies as { name: string }[]).map(({ name }) => name)] };
      return {
        query,
        bodies: (rows) => rows.map(({ experiment_id }) => `{"experiment_id":"${experiment_id}"}`),
      };
    }
    case 'create-model': {
      const text = 'INSERT INTO models SELECT name, 0 FROM unnest($1::text[]) AS i(name)';
      const query = { name: kind, text, values: [(bodies as { name: string }[]).map(({ name }) => name)] };
      return {
        query,
        bodies: () => bodies.map((body) => JSON.stringify({ registered_model: body })),
      };
    }
  }
}

function createRuns(bodies: readonly CreateRun[]): Batch {
  const runs = bodies.map((body) => ({
    runId: randomBytes(16).toString('hex'),
    experimentId: body.experiment_id,
    name: body.run_name ?? '',
    userId: body.user_id ?? '',
    status: 'RUNNING',
    startTime: body.start_time ?? 0,
    tags: [...(body.tags ?? []), { key: 'mlflow.runName', value: body.run_name ?? '' }],
  }));
  const tags = runs.flatMap(({ runId, tags }) => tags.map((tag) => ({ runId, ...tag })));
  const values = [
    runs.map(({ runId }) => runId),
    runs.map(({ experimentId }) => experimentId),
    runs.map(({ name }) => name),
    runs.map(({ userId }) => userId),
    runs.map(({ startTime }) => startTime),
    tags.map(({ runId }) => runId),
    tags.map(({ key }) => key),
    tags.map(({ value }) => value),
  ];
  return {
    query: { name: 'create-run', text: CREATE_RUNS, values },
    bodies: () =>
      runs.map(
        (run) => `{"run":{"info":${runInfo(run)},"data":{"tags":${JSON.stringify(run.tags)}},"inputs":{}}}`,
      ),
  };
}

function createVersions(bodies: readonly CreateVersion[]): Batch {
  const now = Date.now();
  const values = [
    bodies.map(({ name }) => name),
    bodies.map(({ source }) => source),
    bodies.map(({ run_id = '' }) => run_id),
    now,
    bodies.map(({ tags = [] }) => JSON.stringify(tags)),
  ];
  return {
    query: { name: 'create-version', text: CREATE_VERSIONS, values },
    bodies: (rows) =>
      bodies.map(
        ({ name, source, run_id = '', tags = [] }, i) =>
          `{"model_version":${renderVersion([name, Number(rows[i]!.version), source, run_id, now, JSON.stringify(tags)])}}`,
      ),
  };
}

function setAliases(bodies: readonly { name: string; alias: string; version: string }[]): Batch {
  const last = [...new Map(bodies.map((body) => [`${body.name} ${body.alias}`, body])).values()];
  const values = [
    last.map(({ name }) => name),
    last.map(({ alias }) => alias),
    last.map(({ version }) => version),
  ];
  return {
    query: { name: 'set-alias', text: SET_ALIASES, values },
    bodies: () => bodies.map(() => '{}'),
  };
}
