import type { SqlFragment } from '../db/conditions.ts';
import type { Sql } from '../db/port.ts';
import { type IndexWalk, ranges, staysWhole } from '../db/ranges.ts';
import type { FilterNode, History } from '../filters/tree.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import { nextTurn } from '../kernel/turns.ts';
import type { LifecycleStage } from './experiments-repository.ts';
import { renderRunFilter } from './run-filter.ts';

/** Characters of a value that the indexes hold (see the migration). */
export const INDEXED = 120;
/** Runs that one statement looks up. */
const LOOKED_UP = 10_000;

type Exact = number | string | bigint;

export interface StartedRun {
  readonly runNo: number;
  readonly startTimeMs: Int64;
  readonly runId: string;
}

function startWalk(sql: Sql, experimentNo: number, stage: LifecycleStage): IndexWalk {
  return {
    from: `runs ${sql.dialect.indexedBy('runs_by_start')}`,
    where: { text: 'experiment_no = ? AND lifecycle_stage = ?', params: [experimentNo, stage] },
    order: [
      { column: 'start_time', descending: true, exact: sql.dialect.int64('start_time') },
      { column: 'run_id' },
    ],
  };
}

/** The runs of an experiment in a stage, newest first. */
export async function listByStart(sql: Sql, experimentNo: number, stage: LifecycleStage): Promise<number[]> {
  const lists: number[][] = [];
  for await (const range of ranges(sql, startWalk(sql, experimentNo, stage))) {
    lists.push(
      await numbers(sql, {
        text: `SELECT run_no FROM runs ${sql.dialect.indexedBy('runs_by_start')} WHERE ${range.text} ORDER BY start_time DESC, run_id`,
        params: range.params,
      }),
    );
    await nextTurn();
  }
  return lists.length === 1 ? lists[0]! : lists.flat();
}

/** As `listByStart`, with what merges several such lists. */
export async function listStarted(
  sql: Sql,
  experimentNo: number,
  stage: LifecycleStage,
): Promise<StartedRun[]> {
  const found: StartedRun[] = [];
  for await (const range of ranges(sql, startWalk(sql, experimentNo, stage))) {
    const rows = await sql.rows<readonly [number, Exact, string]>(
      `SELECT run_no, ${sql.dialect.int64('start_time')}, run_id FROM runs ${sql.dialect.indexedBy('runs_by_start')}
       WHERE ${range.text} ORDER BY start_time DESC, run_id`,
      range.params,
    );
    for (const [runNo, start, runId] of rows) found.push({ runNo, startTimeMs: int64(start), runId });
    await nextTurn();
  }
  return found;
}

/** The numbers that a SELECT of one column `run_no` gives, in its order. */
async function numbers(sql: Sql, { text, params }: SqlFragment): Promise<number[]> {
  const [row] = await sql.rows<readonly [string]>(
    `SELECT ${sql.dialect.jsonList('run_no')} FROM (${text}) AS found`,
    params,
  );
  return JSON.parse(row![0]) as number[];
}

/** Latest values of a metric, by run. */
export interface MetricValues {
  readonly runNos: readonly number[];
  readonly values: readonly number[];
}

type MetricLists = readonly [runNos: string, values: string, nans: string];

function metricLists(sql: Sql): string {
  const { jsonList } = sql.dialect;
  return `${jsonList('run_no')}, ${jsonList('value')}, ${jsonList('is_nan')}`;
}

function readMetricLists([runNos, values, nans]: MetricLists): MetricValues {
  const isNan = JSON.parse(nans) as number[];
  // PostgreSQL writes infinities as texts.
  return {
    runNos: JSON.parse(runNos) as number[],
    values: (JSON.parse(values) as (number | string)[]).map((value, i) =>
      isNan[i] === 1 ? Number.NaN : Number(value),
    ),
  };
}

export interface KeyOfExperiment {
  readonly experimentNo: number;
  readonly key: string;
  /** How many runs may have it, as a guess from above. */
  readonly atMost: number;
}

/**
 * The walks through a metric's latest values (of `s`): one where that need not be cut, else one through the numbers and
 * one through the NaNs, since a cut is found fast only where the columns before it are fixed.
 */
