import type { Sql, SqlParam, Transaction } from '../db/port.ts';
import type { TraceState } from './trace.ts';

export interface TraceRow {
  readonly trace_no: number;
  readonly trace_id: string;
  readonly experiment_no: number;
  readonly request_time: number;
  readonly duration: number | null;
  readonly state: TraceState;
  readonly client_request_id: string | null;
  readonly request_preview: string | null;
  readonly response_preview: string | null;
}

const COLUMNS =
  't.trace_no, t.trace_id, t.experiment_no, t.request_time, t.duration, t.state, t.client_request_id, t.request_preview, t.response_preview';

export async function findTrace(sql: Sql, traceId: string): Promise<TraceRow | undefined> {
  return sql.get<TraceRow>(`SELECT ${COLUMNS} FROM traces t WHERE t.trace_id = ?`, [traceId]);
}

/** The row, kept from every other writer until the commit. */
export async function lockTrace(tx: Transaction, traceId: string): Promise<TraceRow | undefined> {
  return tx.get<TraceRow>(
    `SELECT ${COLUMNS} FROM traces t WHERE t.trace_id = ?${tx.dialect.forUpdate('t')}`,
    [traceId],
  );
}

export async function listTraceOwners(
  sql: Sql,
  traceIds: readonly string[],
): Promise<(readonly [traceId: string, experimentNo: number])[]> {
  return sql.rows(
    `SELECT trace_id, experiment_no FROM traces WHERE ${sql.dialect.inList('trace_id', 'text')}`,
    [sql.dialect.list(traceIds)],
  );
}

/** Within `experimentNos` where given. */
export async function findTraces(
  sql: Sql,
  traceIds: readonly string[],
  experimentNos: readonly number[] | undefined,
): Promise<TraceRow[]> {
  const inExperiments =
    experimentNos === undefined ? '' : ` AND ${sql.dialect.inList('t.experiment_no', 'bigint')}`;
  return sql.all<TraceRow>(
    `SELECT ${COLUMNS} FROM traces t WHERE ${sql.dialect.inList('t.trace_id', 'text')}${inExperiments}`,
    [sql.dialect.list(traceIds), ...(experimentNos === undefined ? [] : [sql.dialect.list(experimentNos)])],
  );
}

export interface NewTrace {
  readonly traceId: string;
  readonly experimentNo: number;
  readonly requestTimeMs: number;
  readonly durationMs: number | undefined;
  readonly state: TraceState;
  readonly clientRequestId: string | undefined;
  readonly requestPreview: string | undefined;
  readonly responsePreview: string | undefined;
}

/** The new row's number; undefined when there is such a trace. */
export async function insertTrace(tx: Transaction, trace: NewTrace): Promise<number | undefined> {
  const row = await tx.get<{ trace_no: number }>(
    `INSERT INTO traces (trace_id, experiment_no, request_time, duration, state, client_request_id, request_preview,
       response_preview) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING trace_no`,
    [
      trace.traceId,
      trace.experimentNo,
      trace.requestTimeMs,
      trace.durationMs ?? null,
      trace.state,
      trace.clientRequestId ?? null,
      trace.requestPreview ?? null,
      trace.responsePreview ?? null,
    ],
  );
  return row?.trace_no;
}

/** The number of a new trace, or the row of the one that is there, held until the commit. */
export async function insertOrLockTrace(
  tx: Transaction,
  trace: NewTrace,
): Promise<{ readonly created: number } | { readonly row: TraceRow }> {
  for (;;) {
    const created = await insertTrace(tx, trace);
    if (created !== undefined) return { created };
    const row = await lockTrace(tx, trace.traceId);
    if (row !== undefined) return { row };
    // Somebody deleted it between the two statements: now it can be made.
  }
}

export async function updateTrace(tx: Transaction, row: TraceRow): Promise<void> {
  await tx.run(
    `UPDATE traces SET experiment_no = ?, request_time = ?, duration = ?, state = ?, client_request_id = ?,
       request_preview = ?, response_preview = ? WHERE trace_no = ?`,
    [
      row.experiment_no,
      row.request_time,
      row.duration,
      row.state,
      row.client_request_id,
      row.request_preview,
      row.response_preview,
      row.trace_no,
    ],
  );
}

export type KeyedTable = 'trace_tags' | 'trace_metadata';

export async function upsertKeyed(
  tx: Transaction,
  table: KeyedTable,
  { traceNo, values }: { readonly traceNo: number; readonly values: ReadonlyMap<string, string> },
): Promise<void> {
  if (values.size === 0) return;
  await tx.insertMany(
    table,
    { trace_no: 'bigint', key: 'text', value: 'text' },
    Array.from(values, ([key, value]) => [traceNo, key, value]),
    { onConflict: { key: ['trace_no', 'key'], update: ['value'] } },
  );
}

export interface KeyedRow {
  readonly trace_no: number;
  readonly key: string;
  readonly value: string;
}

