import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Sql } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import type { Int64 } from '../kernel/int64.ts';
import { nextTurn } from '../kernel/turns.ts';
import { type LineX, readLine, readPoint, WORTH_SUMMARISING } from './chart-lines.ts';
import type { MetricPoint, SeriesSummary } from './metric-rules.ts';
import * as repository from './metric-summaries-repository.ts';
import { findSeries, type Series } from './metrics-repository.ts';
import { packPoints } from './point-blocks.ts';
import { findRuns } from './runs-repository.ts';
import { type Means, SUMMARY_POINTS, summarise } from './thinning.ts';

export interface ChartQuery {
  readonly runIds: readonly string[];
  readonly key: string;
  readonly startStep?: Int64 | undefined;
  readonly endStep?: Int64 | undefined;
  /** The most points a run: twice the pixels of the chart's width. */
  readonly maxPoints: number;
}

export interface ChartSeries {
  readonly runId: string;
  /** Points of the whole history. */
  readonly count: number;
  /** By step. Thinned by keeping the extremes of neighbours, unless there are few enough to send all. */
  readonly points: readonly MetricPoint[];
}

export interface LinesQuery {
  readonly runIds: readonly string[];
  readonly keys: readonly string[];
  readonly x: LineX;
  readonly from?: Int64 | undefined;
  readonly to?: Int64 | undefined;
  /** The most points a line: about the chart's width in pixels. */
  readonly maxPoints: number;
  /** Whether thinned lines have the means of neighbours beside their extremes. */
  readonly withMeans?: boolean | undefined;
  /** Whether lines are of no use where each of them has one point: then none is read. */
  readonly unlessSingle?: boolean | undefined;
}

export interface ChartLines {
  readonly lines: AsyncGenerator<ChartLine>;
  /** Histories that were found, where `unlessSingle` left all of them out. */
  readonly singles: number | undefined;
}

interface Summarising {
  readonly done: Promise<void>;
  /** Somebody waits for it: no more rests. */
  hurry(): void;
}

export interface ChartLine {
  readonly runId: string;
  readonly key: string;
  /** Of the whole history. */
  readonly summary: SeriesSummary;
  readonly minStep: Int64 | undefined;
  readonly maxStep: Int64 | undefined;
  readonly firstTimeMs: Int64 | undefined;
  /** The points of the part by x, exact where x is the step or the time. */
  readonly x: readonly Int64[];
  readonly steps: readonly Int64[];
  readonly values: readonly number[];
  readonly means: Means | undefined;
}

const MAX_SERIES_RUNS = 200;
const MAX_RUNS = 1000;
const MAX_KEYS = 20;
const MIN_POINTS = 4;
const MAX_POINTS = 20_000;
/** Points read, and summaries written, in one go: a few ms, for which everybody else waits. */
const CHUNK = 4 * SUMMARY_POINTS;
/** How long others come first, between two goes that nobody waits for. */
const REST_MS = 20;
/** Points without a summary that a reader takes as they are. Beyond, summaries are made first. */
const TOLERATED_LAG = 8 * CHUNK;
/** Lines read between two turns of the event loop. */
const AT_ONCE = 8;

/**
 * Histories as charts need them. Their cost does not grow with their length: extremes of every 512 points are kept
 * beside them, and the points themselves in a form that is read fast; both made in the background after the points were
 * written, and completed on reading where they lag.
 */
