import { useQueries } from '@tanstack/react-query';
import { useCallback, useMemo, useRef } from 'react';
import { postJson } from '../../data/request.ts';
import type { WireNumber } from '../../data/run-table.ts';
import { renderNumber } from '../../ui/numbers.ts';
import classes from './sparklines.module.css';

/** A metric's history, small. */
export interface Spark {
  readonly count: number;
  readonly x: readonly WireNumber[];
  readonly y: readonly WireNumber[];
  readonly summary: {
    readonly last: WireNumber;
    readonly min: WireNumber | null;
    readonly max: WireNumber | null;
  };
}

interface Answer {
  readonly lines?: readonly (Spark & { readonly run_id: string; readonly key: string })[];
}

/** Runs of one question: small enough to come quickly, large enough to be few. */
const BLOCK = 40;
const WIDTH = 96;
const HEIGHT = 20;

/**
 * Histories of some metrics for the runs in view.
 * @returns a function: undefined while a history has not come, null where there is none.
 */
export function useSparks(runIds: readonly string[], keys: readonly string[]) {
  const blocks = useSettledBlocks(runIds, keys.length > 0);
  const answers = useQueries({
    queries: blocks.map((ids) => ({
      queryKey: ['runs', 'sparks', keys, ids],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        postJson<Answer>('charts/lines', { run_ids: ids, keys, x: 'step', max_points: WIDTH }, signal),
      placeholderData: undefined,
      staleTime: 30_000,
      gcTime: 120_000,
    })),
  });
  const known = useRef(new Map<string, Spark | null>());
  const taken = useRef(new WeakSet<Answer>());
  const name = keys.join('\n');
  const shownKeys = useRef(name);
  if (shownKeys.current !== name) {
    shownKeys.current = name;
    known.current = new Map();
    taken.current = new WeakSet();
  }
  // Rows are drawn again for what has come, not for every question on its way.
  const version = useRef({});
  answers.forEach(({ data }, i) => {
    if (data === undefined || taken.current.has(data)) return;
    taken.current.add(data);
    version.current = {};
    for (const id of blocks[i]!) for (const key of keys) known.current.set(`${id} ${key}`, null);
    for (const line of data.lines ?? []) known.current.set(`${line.run_id} ${line.key}`, line);
  });
  return useCallback(
    (runId: string, key: string): Spark | null | undefined => known.current.get(`${runId} ${key}`),
    [version.current],
  );
}

const NO_BLOCKS: readonly (readonly string[])[] = [];

/** Blocks that stay as they are while their rows stay in view. */
function useSettledBlocks(runIds: readonly string[], isWanted: boolean): readonly (readonly string[])[] {
  const blocks = useRef<readonly (readonly string[])[]>([]);
  return useMemo(() => {
    if (!isWanted) return NO_BLOCKS;
    const seen = new Set(runIds);
    const kept = blocks.current.filter((block) => block.some((id) => seen.has(id)));
    const covered = new Set(kept.flat());
    const missing = runIds.filter((id) => !covered.has(id));
    const added: (readonly string[])[] = [];
    for (let start = 0; start < missing.length; start += BLOCK)
      added.push(missing.slice(start, start + BLOCK));
    blocks.current = [...kept, ...added];
    return blocks.current;
  }, [runIds, isWanted]);
}

/** A line without axes: its form, and at its end the last value. */
export function Sparkline({ spark, color }: { readonly spark: Spark; readonly color: string }) {
  const last = renderNumber(Number(spark.summary.last));
  const { min, max } = spark.summary;
  const range =
    min === null || max === null ? '' : ` (${renderNumber(Number(min))} to ${renderNumber(Number(max))})`;
  return (
    <span className={classes.spark} title={`${spark.count} points, last ${last}${range}`}>
      <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden style={{ color }}>
        <path d={sparkPath(spark)} className={classes.line} />
      </svg>
      <span className={classes.last}>{last}</span>
    </span>
  );
}

/** The history in the box of a sparkline; values that are no numbers leave gaps, a single one is a dot. */
function sparkPath({ x, y }: Pick<Spark, 'x' | 'y'>): string {
  const points = x
    .map((value, i) => [Number(value), Number(y[i])] as const)
    .filter(([, value]) => Number.isFinite(value));
  if (points.length === 0) return '';
  const xs = points.map(([value]) => value);
  const ys = points.map(([, value]) => value);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const at = ([px, py]: readonly [number, number]) => {
    const across = right === left ? 0.5 : (px - left) / (right - left);
    const up = high === low ? 0.5 : (py - low) / (high - low);
    return `${(2 + across * (WIDTH - 4)).toFixed(1)} ${(HEIGHT - 3 - up * (HEIGHT - 6)).toFixed(1)}`;
  };
  // A stroke of no length with round ends is a dot.
  if (points.length === 1) return `M${at(points[0]!)}h0`;
  return `M${points.map(at).join('L')}`;
}
