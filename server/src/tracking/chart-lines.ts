import type { Sql } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import type { MetricPoint } from './metric-rules.ts';
import type { StoredStretch } from './metric-summaries-repository.ts';
import * as repository from './metric-summaries-repository.ts';
import type { PointTuple, Series } from './metrics-repository.ts';
import { addPoint, noPoints, type PointColumns, unpackPoints } from './point-blocks.ts';
import { type Means, meansOf, SUMMARY_POINTS, thin } from './thinning.ts';

/** What runs along a line: the step, the time in milliseconds since 1970, or that since the history's first point. */
export type LineX = 'step' | 'time' | 'relative';

export interface LineQuery {
  readonly x: LineX;
  /** The part that is wanted, both ends included; without them to the line's own ends. */
  readonly from?: Int64 | undefined;
  readonly to?: Int64 | undefined;
  /** At least 4 with neighbours, else 2. */
  readonly maxPoints: number;
  /** Whether the nearest point on either side of the part comes too, so that the line goes on to the chart's edges. */
  readonly withNeighbours: boolean;
  /** Whether a line that is thinned has the means of neighbours beside their extremes. */
  readonly withMeans: boolean;
}

/** Real points of a history, by x. */
export interface Line extends PointColumns {
  readonly x: Float64Array;
  /** Of all points of the part; undefined where these are all there. */
  readonly means: Means | undefined;
  readonly minStep: Int64 | undefined;
  readonly maxStep: Int64 | undefined;
  /** Of the first point by step; undefined for a history without points. */
  readonly firstTimeMs: Int64 | undefined;
}

/** Histories shorter than this are read as they are, and have no summaries. */
export const WORTH_SUMMARISING = 4 * SUMMARY_POINTS;
/** Points that are unpacked for one line, and of an unsummarised end that are read, at most. */
const MAX_UNPACKED = 1_000_000;
const TAIL_AT_ONCE = 16 * SUMMARY_POINTS;

/**
 * Reads a part of a history and thins it. A part of few points is read whole, from the packed blocks beside the
 * summaries; of a longer one the extremes of every 512 points are enough, but for stretches that are wider than what
 * a group of the thinned line covers.
 */
export async function readLine(sql: Sql, series: Series, query: LineQuery): Promise<Line> {
  const seriesNo = series.seriesNo!;
  const stored =
    series.summary.count > WORTH_SUMMARISING ? await repository.listSummaries(sql, seriesNo) : [];
  const tail = await readTail(sql, seriesNo, stored.at(-1)?.last);
  const firstTimeMs =
    stored.length === 0 ? tail.timesMs[0] : ((await repository.findFirstTime(sql, seriesNo)) ?? undefined);
  const origin = query.x === 'relative' ? (firstTimeMs ?? 0) : 0;
  const history: History = {
    seriesNo,
    stored,
    tail,
    origin,
    isByTime: query.x !== 'step',
    // Where time does not follow step, a part of the time is no part of the steps.
    isSorted: query.x === 'step' || series.summary.inOrder,
    from: query.from === undefined ? undefined : shifted(query.from, origin),
    to: query.to === undefined ? undefined : shifted(query.to, origin),
  };
  const points = await readPart(sql, history, query);
  const { from, to, x } = cut(points, history);
  // Beside the part's own points, so that they cannot stand for those of their group.
  const before = query.withNeighbours && from > 0 ? [from - 1] : [];
  const after = query.withNeighbours && to < x.length ? [to] : [];
  const room = query.maxPoints - before.length - after.length;
  const part = { x: x.subarray(from, to), values: points.values.slice(from, to) };
  const kept = thin(part.x, part.values, room);
  const isThinned = kept.length < part.x.length;
  const places = [...before, ...Array.from(kept, (place) => from + place), ...after];
  return {
    x: Float64Array.from(places, (place) => x[place]!),
    steps: places.map((place) => points.steps[place]!),
    timesMs: places.map((place) => points.timesMs[place]!),
    values: places.map((place) => points.values[place]!),
    means: query.withMeans && isThinned ? meansOf(part.x, part.values, Math.floor(room / 2)) : undefined,
    minStep: findExtreme(history, 'min', series.summary.min),
    maxStep: findExtreme(history, 'max', series.summary.max),
    firstTimeMs,
  };
}

