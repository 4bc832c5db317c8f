import type { Sql } from '../db/port.ts';
import { INDEXED } from './run-table-repository.ts';

export type KeyKind = 'metrics' | 'params' | 'tags';

/** A key of an experiment, and the least and the greatest value that it has there. */
export interface KeyEnds {
  readonly key: string;
  /** Comparable texts; equal for a key that has one value everywhere. */
  readonly first: string;
  readonly last: string;
}

const TABLES = { metrics: 'metric_series', params: 'params', tags: 'run_tags' } as const;

/** Long values whose beginnings are the same are told apart among so many runs. */
const COMPARED = 200;

/**
 * The keys of an experiment after `after`, in their order. Every step is one look into an index, from a key to the next
 * one, and to the ends of its values: what a key costs does not depend on how many runs have it.
 */
export async function listKeys(
  sql: Sql,
  kind: KeyKind,
  query: { readonly experimentNo: number; readonly after: string | undefined; readonly limit: number },
): Promise<KeyEnds[]> {
  const { experimentNo, after, limit } = query;
  const table = TABLES[kind];
  const first = kind === 'metrics' ? metricEnd('ASC') : textEnd(sql, table, 'ASC');
  const last = kind === 'metrics' ? metricEnd('DESC') : textEnd(sql, table, 'DESC');
  // Outside of the recursion, so that the ends are looked up for the keys that are taken alone.
  const rows = await sql.rows<readonly [string, string, string]>(
    `WITH RECURSIVE walk(key) AS (
       SELECT min(key) FROM ${table} WHERE experiment_no = ?${after === undefined ? '' : ' AND key > ?'}
       UNION ALL
       SELECT (SELECT min(t.key) FROM ${table} t WHERE t.experiment_no = ? AND t.key > walk.key) FROM walk
       WHERE walk.key IS NOT NULL
     ), taken(key) AS (SELECT key FROM walk WHERE key IS NOT NULL LIMIT ?)
     SELECT key, ${first}, ${last} FROM taken`,
    [experimentNo, ...(after === undefined ? [] : [after]), experimentNo, limit, experimentNo, experimentNo],
  );
  const ends = rows.map(([key, from, to]) => ({ key, first: from, last: to }));
  if (kind === 'metrics') return ends;
  const long = ends.filter((one) => one.first === one.last && [...one.first].length >= INDEXED);
  const varying = new Set<string>();
  for (const { key } of long) {
    if (await hasLongVariants(sql, table, { experimentNo, key })) varying.add(key);
  }
  return ends.map((one) => (varying.has(one.key) ? { ...one, last: `${one.last}…` } : one));
}

/** How many runs of experiments have a key. The index tells it, without reading the runs. */
export async function countRunsWith(
  sql: Sql,
  kind: KeyKind,
  { experimentNos, key }: { readonly experimentNos: readonly number[]; readonly key: string },
): Promise<number> {
  const row = await sql.get<{ runs: number }>(
    `SELECT count(*) AS runs FROM ${TABLES[kind]} WHERE ${sql.dialect.inList('experiment_no', 'bigint')} AND key = ?`,
    [sql.dialect.list(experimentNos), key],
  );
  return Number(row?.runs ?? 0);
}

/** How many runs experiments have, those in the trash included. */
export async function countRuns(sql: Sql, experimentNos: readonly number[]): Promise<number> {
  const row = await sql.get<{ runs: number }>(
    `SELECT count(*) AS runs FROM runs WHERE ${sql.dialect.inList('experiment_no', 'bigint')}`,
    [sql.dialect.list(experimentNos)],
  );
  return Number(row?.runs ?? 0);
}

function metricEnd(direction: 'ASC' | 'DESC'): string {
  return `(SELECT CAST(m.is_nan AS TEXT) || ' ' || CAST(m.value AS TEXT) FROM metric_series m
    WHERE m.experiment_no = ? AND m.key = taken.key
    ORDER BY m.is_nan ${direction}, m.value ${direction}, m.run_no ${direction} LIMIT 1)`;
}

function textEnd(sql: Sql, table: string, direction: 'ASC' | 'DESC'): string {
  const prefix = sql.dialect.prefix('v.value', INDEXED);
  return `(SELECT ${prefix} FROM ${table} v WHERE v.experiment_no = ? AND v.key = taken.key
    ORDER BY ${prefix} ${direction} LIMIT 1)`;
}

async function hasLongVariants(
  sql: Sql,
  table: string,
  of: { readonly experimentNo: number; readonly key: string },
): Promise<boolean> {
  const row = await sql.get<{ variants: number }>(
    `SELECT count(DISTINCT value) AS variants FROM
     (SELECT value FROM ${table} WHERE experiment_no = ? AND key = ? LIMIT ?) AS compared`,
    [of.experimentNo, of.key, COMPARED],
  );
  return Number(row?.variants ?? 0) > 1;
}
