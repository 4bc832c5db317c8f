import type { Transaction } from '../db/port.ts';
import type { Int64 } from '../kernel/int64.ts';
import { addPoint, comparePoints, type MetricPoint, type SeriesSummary } from './metric-rules.ts';
import { deleteSummariesFrom } from './metric-summaries-repository.ts';
import * as repository from './metrics-repository.ts';
import type { RunRow } from './runs-repository.ts';
import { SUMMARY_POINTS } from './thinning.ts';

/** Points after whose arrival a history is reported as grown. */
const GROWN_POINTS = 4096;

export interface RunPoints {
  readonly run: RunRow;
  readonly points: readonly (MetricPoint & { readonly key: string })[];
}

/** What a transaction adds to one metric of a run. */
interface SeriesChange {
  readonly run: RunRow;
  readonly key: string;
  seriesNo: number | undefined;
  countBefore: number;
  /** What is known of the metric, with the points of `fresh`. */
  summary: SeriesSummary | undefined;
  /** Points beyond all before them: none can be there already. */
  readonly fresh: MetricPoint[];
  /** Points that are not: a client that sends a batch again sends such. */
  readonly late: MetricPoint[];
}

/** Adds points to the histories of metrics and keeps their summaries; a point that is there already is dropped. */
export async function writeMetrics(
  tx: Transaction,
  batches: readonly RunPoints[],
  onGrown: (seriesNo: number) => void,
): Promise<void> {
  const changes = await gatherChanges(tx, batches);
  if (changes.size === 0) return;
  await writeSummaries(tx, changes);
  const all = [...changes.values()];
  await repository.insertPoints(
    tx,
    all.flatMap((change) => placed(change, change.fresh)),
  );
  const lateCounts = await writeLate(
    tx,
    all.filter(({ late }) => late.length > 0),
  );
  for (const { seriesNo, late, summary, countBefore } of all) {
    const count = summary!.count + (lateCounts.get(seriesNo!) ?? 0);
    if (countBefore < SUMMARY_POINTS && count < GROWN_POINTS) continue;
    if (lateCounts.has(seriesNo!)) await deleteSummariesFrom(tx, seriesNo!, lowestStep(late));
    if (Math.floor(count / GROWN_POINTS) > Math.floor(countBefore / GROWN_POINTS)) {
      tx.afterCommit(() => onGrown(seriesNo!));
    }
  }
}

const identityOf = (runNo: number, key: string): string => `${runNo}/${key}`;

async function gatherChanges(
  tx: Transaction,
  batches: readonly RunPoints[],
): Promise<Map<string, SeriesChange>> {
  const changes = new Map<string, SeriesChange>();
  const points: [SeriesChange, MetricPoint][] = [];
  for (const { run, points: added } of batches) {
    for (const point of added) {
      const identity = identityOf(run.runNo, point.key);
      let change = changes.get(identity);
      if (change === undefined) {
        change = {
          run,
          key: point.key,
          seriesNo: undefined,
          countBefore: 0,
          summary: undefined,
          fresh: [],
          late: [],
        };
        changes.set(identity, change);
      }
      points.push([change, point]);
    }
  }
  const known = await repository.findSeries(tx, keysOf(changes.values()));
  for (const { runNo, key, seriesNo, summary } of known) {
    const change = changes.get(identityOf(runNo, key))!;
    change.seriesNo = seriesNo;
    change.countBefore = summary.count;
    change.summary = summary;
  }
  for (const [change, point] of points) {
    const { summary } = change;
    if (summary !== undefined && comparePoints(point, summary.latest) <= 0) change.late.push(point);
    else {
      change.fresh.push(point);
      change.summary = addPoint(summary, point);
    }
  }
  return changes;
}

const keysOf = (changes: Iterable<SeriesChange>): repository.SeriesKey[] =>
  Array.from(changes, ({ run, key }) => [run.runNo, key] as const);

/** Writes the summaries as if all late points were new, and learns the numbers of new metrics. */
async function writeSummaries(tx: Transaction, changes: ReadonlyMap<string, SeriesChange>): Promise<void> {
  await repository.upsertSeries(
    tx,
    Array.from(changes.values(), ({ run, key, summary, seriesNo, late }) => ({
      seriesNo,
      runNo: run.runNo,
      experimentNo: run.experimentNo,
      key,
      summary: late.reduce<SeriesSummary>(addPoint, summary!),
    })),
  );
  const added = [...changes.values()].filter((change) => change.seriesNo === undefined);
  for (const row of await repository.findSeriesNumbers(tx, keysOf(added))) {
    changes.get(identityOf(row.run_no, row.key))!.seriesNo = row.series_no;
  }
}

/** Adds late points, and corrects the summaries of metrics that had some of them. How many were new, by metric. */
async function writeLate(
  tx: Transaction,
  changes: readonly SeriesChange[],
): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  if (changes.length === 0) return counts;
  const inserted = await repository.insertNewPoints(
    tx,
    changes.flatMap((change) => placed(change, change.late)),
  );
  for (const seriesNo of inserted) counts.set(seriesNo, (counts.get(seriesNo) ?? 0) + 1);
  // The order of arrival says nothing: clients that log in parallel send points late that fit in well.
  const disordered = await repository.findDisordered(
    tx,
    changes.filter(({ summary }) => summary!.inOrder).flatMap((change) => placed(change, change.late)),
  );
  const corrections = changes
    .map(({ seriesNo, summary }) => ({
      seriesNo: seriesNo!,
      count: summary!.count + (counts.get(seriesNo!) ?? 0),
      inOrder: summary!.inOrder && !disordered.has(seriesNo!),
    }))
    .filter(
      (after, i) => after.inOrder || after.count !== changes[i]!.summary!.count + changes[i]!.late.length,
    );
  await repository.correctSeries(tx, corrections);
  return counts;
}

const placed = ({ seriesNo }: SeriesChange, points: readonly MetricPoint[]): repository.PlacedPoint[] =>
  points.map((point) => ({ seriesNo: seriesNo!, point }));

const lowestStep = (points: readonly MetricPoint[]): Int64 =>
  points.reduce((lowest, { step }) => (step < lowest ? step : lowest), points[0]!.step);
