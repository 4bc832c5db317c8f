import { type Sql, type Transaction, textFor } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import type { LifecycleStage } from './experiments-repository.ts';

export interface RunRow {
  readonly runNo: number;
  readonly runId: string;
  readonly experimentNo: number;
  readonly name: string;
  readonly userId: string | null;
  readonly status: RunStatus;
  readonly startTimeMs: Int64;
  readonly endTimeMs: Int64 | null;
  readonly stage: LifecycleStage;
  /** Of the experiment: the run's own location follows from it. */
  readonly artifactLocation: string;
  /** Whether the experiment refuses writes to runs that have ended. */
  readonly locksFinishedRuns: boolean;
  /** JSON list of the tags that stay writable on locked runs; a name that ends in `*` stands for all that begin so. */
  readonly mutableTagsJson: string;
}

export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

type RunTuple = [
  number,
  string,
  number,
  string,
  string | null,
  RunStatus,
  number | string | bigint,
  number | string | bigint | null,
  LifecycleStage,
  string,
  number,
  string,
];

/** The columns of a run joined to its experiment, in the order that `readRun` expects. */
export const runColumns = textFor(
  ({ int64: exact }) =>
    `r.run_no, r.run_id, r.experiment_no, r.name, r.user_id, r.status, ${exact('r.start_time')}, ${exact('r.end_time')},
     r.lifecycle_stage, e.artifact_location, e.locks_finished_runs, e.mutable_tags`,
);

export function readRun(row: readonly unknown[]): RunRow {
  const t = row as RunTuple;
  return {
    runNo: t[0],
    runId: t[1],
    experimentNo: t[2],
    name: t[3],
    userId: t[4],
    status: t[5],
    startTimeMs: int64(t[6]),
    endTimeMs: t[7] === null ? null : int64(t[7]),
    stage: t[8],
    artifactLocation: t[9],
    locksFinishedRuns: t[10] === 1,
    mutableTagsJson: t[11],
  };
}

const FROM = 'FROM runs r JOIN experiments e ON e.experiment_no = r.experiment_no';

/** The same for a query of one row: SQLite spends several times as long on its join as on three subqueries. */
export const loneRunColumns = textFor((dialect) =>
  runColumns(dialect).replace(
    /e\.(\w+)/g,
    '(SELECT e.$1 FROM experiments e WHERE e.experiment_no = r.experiment_no)',
  ),
);
const oneRun = textFor((dialect) => `SELECT ${loneRunColumns(dialect)} FROM runs r WHERE r.run_id = ?`);
const manyRuns = textFor(
  (dialect) => `SELECT ${runColumns(dialect)} ${FROM} WHERE ${dialect.inList('r.run_id', 'text')}`,
);
const lockedRuns = textFor((dialect) => `${manyRuns(dialect)} ORDER BY r.run_no${dialect.forUpdate('r')}`);

export async function findRuns(sql: Sql, runIds: readonly string[]): Promise<RunRow[]> {
  // One id is the common case by far, and a list costs more than a plain comparison.
  const rows =
    runIds.length === 1
      ? await sql.rows(oneRun(sql.dialect), runIds)
      : await sql.rows(manyRuns(sql.dialect), [sql.dialect.list(runIds)]);
  return rows.map(readRun);
}

/** The runs, held until the commit; in one order for all, so that two writers never wait for each other. */
export async function lockRuns(tx: Transaction, runIds: readonly string[]): Promise<RunRow[]> {
  if (tx.dialect.name === 'sqlite') return findRuns(tx, runIds);
  return (await tx.rows(lockedRuns(tx.dialect), [tx.dialect.list(runIds)])).map(readRun);
}

export interface NewRun {
  readonly runId: string;
  readonly experimentNo: number;
  readonly name: string;
  readonly userId: string | undefined;
  readonly startTimeMs: Int64;
  readonly tags: ReadonlyMap<string, string>;
}

