import type { Database, Sql } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import type { MetricPoint } from './metric-rules.ts';
import type { StoredStretch } from './metric-summaries-repository.ts';
import * as repository from './metric-summaries-repository.ts';
import { findSeries, listInterval, type PointTuple, type Series } from './metrics-repository.ts';
import { findRuns } from './runs-repository.ts';
import { type Stretch, SUMMARY_POINTS, summarise, thin } from './thinning.ts';

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

const MAX_RUNS = 200;
const MAX_POINTS = 20_000;
/** Points read, and summaries written, in one go while the event loop waits. */
const CHUNK = 16 * SUMMARY_POINTS;
/** Histories shorter than this are read as they are. */
const WORTH_SUMMARISING = 8 * SUMMARY_POINTS;

/**
 * Histories as charts need them. Their cost does not grow with their length: extremes of every 512 points are kept
 * beside them, made in the background after the points were written, and completed on reading where they lag.
 */
export function createCharts({ db }: { readonly db: Database }) {
  /** Histories whose summaries are being made; each once. */
  const working = new Map<number, Promise<void>>();

  async function extend(seriesNo: number): Promise<void> {
    for (;;) {
      const more = await db.write(async (tx) => {
        await repository.lockSeries(tx, seriesNo);
        const after = await repository.findLastSummarised(tx, seriesNo);
        const rows = await repository.listPointsAfter(tx, seriesNo, { after, limit: CHUNK });
        const stretches: StoredStretch[] = [];
        for (let i = 0; i + SUMMARY_POINTS <= rows.length; i += SUMMARY_POINTS) {
          const points = rows.slice(i, i + SUMMARY_POINTS).map(readPoint);
          stretches.push({ ...summarise(points), last: points.at(-1)! });
        }
        await repository.insertSummaries(tx, seriesNo, stretches);
        return rows.length === CHUNK;
      });
      if (!more) return;
    }
  }

  function summariseSeries(seriesNo: number): Promise<void> {
    const running = working.get(seriesNo);
    if (running !== undefined) return running;
    const started = extend(seriesNo).finally(() => working.delete(seriesNo));
    working.set(seriesNo, started);
    return started;
  }

  async function read(sql: Sql, series: Series, query: ChartQuery): Promise<MetricPoint[]> {
    const seriesNo = series.seriesNo!;
    const range = query.startStep === undefined ? undefined : { start: query.startStep, end: query.endStep! };
    const interval = { seriesNo, startStep: query.startStep, endStep: query.endStep };
    if (series.summary.count <= Math.max(query.maxPoints, WORTH_SUMMARISING)) {
      const points = (
        await listInterval(sql, { ...interval, limit: WORTH_SUMMARISING + query.maxPoints })
      ).map(readPoint);
      return points.length <= query.maxPoints ? points : thin(points.map(asStretch), query.maxPoints);
    }
    const stored = await repository.listSummaries(sql, seriesNo, range);
    const covered = stored.reduce((sum, stretch) => sum + stretch.points, 0);
    const tail = await listTail(sql, seriesNo, { stored, range });
    if (covered + tail.length <= query.maxPoints + 2 * SUMMARY_POINTS) {
      const points = (await listInterval(sql, { ...interval, limit: covered + tail.length + 1 })).map(
        readPoint,
      );
      return points.length <= query.maxPoints ? points : thin(points.map(asStretch), query.maxPoints);
    }
    const inside = stored.filter(
      (s) => range === undefined || (s.firstStep >= range.start && s.lastStep <= range.end),
    );
    // A stretch that reaches over an end of the range gives the points of its part, one by one.
    const edges = stored.filter((stretch) => !inside.includes(stretch));
    const [head, foot] = [
      edges.filter((s) => s.firstStep < range!.start),
      edges.filter((s) => s.firstStep >= range!.start),
    ];
    const stretches = [
      ...(await readEdges(sql, seriesNo, { edges: head, range })),
      ...inside,
      ...(await readEdges(sql, seriesNo, { edges: foot, range })),
      ...groupTail(tail),
    ];
    return thin(stretches, query.maxPoints);
  }

  return {
    /**
     * The histories of one metric over many runs, thinned.
     * @throws AppError InvalidArgument for more than 200 runs, a bad number of points, or one end of a range alone.
     */
    async series(query: ChartQuery): Promise<ChartSeries[]> {
      checkQuery(query);
      const found = await db.read(async (sql) => {
        const runs = await findRuns(sql, [...new Set(query.runIds)]);
        const series = await findSeries(
          sql,
          runs.map((run) => [run.runNo, query.key] as const),
        );
        const runOf = new Map(runs.map((run) => [run.runNo, run.runId]));
        return series.map((one) => ({ runId: runOf.get(one.runNo)!, series: one }));
      });
      for (const { series } of found) {
        if (series.summary.count > WORTH_SUMMARISING) await summariseSeries(series.seriesNo!);
      }
      return db.read(async (sql) => {
        const result: ChartSeries[] = [];
        for (const { runId, series } of found) {
          result.push({ runId, count: series.summary.count, points: await read(sql, series, query) });
        }
        return result;
      });
    },

    /** Makes summaries of a history that has grown, in the background. */
    grown(seriesNo: number): void {
      // A failure costs nothing but the next reader's time.
      summariseSeries(seriesNo).catch(() => undefined);
    },
  };
}