function metricWalks(sql: Sql, { experimentNo, key, atMost }: KeyOfExperiment): readonly IndexWalk[] {
  const from = `metric_series s ${sql.dialect.indexedBy('metric_series_by_value')}`;
  const where = { text: 's.experiment_no = ? AND s.key = ?', params: [experimentNo, key] };
  const order = [{ column: 's.value' }, { column: 's.run_no' }];
  if (staysWhole(atMost)) return [{ from, where, order: [{ column: 's.is_nan' }, ...order] }];
  return [0, 1].map((isNan) => ({
    from,
    where: { text: `${where.text} AND s.is_nan = ?`, params: [...where.params, isNan] },
    order,
  }));
}

/** The latest values of a metric over an experiment's runs: numbers in ascending order, then NaNs. */
export async function* scanMetric(sql: Sql, of: KeyOfExperiment): AsyncGenerator<MetricValues> {
  for (const walk of metricWalks(sql, of)) {
    for await (const range of ranges(sql, walk, of)) {
      const [row] = await sql.rows<MetricLists>(
        `SELECT ${metricLists(sql)} FROM (SELECT s.run_no, s.value, s.is_nan FROM ${walk.from} WHERE ${range.text}
         ORDER BY s.is_nan, s.value, s.run_no) AS found`,
        range.params,
      );
      yield readMetricLists(row!);
      await nextTurn();
    }
  }
}

/** The same for given runs, in no order. */
export async function* lookUpMetric(
  sql: Sql,
  runNos: Iterable<number>,
  key: string,
): AsyncGenerator<MetricValues> {
  for (const some of chunks(runNos)) {
    const [row] = await sql.rows<MetricLists>(
      `SELECT ${metricLists(sql)} FROM (SELECT run_no, value, is_nan FROM metric_series
       WHERE ${sql.dialect.inList('run_no', 'bigint')} AND key = ?) AS found`,
      [sql.dialect.list(some), key],
    );
    yield readMetricLists(row!);
    await nextTurn();
  }
}

/** Texts of params or tags, by run. */
export interface TextValues {
  readonly runNos: readonly number[];
  readonly values: readonly string[];
}

export type TextTable = 'params' | 'run_tags';

const readTextLists = (row: readonly [string, string]): TextValues => ({
  runNos: JSON.parse(row[0]) as number[],
  values: JSON.parse(row[1]) as string[],
});

function textWalk(
  sql: Sql,
  table: TextTable,
  { experimentNo, key }: Omit<KeyOfExperiment, 'atMost'>,
): IndexWalk {
  return {
    from: `${table} ${sql.dialect.indexedBy(`${table}_by_value`)}`,
    where: { text: 'experiment_no = ? AND key = ?', params: [experimentNo, key] },
    order: [{ column: sql.dialect.prefix('value', INDEXED) }, { column: 'run_no' }],
  };
}

/** The values of a param or tag over an experiment's runs, in no order. */
export async function* scanText(sql: Sql, table: TextTable, of: KeyOfExperiment): AsyncGenerator<TextValues> {
  const prefix = sql.dialect.prefix('value', INDEXED);
  const walk = textWalk(sql, table, of);
  for await (const range of ranges(sql, walk, of)) {
    const [row] = await sql.rows<readonly [string, string]>(
      `SELECT ${sql.dialect.jsonList('run_no')}, ${sql.dialect.jsonList('text')} FROM
       (SELECT run_no, ${prefix} AS text FROM ${walk.from} WHERE ${range.text}) AS found`,
      range.params,
    );
    const found = readTextLists(row!);
    // Only what fills the index's room may go on beyond it.
    const long = found.runNos.filter((_, i) => found.values[i]!.length >= INDEXED);
    if (long.length === 0) yield found;
    else {
      const short = found.runNos.map((_, i) => i).filter((i) => found.values[i]!.length < INDEXED);
      yield { runNos: short.map((i) => found.runNos[i]!), values: short.map((i) => found.values[i]!) };
      yield* lookUpText(sql, table, { runNos: long, key: of.key });
    }
    await nextTurn();
  }
}

/** The same for given runs. */
export async function* lookUpText(
  sql: Sql,
  table: TextTable,
  { runNos, key }: { readonly runNos: Iterable<number>; readonly key: string },
): AsyncGenerator<TextValues> {
  for (const some of chunks(runNos)) {
    const [row] = await sql.rows<readonly [string, string]>(
      `SELECT ${sql.dialect.jsonList('run_no')}, ${sql.dialect.jsonList('value')} FROM
       (SELECT run_no, value FROM ${table} WHERE ${sql.dialect.inList('run_no', 'bigint')} AND key = ?) AS found`,
      [sql.dialect.list(some), key],
    );
    yield readTextLists(row!);
    await nextTurn();
  }
}

