import type { Database } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { type Int64, int64, parseInt64Text } from '../kernel/int64.ts';
import { type PageToken, parsePageToken, renderPageToken } from '../kernel/page-token.ts';
import type { Charts } from './charts.ts';
import type { MetricPoint } from './metric-rules.ts';
import * as repository from './metrics-repository.ts';
import { renderHistory } from './run-documents-repository.ts';
import { findRuns } from './runs-repository.ts';

/** Points read from the database at a time while a history streams. */
const CHUNK = 5000;
/** Histories longer than this are thinned by their extremes. */
const LONG = 5000;
const MAX_BULK_RUNS = 100;
const MAX_BULK_POINTS = 2500;

export interface HistoryPage {
  /** A JSON array of points as they stand on MLflow's wire. */
  readonly json: string;
  readonly nextPageToken: string | undefined;
}

export interface BulkInterval {
  readonly runIds: readonly string[];
  readonly key: string;
  readonly startStep?: Int64 | undefined;
  readonly endStep?: Int64 | undefined;
  /** The most points a run. */
  readonly maxResults: number;
}

/** Histories of metrics: whole, by pages, and thinned for charts. */
export function createMetrics({ db, charts }: { readonly db: Database; readonly charts: Charts }) {
  async function findOne(runId: string, key: string): Promise<repository.Series | undefined> {
    return db.read(async (sql) => {
      const [run] = await findRuns(sql, [runId]);
      if (run === undefined) return undefined;
      return (await repository.findSeries(sql, [[run.runNo, key]]))[0];
    });
  }

  async function* walk(series: repository.Series): AsyncGenerator<MetricPoint[]> {
    let after: repository.HistoryPosition | undefined;
    for (;;) {
      const position = after;
      const rows = await db.read((sql) =>
        repository.listHistory(sql, {
          seriesNo: series.seriesNo!,
          inOrder: series.summary.inOrder,
          after: position,
          offset: 0,
          limit: CHUNK,
        }),
      );
      if (rows.length === 0) return;
      yield rows.map(readPoint);
      if (rows.length < CHUNK) return;
      const last = rows.at(-1)!;
      after = { step: int64(last[0]), timestamp: int64(last[1]), value: last[2] };
    }
  }

  async function evenly(series: repository.Series, query: BulkInterval): Promise<MetricPoint[]> {
    const { startStep, endStep, maxResults } = query;
    const rows = await db.read((sql) =>
      repository.listInterval(sql, { seriesNo: series.seriesNo!, startStep, endStep, limit: maxResults }),
    );
    return rows.map(readPoint);
  }

  async function thinned(
    runId: string,
    series: repository.Series,
    query: BulkInterval,
  ): Promise<MetricPoint[]> {
    const { key, startStep, endStep, maxResults } = query;
    const [chart] = await charts.series({
      runIds: [runId],
      key,
      startStep,
      endStep,
      maxPoints: maxResults - 1,
    });
    const points = chart?.points ?? [];
    const { latest } = series.summary;
    const isInside = endStep === undefined || latest.step <= endStep;
    return isInside && points.at(-1)?.step !== latest.step ? [...points, latest] : [...points];
  }

  return {
    /** The whole history by (timestamp, step, value), in chunks; nothing for an unknown run or metric. */
    async *history(runId: string, key: string): AsyncGenerator<readonly MetricPoint[]> {
      const series = await findOne(runId, key);
      if (series !== undefined) yield* walk(series);
    },

    /** The whole history as texts of JSON arrays of points, each array full but the last; nothing for an unknown one. */
    async *renderedHistory(runId: string, key: string): AsyncGenerator<string> {
      const series = await findOne(runId, key);
      if (series === undefined) return;
      let after: repository.HistoryPosition | undefined;
      do {
        const position = after;
        const chunk = await db.read((sql) =>
          renderHistory(sql, {
            seriesNo: series.seriesNo!,
            key,
            inOrder: series.summary.inOrder,
            after: position,
            offset: 0,
            limit: CHUNK,
          }),
        );
        if (chunk.json !== '[]') yield chunk.json;
        after = chunk.last;
      } while (after !== undefined);
    },

    /**
     * One page of the history, as the text of a JSON array of points.
     * @throws AppError InvalidArgument for a page size below 1 or a bad token.
     */
    async historyPage(
      runId: string,
      key: string,
      page: { readonly maxResults: number; readonly pageToken: string | undefined },
    ): Promise<HistoryPage> {
      if (page.maxResults < 1) {
        throw invalidArgument(
          `Invalid value ${page.maxResults} for parameter 'max_results' supplied: it must be a positive integer.`,
          { field: 'max_results' },
        );
      }
      const token = parsePageToken(page.pageToken);
      const after = readPosition(token.after);
      const series = await findOne(runId, key);
      if (series === undefined) return { json: '[]', nextPageToken: undefined };
      const { json, last } = await db.read((sql) =>
        renderHistory(sql, {
          seriesNo: series.seriesNo!,
          key,
          inOrder: series.summary.inOrder,
          after,
          offset: after === undefined ? token.offset : 0,
          limit: page.maxResults,
        }),
      );
      const offset = token.offset + page.maxResults;
      return { json, nextPageToken: last && renderPageToken({ offset, ...writePosition(last) }) };
    },

    /**
     * Histories of one metric over many runs, each run's points by step, thinned evenly to at most `maxResults`
     * steps; the first and the last step of each run are always there.
     * @throws AppError InvalidArgument for more than 100 runs, a bad limit, or one end of the interval alone.
     */
    async bulkInterval(query: BulkInterval): Promise<{ runId: string; points: readonly MetricPoint[] }[]> {
      checkBulk(query);
      const found = await db.read(async (sql) => {
        const runs = await findRuns(sql, [...new Set(query.runIds)]);
        const series = await repository.findSeries(
          sql,
          runs.map((run) => [run.runNo, query.key] as const),
        );
        const byRun = new Map(series.map((one) => [one.runNo, one]));
        return runs.flatMap((run) => {
          const one = byRun.get(run.runNo);
          return one === undefined ? [] : [{ runId: run.runId, series: one }];
        });
      });
      const result: { runId: string; points: readonly MetricPoint[] }[] = [];
      for (const { runId, series } of found) {
        // A chart's extremes say more than every n-th point, and cost the same however long the history is.
        const isLong = series.summary.count > LONG && query.maxResults > 2;
        result.push({
          runId,
          points: await (isLong ? thinned(runId, series, query) : evenly(series, query)),
        });
      }
      return result;
    },
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

function readPoint([step, timestamp, value, isNan]: repository.PointTuple): MetricPoint {
  return {
    step: typeof step === 'number' ? step : int64(step),
    timestampMs: typeof timestamp === 'number' ? timestamp : int64(timestamp),
    value: isNan === 1 ? Number.NaN : value,
  };
}

/** A place in a history as a token holds it: integers as text, which keeps their digits; no infinities. */
function writePosition({ step, timestamp, value }: repository.HistoryPosition): Partial<PageToken> {
  return Number.isFinite(value) ? { after: [String(step), String(timestamp), value] } : {};
}

function readPosition(after: PageToken['after']): repository.HistoryPosition | undefined {
  if (after === undefined) return undefined;
  const [step, timestamp, value] = after;
  const exact = (text: unknown) => (typeof text === 'string' ? parseInt64Text(text) : undefined);
  const [stepNo, timestampMs] = [exact(step), exact(timestamp)];
  if (stepNo === undefined || timestampMs === undefined || typeof value !== 'number') {
    throw invalidArgument('Invalid page token, its position is malformed.', { field: 'page_token' });
  }
  return { step: stepNo, timestamp: timestampMs, value };
}

function checkBulk({ runIds, startStep, endStep, maxResults }: BulkInterval): void {
  if (runIds.length === 0 || runIds.length > MAX_BULK_RUNS) {
    throw invalidArgument(
      `GetMetricHistoryBulkInterval takes from 1 to ${MAX_BULK_RUNS} run_ids. Received ${runIds.length}.`,
      { field: 'run_ids' },
    );
  }
  if (maxResults < 1 || maxResults > MAX_BULK_POINTS) {
    throw invalidArgument(`max_results must be between 1 and ${MAX_BULK_POINTS}.`, { field: 'max_results' });
  }
  if ((startStep === undefined) !== (endStep === undefined)) {
    throw invalidArgument('If either start step or end step are specified, both must be specified.', {
      field: startStep === undefined ? 'start_step' : 'end_step',
    });
  }
  if (startStep !== undefined && endStep !== undefined && startStep > endStep) {
    throw invalidArgument(
      `end_step must be greater than start_step. Found start_step=${startStep} and end_step=${endStep}.`,
      {
        field: 'end_step',
      },
    );
  }
}