export function createCharts({ db }: { readonly db: Database }) {
  /** Histories whose summaries are being made; each once. */
  const working = new Map<number, Summarising>();

  async function extend(seriesNo: number, rest: () => Promise<void>): Promise<void> {
    for (;;) {
      const more = await db.write(async (tx) => {
        await repository.lockSeries(tx, seriesNo);
        const after = await repository.findLastSummarised(tx, seriesNo);
        const rows = await repository.listPointsAfter(tx, seriesNo, { after, limit: CHUNK });
        const stretches: repository.NewStretch[] = [];
        for (let i = 0; i + SUMMARY_POINTS <= rows.length; i += SUMMARY_POINTS) {
          const points = rows.slice(i, i + SUMMARY_POINTS).map(readPoint);
          stretches.push({ ...summarise(points), last: points.at(-1)!, packed: packPoints(points) });
        }
        await repository.insertSummaries(tx, seriesNo, stretches);
        return rows.length === CHUNK;
      });
      if (!more) return;
      await rest();
    }
  }

  function begin(seriesNo: number): Summarising {
    const running = working.get(seriesNo);
    if (running !== undefined) return running;
    const awaited = Promise.withResolvers<void>();
    const rest = () => Promise.race([sleep(REST_MS, undefined, { ref: false }), awaited.promise]);
    const begun = {
      done: extend(seriesNo, rest).finally(() => working.delete(seriesNo)),
      hurry: awaited.resolve,
    };
    working.set(seriesNo, begun);
    return begun;
  }

  function summariseSeries(seriesNo: number): Promise<void> {
    const { done, hurry } = begin(seriesNo);
    hurry();
    return done;
  }

  /** A failure costs nothing but the next reader's time. */
  function summariseLater(seriesNo: number): void {
    begin(seriesNo).done.catch(() => undefined);
  }

  /** Has the summaries of long histories made, as far as reading them would be slow without. */
  async function prepare(found: readonly Series[]): Promise<void> {
    const long = found.filter(({ summary }) => summary.count > WORTH_SUMMARISING);
    if (long.length === 0) return;
    const covered = await db.read((sql) =>
      repository.countSummarised(
        sql,
        long.map(({ seriesNo }) => seriesNo!),
      ),
    );
    const waiting: Promise<void>[] = [];
    for (const { seriesNo, summary } of long) {
      const lag = summary.count - (covered.get(seriesNo!) ?? 0);
      if (lag >= TOLERATED_LAG) waiting.push(summariseSeries(seriesNo!));
      else if (lag >= SUMMARY_POINTS) summariseLater(seriesNo!);
    }
    await Promise.all(waiting);
  }

  async function find(runIds: readonly string[], keys: readonly string[]) {
    const distinct = [...new Set(runIds)];
    const found = await db.read(async (sql) => {
      const runs = await findRuns(sql, distinct);
      const tuples = runs.flatMap((run) => keys.map((key) => [run.runNo, key] as const));
      const series = tuples.length === 0 ? [] : await findSeries(sql, tuples);
      const runOf = new Map(runs.map((run) => [run.runNo, run.runId]));
      return series.map((one) => ({ runId: runOf.get(one.runNo)!, series: one }));
    });
    await prepare(found.map(({ series }) => series));
    const byRun = Map.groupBy(found, ({ runId }) => runId);
    return distinct.flatMap((runId) => byRun.get(runId) ?? []);
  }

  return {
    /**
     * The histories of one metric over many runs, thinned.
     * @throws AppError InvalidArgument for more than 200 runs, a bad number of points, or one end of a range alone.
     */
    async series(query: ChartQuery): Promise<ChartSeries[]> {
      checkRuns(query.runIds, MAX_SERIES_RUNS);
      checkPoints(query.maxPoints, 2);
      const { startStep: from, endStep: to } = query;
      if ((from === undefined) !== (to === undefined)) {
        throw invalidArgument('start_step and end_step go together.', {
          field: from === undefined ? 'start_step' : 'end_step',
        });
      }
      const found = await find(query.runIds, [query.key]);
      const { maxPoints } = query;
      return db.read(async (sql) => {
        const result: ChartSeries[] = [];
        for (const { runId, series } of await readAgain(sql, found)) {
          const line = await readLine(sql, series, {
            x: 'step',
            from,
            to,
            maxPoints,
            withNeighbours: false,
            withMeans: false,
          });
          const points = line.values.map((value, i) => ({
            step: line.steps[i]!,
            timestampMs: line.timesMs[i]!,
            value,
          }));
          const isWhole = series.summary.count <= query.maxPoints;
          result.push({
            runId,
            count: series.summary.count,
            points: isWhole ? points : points.filter(({ value }) => !Number.isNaN(value)),
          });
        }
        return result;
      });
    },

    /**
     * Parts of histories as lines, in the order of the runs, then of the keys; a metric that a run does not have is left
     * out. A line has all its points where these are at most `maxPoints`; else, of at least half as many groups of
     * neighbours, the lowest and the highest, and the nearest points outside of the part.
     * @throws AppError InvalidArgument for too many runs, keys or points.
     */
    async lines(query: LinesQuery): Promise<ChartLines> {
      checkRuns(query.runIds, MAX_RUNS);
      if (query.keys.length === 0 || query.keys.length > MAX_KEYS) {
        throw invalidArgument(`keys takes from 1 to ${MAX_KEYS} metrics. Received ${query.keys.length}.`, {
          field: 'keys',
        });
      }
      checkPoints(query.maxPoints, MIN_POINTS);
      const keys = [...new Set(query.keys)];
      const found = await find(query.runIds, keys);
      if (query.unlessSingle && found.length > 0 && found.every(isSinglePoint))
        return { lines: readLines(query, []), singles: found.length };
      const rank = new Map(keys.map((key, i) => [key, i]));
      const ordered = [...Map.groupBy(found, ({ runId }) => runId).values()].flatMap((ofRun) =>
        ofRun.toSorted((a, b) => rank.get(a.series.key)! - rank.get(b.series.key)!),
      );
      return { lines: readLines(query, ordered), singles: undefined };
    },

    /** Makes summaries of a history that has grown, in the background. */
    grown: summariseLater,
  };

  async function* readLines(query: LinesQuery, found: readonly FoundSeries[]): AsyncGenerator<ChartLine> {
    for (let i = 0; i < found.length; i += AT_ONCE) {
      const those = found.slice(i, i + AT_ONCE);
      // Many runs log a metric once: what was found of it is all there is to read.
      if (those.every(isSinglePoint)) {
        for (const one of those) yield toPoint(query, one);
        continue;
      }
      yield* await db.read(async (sql) => {
        const lines: ChartLine[] = [];
        const some = await readAgain(sql, those);
        for (const one of some) lines.push(await toLine(sql, query, one));
        return lines;
      });
      await nextTurn();
    }
  }
}