/** Which of an experiment's runs have the metric, with a latest value that passes `test` (on `s.value`, `s.is_nan`). */
export async function* scanMetricTest(
  sql: Sql,
  of: KeyOfExperiment,
  test: SqlFragment,
): AsyncGenerator<readonly number[]> {
  for (const walk of metricWalks(sql, of)) {
    for await (const range of ranges(sql, walk, of)) {
      yield await numbers(sql, {
        text: `SELECT s.run_no FROM ${walk.from} WHERE ${range.text} AND (${test.text})`,
        params: [...range.params, ...test.params],
      });
      await nextTurn();
    }
  }
}

export interface TextTest extends KeyOfExperiment {
  /** Renders the test of an SQL expression. */
  readonly test: (expression: string) => SqlFragment;
  /** Whether what the index holds of a value decides the test, however the value goes on. */
  readonly isDecidedByIndex: boolean;
}

/** Which of an experiment's runs have the param or tag, with a value that passes a test. */
export async function* scanTextTest(
  sql: Sql,
  table: TextTable,
  { test, isDecidedByIndex, ...of }: TextTest,
): AsyncGenerator<readonly number[]> {
  const prefix = sql.dialect.prefix('value', INDEXED);
  const walk = textWalk(sql, table, of);
  const onIndex = test(prefix);
  const onValue = test('value');
  for await (const range of ranges(sql, walk, of)) {
    if (isDecidedByIndex) {
      yield await numbers(sql, {
        text: `SELECT run_no FROM ${walk.from} WHERE ${range.text} AND (${onIndex.text})`,
        params: [...range.params, ...onIndex.params],
      });
      await nextTurn();
      continue;
    }
    // Those whose values go on are told apart by their sign: a second walk for them would cost as much as this one.
    const isLong = `length(${prefix}) >= ${INDEXED}`;
    const found = await numbers(sql, {
      text: `SELECT CASE WHEN ${isLong} THEN -run_no ELSE run_no END AS run_no FROM ${walk.from}
        WHERE ${range.text} AND (${isLong} OR (${onIndex.text}))`,
      params: [...range.params, ...onIndex.params],
    });
    yield found.filter((runNo) => runNo > 0);
    for (const some of chunks(found.filter((runNo) => runNo < 0).map((runNo) => -runNo))) {
      yield await numbers(sql, {
        text: `SELECT run_no FROM ${table} WHERE ${sql.dialect.inList('run_no', 'bigint')} AND key = ? AND (${onValue.text})`,
        params: [sql.dialect.list(some), of.key, ...onValue.params],
      });
    }
    await nextTurn();
  }
}

export interface RunTest {
  readonly experimentNo: number;
  readonly stage: LifecycleStage;
  /** On the columns of `r` alone. */
  readonly test: SqlFragment;
}

/** Rows that a walk reads at once, each with a look into the table. */
const TESTED = 25_000;

/** Which of an experiment's runs in a stage pass a test of their own columns. */
export async function* scanRunTest(
  sql: Sql,
  { experimentNo, stage, test }: RunTest,
): AsyncGenerator<readonly number[]> {
  for await (const range of ranges(sql, startWalk(sql, experimentNo, stage), { rows: TESTED })) {
    yield await numbers(sql, {
      text: `SELECT r.run_no FROM runs r ${sql.dialect.indexedBy('runs_by_start')}
        WHERE ${range.text} AND (${test.text})`,
      params: [...range.params, ...test.params],
    });
    await nextTurn();
  }
}

/** The given runs that match a filter. */
export async function* lookUpMatching(
  sql: Sql,
  runNos: Iterable<number>,
  filter: FilterNode,
): AsyncGenerator<readonly number[]> {
  const condition = renderRunFilter(sql.dialect, filter);
  for (const some of chunks(runNos)) {
    yield await numbers(sql, {
      text: `SELECT r.run_no FROM runs r JOIN experiments e ON e.experiment_no = r.experiment_no
        WHERE ${sql.dialect.inList('r.run_no', 'bigint')} AND (${condition.text})`,
      params: [sql.dialect.list(some), ...condition.params],
    });
    await nextTurn();
  }
}