/** Inserts runs with their tags; the row numbers in the order of `runs`. */
export async function insertRuns(tx: Transaction, runs: readonly NewRun[]): Promise<void> {
  await tx.insertMany(
    'runs',
    {
      run_id: 'text',
      experiment_no: 'bigint',
      name: 'text',
      user_id: 'text',
      status: 'text',
      start_time: 'bigint',
    },
    runs.map((run) => [
      run.runId,
      run.experimentNo,
      run.name,
      run.userId ?? null,
      'RUNNING',
      run.startTimeMs,
    ]),
  );
  const numbers = await tx.all<{ run_no: number; run_id: string }>(
    `SELECT run_no, run_id FROM runs WHERE ${tx.dialect.inList('run_id', 'text')}`,
    [tx.dialect.list(runs.map((run) => run.runId))],
  );
  const numberOf = new Map(numbers.map((row) => [row.run_id, row.run_no]));
  const tags = runs.flatMap((run) =>
    Array.from(run.tags, ([key, value]) => [numberOf.get(run.runId)!, key, value, run.experimentNo] as const),
  );
  await tx.insertMany('run_tags', KEYED, tags);
}

const KEYED = { run_no: 'bigint', key: 'text', value: 'text', experiment_no: 'bigint' } as const;

export type KeyedRow = readonly [runNo: number, key: string, value: string, experimentNo: number];

export async function upsertRunTags(tx: Transaction, rows: readonly KeyedRow[]): Promise<void> {
  await tx.insertMany('run_tags', KEYED, rows, { onConflict: { key: ['run_no', 'key'], update: ['value'] } });
}

export async function insertParams(tx: Transaction, rows: readonly KeyedRow[]): Promise<void> {
  await tx.insertMany('params', KEYED, rows);
}

/** The params among `keys` that exist. */
export async function findParams(
  sql: Sql,
  keys: readonly (readonly [runNo: number, key: string])[],
): Promise<{ run_no: number; key: string; value: string }[]> {
  if (keys.length === 0) return [];
  return sql.allFor(
    { columns: ['run_no', 'key'], types: ['bigint', 'text'], tuples: keys },
    `SELECT p.run_no, p.key, p.value FROM keys k ${sql.dialect.orderedJoin} params p ON p.run_no = k.run_no AND p.key = k.key`,
  );
}

/** Whether there was such a tag. */
export async function deleteRunTag(tx: Transaction, runNo: number, key: string): Promise<boolean> {
  return (await tx.run('DELETE FROM run_tags WHERE run_no = ? AND key = ?', [runNo, key])) > 0;
}

export interface RunChange {
  readonly status?: RunStatus | undefined;
  readonly endTimeMs?: Int64 | undefined;
  readonly name?: string | undefined;
}

export async function updateRun(tx: Transaction, runNo: number, change: RunChange): Promise<void> {
  await tx.run(
    `UPDATE runs SET status = coalesce(?, status), end_time = coalesce(?, end_time), name = coalesce(?, name)
     WHERE run_no = ?`,
    [change.status ?? null, change.endTimeMs ?? null, change.name ?? null, runNo],
  );
}

export async function setRunStage(
  tx: Transaction,
  runNo: number,
  change: { readonly stage: LifecycleStage; readonly deletedAtMs: number | null },
): Promise<void> {
  await tx.run('UPDATE runs SET lifecycle_stage = ?, deleted_at = ? WHERE run_no = ?', [
    change.stage,
    change.deletedAtMs,
    runNo,
  ]);
}

export type KeyValueTuple = readonly [runNo: number, key: string, value: string];

const keyedTexts = (table: 'run_tags' | 'params') => ({
  one: `SELECT run_no, key, value FROM ${table} WHERE run_no = ?`,
  many: textFor(
    (dialect) => `SELECT run_no, key, value FROM ${table} WHERE ${dialect.inList('run_no', 'bigint')}`,
  ),
});
const tagTexts = keyedTexts('run_tags');
const paramTexts = keyedTexts('params');

export async function listTags(sql: Sql, runNos: readonly number[]): Promise<KeyValueTuple[]> {
  return listKeyed(sql, tagTexts, runNos);
}

export async function listParams(sql: Sql, runNos: readonly number[]): Promise<KeyValueTuple[]> {
  return listKeyed(sql, paramTexts, runNos);
}

async function listKeyed(
  sql: Sql,
  texts: ReturnType<typeof keyedTexts>,
  runNos: readonly number[],
): Promise<KeyValueTuple[]> {
  if (runNos.length === 1) return sql.rows<KeyValueTuple>(texts.one, runNos);
  return sql.rows<KeyValueTuple>(texts.many(sql.dialect), [sql.dialect.list(runNos)]);
}