interface History {
  readonly seriesNo: number;
  readonly stored: readonly StoredStretch[];
  /** What no summary covers yet. */
  readonly tail: PointColumns;
  readonly origin: Int64;
  readonly isByTime: boolean;
  /** Whether the order of steps is that of x. */
  readonly isSorted: boolean;
  /** On the axis of steps or of times. */
  readonly from: Int64 | undefined;
  readonly to: Int64 | undefined;
}

function shifted(value: Int64, by: Int64): Int64 {
  return by === 0 ? value : int64(BigInt(value) + BigInt(by));
}

async function readTail(sql: Sql, seriesNo: number, last: MetricPoint | undefined): Promise<PointColumns> {
  const tail = noPoints();
  let after = last;
  while (tail.values.length < MAX_UNPACKED) {
    const rows = await repository.listPointsAfter(sql, seriesNo, { after, limit: TAIL_AT_ONCE });
    for (const row of rows) addPoint(tail, readPoint(row));
    if (rows.length < TAIL_AT_ONCE) break;
    after = readPoint(rows.at(-1)!);
  }
  return tail;
}

export function readPoint([step, timestamp, value, isNan]: PointTuple): MetricPoint {
  return {
    step: typeof step === 'number' ? step : int64(step),
    timestampMs: typeof timestamp === 'number' ? timestamp : int64(timestamp),
    value: isNan === 1 ? Number.NaN : value,
  };
}

/** The points of the part, and some around it, by step; those that stand for others among them. */
async function readPart(sql: Sql, history: History, query: LineQuery): Promise<PointColumns> {
  const { seriesNo, tail } = history;
  const stored = touched(history);
  const count = stored.reduce((sum, { points }) => sum + points, 0);
  const groups = Math.floor(query.maxPoints / 2);
  const points = noPoints();
  // A stretch that the order of x tears apart says nothing of a part: its points are needed, where they are not too many.
  const isTorn = !history.isSorted && (history.from !== undefined || history.to !== undefined);
  // Nor does it say anything of a mean.
  const isWhole = isTorn || query.withMeans;
  if (count <= (isWhole ? MAX_UNPACKED : Math.min(groups * SUMMARY_POINTS, MAX_UNPACKED))) {
    await appendBlocks(sql, seriesNo, { stretches: stored, points });
  } else {
    const isWide = wideness(history, stored, groups);
    let run: StoredStretch[] = [];
    for (const [i, stretch] of stored.entries()) {
      // Both ends of the part lie inside of their stretches, or are the line's own first and last point.
      if (i <= 1 || i >= stored.length - 2 || isWide(i)) run.push(stretch);
      else {
        await appendBlocks(sql, seriesNo, { stretches: run, points });
        run = [];
        appendExtremes(stretch, points);
      }
    }
    await appendBlocks(sql, seriesNo, { stretches: run, points });
  }
  for (const [i, value] of tail.values.entries()) {
    addPoint(points, { step: tail.steps[i]!, timestampMs: tail.timesMs[i]!, value });
  }
  return points;
}

/** The stretches with points of the part, and one more on each side. */
function touched({ stored, isSorted, isByTime, from, to }: History): readonly StoredStretch[] {
  if (!isSorted || (from === undefined && to === undefined)) return stored;
  const lastOf = ({ last }: StoredStretch) => (isByTime ? last.timestampMs : last.step);
  let start = from === undefined ? 0 : stored.findIndex((stretch) => lastOf(stretch) >= from);
  if (start < 0) start = stored.length;
  // What follows a stretch that ends beyond the part lies beyond it too.
  let end = to === undefined ? stored.length : stored.findIndex((stretch) => lastOf(stretch) > to) + 1;
  if (end === 0) end = stored.length;
  return stored.slice(Math.max(0, start - 1), Math.min(stored.length, end + 1));
}