export type Charts = ReturnType<typeof createCharts>;

interface FoundSeries {
  readonly runId: string;
  readonly series: Series;
}

/** The same histories as they are now, so that what is said of a whole one fits its points. */
async function readAgain(sql: Sql, found: readonly FoundSeries[]): Promise<FoundSeries[]> {
  const tuples = found.map(({ series }) => [series.runNo, series.key] as const);
  const current = tuples.length === 0 ? [] : await findSeries(sql, tuples);
  const byNumber = new Map(current.map((series) => [series.seriesNo, series]));
  return found.flatMap(({ runId, series }) => {
    const now = byNumber.get(series.seriesNo);
    return now === undefined ? [] : [{ runId, series: now }];
  });
}

const isSinglePoint = ({ series }: FoundSeries): boolean => series.summary.count === 1;

/** The whole of a history of one point, which lies in every part or beside it. */
function toPoint({ x }: LinesQuery, { runId, series }: FoundSeries): ChartLine {
  const { latest, min, max } = series.summary;
  const steps = [latest.step];
  return {
    runId,
    key: series.key,
    summary: series.summary,
    minStep: min === null ? undefined : latest.step,
    maxStep: max === null ? undefined : latest.step,
    firstTimeMs: latest.timestampMs,
    x: x === 'step' ? steps : [x === 'time' ? latest.timestampMs : 0],
    steps,
    values: [latest.value],
    means: undefined,
  };
}

async function toLine(
  sql: Sql,
  { x, from, to, maxPoints, withMeans = false }: LinesQuery,
  { runId, series }: FoundSeries,
): Promise<ChartLine> {
  const line = await readLine(sql, series, { x, from, to, maxPoints, withNeighbours: true, withMeans });
  return {
    runId,
    key: series.key,
    summary: series.summary,
    minStep: line.minStep,
    maxStep: line.maxStep,
    firstTimeMs: line.firstTimeMs,
    x: x === 'step' ? line.steps : x === 'time' ? line.timesMs : Array.from(line.x),
    steps: line.steps,
    values: line.values,
    means: line.means,
  };
}

function checkRuns(runIds: readonly string[], most: number): void {
  if (runIds.length === 0 || runIds.length > most) {
    throw invalidArgument(`run_ids takes from 1 to ${most} runs. Received ${runIds.length}.`, {
      field: 'run_ids',
    });
  }
}

function checkPoints(maxPoints: number, least: number): void {
  if (maxPoints < least || maxPoints > MAX_POINTS) {
    throw invalidArgument(`max_points must be between ${least} and ${MAX_POINTS}.`, { field: 'max_points' });
  }
}