export type Charts = ReturnType<typeof createCharts>;

interface Edges {
  readonly edges: readonly StoredStretch[];
  readonly range: repository.StepRange | undefined;
}

async function readEdges(sql: Sql, seriesNo: number, { edges, range }: Edges): Promise<Stretch[]> {
  if (edges.length === 0 || range === undefined) return [];
  const start = edges[0]!.firstStep > range.start ? edges[0]!.firstStep : range.start;
  const end = edges.at(-1)!.lastStep < range.end ? edges.at(-1)!.lastStep : range.end;
  const rows = await listInterval(sql, {
    seriesNo,
    startStep: start,
    endStep: end,
    limit: 4 * SUMMARY_POINTS,
  });
  return groupTail(rows.map(readPoint));
}

/** The points that no summary covers yet: fewer than a stretch, once the summaries are complete. */
async function listTail(
  sql: Sql,
  seriesNo: number,
  { stored, range }: { stored: readonly StoredStretch[]; range: repository.StepRange | undefined },
): Promise<MetricPoint[]> {
  const after =
    range === undefined ? stored.at(-1)?.last : await repository.findLastSummarised(sql, seriesNo);
  const rows = await repository.listPointsAfter(sql, seriesNo, { after, limit: CHUNK });
  const points = rows.map(readPoint);
  return range === undefined ? points : points.filter(({ step }) => step >= range.start && step <= range.end);
}

/** Points in groups as wide as half a stretch, so that one at the end does not weigh as much as 512 before it. */
function groupTail(points: readonly MetricPoint[]): Stretch[] {
  const result: Stretch[] = [];
  for (let i = 0; i < points.length; i += SUMMARY_POINTS / 2)
    result.push(summarise(points.slice(i, i + SUMMARY_POINTS / 2)));
  return result;
}

const asStretch = (point: MetricPoint): Stretch => summarise([point]);

function readPoint([step, timestamp, value, isNan]: PointTuple): MetricPoint {
  return { step: int64(step), timestampMs: int64(timestamp), value: isNan === 1 ? Number.NaN : value };
}

function checkQuery({ runIds, startStep, endStep, maxPoints }: ChartQuery): void {
  if (runIds.length === 0 || runIds.length > MAX_RUNS) {
    throw invalidArgument(`run_ids takes from 1 to ${MAX_RUNS} runs. Received ${runIds.length}.`, {
      field: 'run_ids',
    });
  }
  if (maxPoints < 2 || maxPoints > MAX_POINTS) {
    throw invalidArgument(`max_points must be between 2 and ${MAX_POINTS}.`, { field: 'max_points' });
  }
  if ((startStep === undefined) !== (endStep === undefined)) {
    throw invalidArgument('start_step and end_step go together.', {
      field: startStep === undefined ? 'start_step' : 'end_step',
    });
  }
}