/** Whether a stretch covers more of x than a group of the thinned line does: its extremes then are not enough. */
function wideness(
  { isSorted, isByTime }: History,
  stored: readonly StoredStretch[],
  groups: number,
): (i: number) => boolean {
  if (!isSorted) return () => false;
  const lastX = (i: number) => Number(isByTime ? stored[i]!.last.timestampMs : stored[i]!.lastStep);
  const group = (lastX(stored.length - 1) - lastX(0)) / groups;
  return (i) => lastX(i) - lastX(i - 1) > group;
}

/** @param stretches that follow one another. */
async function appendBlocks(
  sql: Sql,
  seriesNo: number,
  { stretches, points }: { readonly stretches: readonly StoredStretch[]; readonly points: PointColumns },
): Promise<void> {
  if (stretches.length === 0) return;
  const wanted = new Set(stretches.map(({ last }) => endOf(last)));
  const range = { first: stretches[0]!.lastStep, last: stretches.at(-1)!.lastStep };
  for (const { last, packed } of await repository.listBlocks(sql, seriesNo, range)) {
    // Several stretches end at one step where that has many points.
    if (wanted.has(endOf(last))) unpackPoints(packed, points);
  }
}

const endOf = ({ step, timestampMs, value }: MetricPoint): string => `${step} ${timestampMs} ${value}`;

function appendExtremes({ min, max, last }: StoredStretch, points: PointColumns): void {
  if (min === undefined || max === undefined) {
    addPoint(points, { ...last, value: Number.NaN });
    return;
  }
  const minIsFirst = min.step < max.step || (min.step === max.step && min.timestampMs <= max.timestampMs);
  addPoint(points, minIsFirst ? min : max);
  if (min.value !== max.value) addPoint(points, minIsFirst ? max : min);
}

interface Cut {
  /** Of all points, on the wanted axis, ascending. */
  readonly x: Float64Array;
  /** The places of the part, the second one excluded. */
  readonly from: number;
  readonly to: number;
}

/** Puts points in the order of x where they are not, and finds the part among them. */
function cut(points: PointColumns, history: History): Cut {
  const { isByTime, isSorted, origin } = history;
  if (!isSorted) sortByTime(points);
  const axis = isByTime ? points.timesMs : points.steps;
  const x = new Float64Array(axis.length);
  for (let i = 0; i < x.length; i += 1) {
    const value = axis[i]!;
    x[i] =
      typeof value === 'number' && typeof origin === 'number'
        ? value - origin
        : Number(BigInt(value) - BigInt(origin));
  }
  const { from, to } = history;
  const first = from === undefined ? 0 : firstPlace(axis, (value) => value >= from);
  const end = to === undefined ? axis.length : firstPlace(axis, (value) => value > to);
  return { x, from: first, to: Math.max(first, end) };
}

/** The first place from which on a test holds, by halving. */
function firstPlace(axis: readonly Int64[], holds: (value: Int64) => boolean): number {
  let low = 0;
  let high = axis.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(axis[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sortByTime({ steps, timesMs, values }: PointColumns): void {
  const order = Uint32Array.from(values, (_, i) => i);
  order.sort((a, b) => {
    const [x, y] = [timesMs[a]!, timesMs[b]!];
    return x < y ? -1 : x > y ? 1 : a - b;
  });
  for (const column of [steps, timesMs, values] as Int64[][]) {
    const before = column.slice();
    for (const [i, place] of order.entries()) column[i] = before[place]!;
  }
}

/** The step of the first point with the history's least or greatest value. */
function findExtreme(
  { stored, tail }: History,
  side: 'min' | 'max',
  value: number | null,
): Int64 | undefined {
  if (value === null) return undefined;
  const stretch = stored.find((one) => one[side]?.value === value);
  if (stretch !== undefined) return stretch[side]!.step;
  const place = tail.values.indexOf(value);
  return place < 0 ? undefined : tail.steps[place];
}