export async function listKeyed(
  sql: Sql,
  table: KeyedTable,
  traceNos: readonly number[],
): Promise<KeyedRow[]> {
  if (traceNos.length === 0) return [];
  return sql.all<KeyedRow>(
    `SELECT trace_no, key, value FROM ${table} WHERE ${sql.dialect.inList('trace_no', 'bigint')} ORDER BY trace_no, key`,
    [sql.dialect.list(traceNos)],
  );
}

/** Whether there was such a tag. */
export async function deleteTag(tx: Transaction, traceNo: number, key: string): Promise<boolean> {
  return (await tx.run('DELETE FROM trace_tags WHERE trace_no = ? AND key = ?', [traceNo, key])) > 0;
}

export interface TraceQuery {
  /** Conditions over `traces t` and their parameters. */
  readonly where: string;
  readonly joins: string;
  readonly orderBy: string;
  readonly params: readonly SqlParam[];
  readonly limit: number;
  readonly offset: number;
}

export async function selectTraces(sql: Sql, query: TraceQuery): Promise<TraceRow[]> {
  return sql.all<TraceRow>(
    `SELECT ${COLUMNS} FROM traces t ${query.joins} WHERE ${query.where} ORDER BY ${query.orderBy} LIMIT ? OFFSET ?`,
    [...query.params, query.limit, query.offset],
  );
}

export interface DeletionScope {
  readonly experimentNo: number;
  readonly traceIds: readonly string[] | undefined;
  readonly upToMs: number | undefined;
  readonly limit: number;
}

export interface DeletedTrace {
  readonly trace_id: string;
  readonly experiment_no: number;
}

/** Deletes the oldest traces of the scope with all that belongs to them; which they were. */
export async function deleteTraces(tx: Transaction, scope: DeletionScope): Promise<readonly DeletedTrace[]> {
  const conditions = ['t.experiment_no = ?'];
  const params: SqlParam[] = [scope.experimentNo];
  if (scope.traceIds !== undefined) {
    conditions.push(tx.dialect.inList('t.trace_id', 'text'));
    params.push(tx.dialect.list(scope.traceIds));
  }
  if (scope.upToMs !== undefined) {
    conditions.push('t.request_time <= ?');
    params.push(scope.upToMs);
  }
  const rows = await tx.all<DeletedTrace & { readonly trace_no: number }>(
    `SELECT t.trace_no, t.trace_id, t.experiment_no FROM traces t WHERE ${conditions.join(' AND ')}
     ORDER BY t.request_time, t.trace_id LIMIT ?${tx.dialect.forUpdate('t')}`,
    [...params, scope.limit],
  );
  if (rows.length === 0) return [];
  await tx.run(`DELETE FROM trace_runs WHERE ${tx.dialect.inList('trace_id', 'text')}`, [
    tx.dialect.list(rows.map((row) => row.trace_id)),
  ]);
  await tx.run(`DELETE FROM traces WHERE ${tx.dialect.inList('trace_no', 'bigint')}`, [
    tx.dialect.list(rows.map((row) => row.trace_no)),
  ]);
  return rows;
}

export async function insertRunLinks(
  tx: Transaction,
  traceIds: readonly string[],
  runId: string,
): Promise<void> {
  await tx.insertMany(
    'trace_runs',
    { run_id: 'text', trace_id: 'text' },
    traceIds.map((traceId) => [runId, traceId]),
    { onConflict: 'ignore' },
  );
}

export async function insertPromptLinks(
  tx: Transaction,
  traceNo: number,
  prompts: readonly string[],
): Promise<void> {
  await tx.insertMany(
    'trace_prompts',
    { trace_no: 'bigint', prompt: 'text' },
    prompts.map((prompt) => [traceNo, prompt]),
    { onConflict: 'ignore' },
  );
}

export interface FilterCounts {
  readonly total: number;
  readonly first: number;
  readonly second: number;
  readonly joint: number;
}

export interface CountedCondition {
  readonly text: string;
  readonly params: readonly SqlParam[];
}

/** Among the traces of `where`: how many match each condition, and how many match both. */
export async function countMatches(
  sql: Sql,
  where: CountedCondition,
  [first, second]: readonly [CountedCondition, CountedCondition],
): Promise<FilterCounts> {
  const row = await sql.get<Record<keyof FilterCounts, number | null>>(
    `SELECT count(*) AS total, sum(m.f) AS first, sum(m.s) AS second, sum(m.f * m.s) AS joint FROM (
       SELECT CASE WHEN ${first.text} THEN 1 ELSE 0 END AS f, CASE WHEN ${second.text} THEN 1 ELSE 0 END AS s
       FROM traces t WHERE ${where.text}) AS m`,
    [...first.params, ...second.params, ...where.params],
  );
  const count = (name: keyof FilterCounts) => Number(row?.[name] ?? 0);
  return { total: count('total'), first: count('first'), second: count('second'), joint: count('joint') };
}
