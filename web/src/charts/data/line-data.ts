import { postJson } from '../../data/request.ts';

/** What runs along a line chart: the step, the time, or the milliseconds since a history's first point. */
export type LineX = 'step' | 'time' | 'relative';

/** A stretch of one history: real points by x, thinned so that no extreme is lost. */
export interface Line {
  readonly runId: string;
  readonly key: string;
  /** Points of the whole history. */
  readonly count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Of a thinned line, where they were asked for: averages of neighbours, of all points. */
  readonly mean?: { readonly x: Float64Array; readonly y: Float64Array } | undefined;
  readonly summary: LineSummary;
}

/** Exact facts of the whole history, whatever part of it is here. */
export interface LineSummary {
  readonly last: number;
  readonly lastStep: number;
  readonly lastTimeMs: number;
  readonly firstTimeMs: number | undefined;
  /** Undefined where every value is NaN. */
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly minStep: number | undefined;
  readonly maxStep: number | undefined;
}

export interface LineQuery {
  readonly runIds: readonly string[];
  readonly keys: readonly string[];
  readonly x: LineX;
  /** The part of x that is wanted, with the nearest point beyond either end. */
  readonly part?: readonly [number, number] | undefined;
  readonly maxPoints: number;
  /** For lines that are smoothed. */
  readonly withMeans?: boolean | undefined;
}

/** As many runs as one question may name. */
export const MOST_LINES = 1000;

/** @throws RequestError */
export async function askLines(query: LineQuery, signal?: AbortSignal): Promise<readonly Line[]> {
  return (await ask(query, {}, signal)).lines;
}

export interface Histories {
  readonly lines: readonly Line[];
  /** Each history has one point; then no lines are here, which would say no more than the values of the runs. */
  readonly areSingle: boolean;
}

/** As `askLines`, unless there are but single points. @throws RequestError */
export function askHistories(query: LineQuery, signal?: AbortSignal): Promise<Histories> {
  return ask(query, { unless_single: true }, signal);
}

async function ask(query: LineQuery, wish: object, signal?: AbortSignal): Promise<Histories> {
  const { runIds, keys, x, part, maxPoints, withMeans } = query;
  if (runIds.length === 0) return { lines: [], areSingle: false };
  const message = {
    run_ids: runIds,
    keys,
    x,
    ...(part && { from: Math.floor(part[0]), to: Math.ceil(part[1]) }),
    max_points: maxPoints,
    ...(withMeans && { with_means: true }),
    ...wish,
  };
  const { lines = [], singles } = await postJson<WireLines>('charts/lines', message, signal);
  return { lines: lines.map(readLine), areSingle: singles !== undefined };
}

/** NaN and the infinities come as texts, integers beyond 2^53 too. */
export type WireNumber = number | string;

interface WireLines {
  readonly lines?: readonly WireLine[];
  readonly singles?: number;
}

interface WireLine {
  readonly run_id: string;
  readonly key: string;
  readonly count: number;
  readonly x: readonly WireNumber[];
  readonly y: readonly WireNumber[];
  readonly mean?: { readonly x: readonly WireNumber[]; readonly y: readonly WireNumber[] };
  readonly summary: {
    readonly last: WireNumber;
    readonly last_step: WireNumber;
    readonly last_time: WireNumber;
    readonly first_time: WireNumber | null;
    readonly min: WireNumber | null;
    readonly max: WireNumber | null;
    readonly min_step: WireNumber | null;
    readonly max_step: WireNumber | null;
  };
}

function readLine({ run_id, key, count, x, y, mean, summary }: WireLine): Line {
  const optional = (value: WireNumber | null) => (value === null ? undefined : Number(value));
  return {
    runId: run_id,
    key,
    count,
    x: readNumbers(x),
    y: readNumbers(y),
    mean: mean && { x: readNumbers(mean.x), y: readNumbers(mean.y) },
    summary: {
      last: Number(summary.last),
      lastStep: Number(summary.last_step),
      lastTimeMs: Number(summary.last_time),
      firstTimeMs: optional(summary.first_time),
      min: optional(summary.min),
      max: optional(summary.max),
      minStep: optional(summary.min_step),
      maxStep: optional(summary.max_step),
    },
  };
}

function readNumbers(values: readonly WireNumber[]): Float64Array {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    numbers[i] = typeof value === 'number' ? value : Number(value);
  }
  return numbers;
}