export function* chunks<T>(values: Iterable<T>, size = LOOKED_UP): Generator<T[]> {
  let some: T[] = [];
  for (const value of values) {
    some.push(value);
    if (some.length === size) {
      yield some;
      some = [];
    }
  }
  if (some.length > 0) yield some;
}

/** The numbers of runs by their ids, of those that exist. */
export async function* findRunNumbers(
  sql: Sql,
  runIds: Iterable<string>,
): AsyncGenerator<readonly [runNo: number, runId: string]> {
  for (const some of chunks(runIds)) {
    yield* await sql.rows<readonly [number, string]>(
      `SELECT run_no, run_id FROM runs WHERE ${sql.dialect.inList('run_id', 'text')}`,
      [sql.dialect.list(some)],
    );
    await nextTurn();
  }
}

export type LatestTuple = readonly [runNo: number, key: string, value: number, isNan: number];

/** Latest values of some metrics of some runs. */
export async function listLatestOf(
  sql: Sql,
  runNos: readonly number[],
  keys: readonly string[],
): Promise<LatestTuple[]> {
  if (keys.length === 0) return [];
  const { dialect } = sql;
  return sql.rows<LatestTuple>(
    `SELECT run_no, key, value, is_nan FROM metric_series
     WHERE ${dialect.inList('run_no', 'bigint')} AND ${dialect.inList('key', 'text')}`,
    [dialect.list(runNos), dialect.list(keys)],
  );
}

export interface MetricHistory {
  readonly key: string;
  readonly history: History;
}

/** A metric's history as one number: `value` is null where the run has no point at the step, or nothing but NaNs. */
export type HistoryTuple = readonly [runNo: number, value: number | null, isNan: number];

/** What a function over a metric's history gives for some runs that have the metric, in no order. */
export async function listHistoryOf(
  sql: Sql,
  runNos: readonly number[],
  { key, history }: MetricHistory,
): Promise<HistoryTuple[]> {
  const { value, isNan, params } = historyExpression(history);
  const rows = await sql.rows<readonly [number, number | string | null, number | null]>(
    `SELECT s.run_no, ${value}, ${isNan} FROM metric_series s
     WHERE ${sql.dialect.inList('s.run_no', 'bigint')} AND s.key = ?`,
    [...params, ...params, sql.dialect.list(runNos), key],
  );
  return rows.flatMap(([runNo, number, nan]): HistoryTuple[] => {
    // A run without a point there has nothing; extremes that are NULL are of NaNs alone.
    if (nan === null) return [];
    return [[runNo, number === null ? null : Number(number), number === null ? 1 : nan]];
  });
}

/** In the words of the filter's functions (see `run-filter.ts`), so that a column shows what a filter compares. */
function historyExpression(history: History): {
  readonly value: string;
  readonly isNan: string;
  readonly params: readonly Int64[];
} {
  switch (history.fn) {
    case 'min':
      return { value: 's.min_value', isNan: '0', params: [] };
    case 'max':
      return { value: 's.max_value', isNan: '0', params: [] };
    case 'count':
      return { value: 's.point_count', isNan: '0', params: [] };
    case 'last':
      return { value: 's.value', isNan: 's.is_nan', params: [] };
    case 'first':
      return pointExpression('ORDER BY p.step, p.timestamp, p.value LIMIT 1', []);
    case 'at':
      return pointExpression('AND p.step = ? ORDER BY p.step DESC, p.timestamp DESC, p.value DESC LIMIT 1', [
        history.step,
      ]);
  }
}

function pointExpression(which: string, params: readonly Int64[]) {
  const of = (column: string) =>
    `(SELECT p.${column} FROM metric_points p WHERE p.series_no = s.series_no ${which})`;
  return { value: of('value'), isNan: of('is_nan'), params };
}

export type TextTuple = readonly [runNo: number, key: string, value: string];

/** Some params or tags of some runs; of longer values the first `chars` characters. */
export async function listTextsOf(
  sql: Sql,
  table: TextTable,
  query: { readonly runNos: readonly number[]; readonly keys: readonly string[]; readonly chars: number },
): Promise<TextTuple[]> {
  if (query.keys.length === 0) return [];
  const { dialect } = sql;
  return sql.rows<TextTuple>(
    `SELECT run_no, key, ${dialect.prefix('value', query.chars)} FROM ${table}
     WHERE ${dialect.inList('run_no', 'bigint')} AND ${dialect.inList('key', 'text')}`,
    [dialect.list(query.runNos), dialect.list(query.keys)],
  );
}
