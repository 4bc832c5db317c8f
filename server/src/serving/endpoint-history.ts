import type { EndpointCounters, EntityCounts } from './gateway/endpoint-counters.ts';

export interface HistoryDependencies {
  readonly counters: Pick<EndpointCounters, 'list'>;
  /** Replicas of an entity that live on this process now. */
  replicasOf(endpointId: string, entity: string): number;
}

/** How an entity's counters stood at one moment. Counts only grow. */
interface Sample {
  readonly atMs: number;
  readonly requests: number;
  readonly refused: number;
  readonly failed: number;
  /** Answers by how long they took; bounds as in the counters. */
  readonly durations: readonly number[];
  readonly queueSeconds: number;
  readonly queued: number;
  readonly waiting: number;
  readonly running: number;
  readonly replicas: number;
}

/** What happened in a span of time. */
export interface Happened {
  readonly requests: number;
  /** Answered with a status of 400 to 499. */
  readonly refused: number;
  /** Answered with a status of 500 and more. */
  readonly failed: number;
  /** From arrival to answer, estimated within the bounds of the histogram; undefined without requests. */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** From arrival until the batch was sent, on average; undefined where nothing was sent. */
  readonly queueMs: number | undefined;
}

/** What happened in one step, and how it stood at its end; undefined before anything was known. */
export interface Step extends Happened {
  readonly atMs: number;
  readonly waiting: number | undefined;
  readonly running: number | undefined;
  readonly replicas: number | undefined;
}

export interface EntitySteps {
  readonly entity: string;
  readonly steps: readonly Step[];
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export const SAMPLE_MS = 5_000;
export const KEPT_MS = 60 * 60_000;

interface EntityHistory {
  readonly endpointId: string;
  readonly entity: string;
  readonly bounds: readonly number[];
  /** Oldest first; the first may lie before what is kept, as that which later ones are held against. */
  samples: Sample[];
}

export type EndpointHistory = ReturnType<typeof createEndpointHistory>;

/**
 * What the counters of this process were, for the last hour, in memory. Nothing is kept of a moment at which nothing had
 * changed, so that endpoints without requests cost nothing.
 */
export function createEndpointHistory({ counters, replicasOf }: HistoryDependencies) {
  let histories = new Map<string, EntityHistory>();

  const ofEndpoint = (endpointId: string): EntityHistory[] =>
    [...histories.values()].filter((history) => history.endpointId === endpointId);

  return {
    /** Looks at all counters; to be called every `SAMPLE_MS`. */
    sample(nowMs: number): void {
      const next = new Map<string, EntityHistory>();
      for (const counts of counters.list()) {
        const { endpointId, entity, duration } = counts;
        const key = `${endpointId} ${entity}`;
        const history = histories.get(key) ?? { endpointId, entity, bounds: duration.bounds, samples: [] };
        next.set(key, history);
        const sample = sampleOf(counts, { atMs: nowMs, replicas: replicasOf(endpointId, entity) });
        const last = history.samples.at(-1);
        if (last === undefined || !isSame(last, sample)) history.samples.push(sample);
        dropOld(history, nowMs - KEPT_MS);
      }
      // What has no counters any more was deleted.
      histories = next;
    },

    /** Whole steps of a span, of each entity. */
    stepsOf(endpointId: string, { fromMs, toMs }: Span, stepMs: number): readonly EntitySteps[] {
      const first = Math.ceil(fromMs / stepMs);
      const count = Math.max(0, Math.floor(toMs / stepMs) - first);
      return ofEndpoint(endpointId).map(({ entity, bounds, samples }) => ({
        entity,
        steps: Array.from({ length: count }, (_, i): Step => {
          const atMs = (first + i + 1) * stepMs;
          const now = lastBefore(samples, atMs);
          return {
            atMs,
            ...happenedIn([{ bounds, samples }], { fromMs: atMs - stepMs, toMs: atMs }),
            waiting: now?.waiting,
            running: now?.running,
            replicas: now?.replicas,
          };
        }),
      }));
    },

    /** What happened to all entities of an endpoint together. */
    happenedTo: (endpointId: string, span: Span): Happened => happenedIn(ofEndpoint(endpointId), span),
  };
}

function sampleOf(counts: EntityCounts, { atMs, replicas }: { atMs: number; replicas: number }): Sample {
  let requests = 0;
  let refused = 0;
  let failed = 0;
  for (const { status, count } of counts.requests.values()) {
    requests += count;
    if (status >= 500) failed += count;
    else if (status >= 400) refused += count;
  }
  return {
    atMs,
    requests,
    refused,
    failed,
    durations: [...counts.duration.counts],
    queueSeconds: counts.queueWait.sum,
    queued: counts.queueWait.count,
    waiting: counts.waiting,
    running: counts.running,
    replicas,
  };
}

const isSame = (a: Sample, b: Sample): boolean =>
  a.requests === b.requests &&
  a.queued === b.queued &&
  a.waiting === b.waiting &&
  a.running === b.running &&
  a.replicas === b.replicas;

/** All but the last of those before: that is how it stood when the kept time began. */
function dropOld(history: EntityHistory, beforeMs: number): void {
  const firstKept = history.samples.findIndex(({ atMs }) => atMs > beforeMs);
  const from = (firstKept < 0 ? history.samples.length : firstKept) - 1;
  if (from > 0) history.samples = history.samples.slice(from);
}

function lastBefore(samples: readonly Sample[], timeMs: number): Sample | undefined {
  let [low, high] = [0, samples.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (samples[middle]!.atMs <= timeMs) low = middle + 1;
    else high = middle;
  }
  return samples[low - 1];
}

type Known = Pick<EntityHistory, 'bounds' | 'samples'>;

function happenedIn(histories: readonly Known[], { fromMs, toMs }: Span): Happened {
  const total = { requests: 0, refused: 0, failed: 0, queueSeconds: 0, queued: 0 };
  const bounds = histories[0]?.bounds ?? [];
  const durations = new Array<number>(bounds.length + 1).fill(0);
  for (const { samples } of histories) {
    const end = lastBefore(samples, toMs);
    if (end === undefined) continue;
    // Counters begin at nothing.
    const begin = lastBefore(samples, fromMs);
    for (const key of ['requests', 'refused', 'failed', 'queueSeconds', 'queued'] as const)
      total[key] += end[key] - (begin?.[key] ?? 0);
    for (const [i, count] of end.durations.entries()) durations[i]! += count - (begin?.durations[i] ?? 0);
  }
  const { requests, refused, failed, queueSeconds, queued } = total;
  const part = (share: number) => quantileOf(durations, bounds, share);
  return {
    requests,
    refused,
    failed,
    p50Ms: part(0.5),
    p95Ms: part(0.95),
    p99Ms: part(0.99),
    queueMs: queued === 0 ? undefined : (queueSeconds / queued) * 1000,
  };
}

/**
 * In milliseconds, evenly spread within a bound; what lies beyond the last bound is told as that bound.
 * @returns undefined where nothing was counted
 */
function quantileOf(counts: readonly number[], bounds: readonly number[], share: number): number | undefined {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  const rank = share * all;
  let below = 0;
  for (const [i, count] of counts.entries()) {
    if (below + count < rank || count === 0) {
      below += count;
      continue;
    }
    const upper = bounds[i];
    const lower = i === 0 ? 0 : bounds[i - 1]!;
    return (upper === undefined ? lower : lower + (upper - lower) * ((rank - below) / count)) * 1000;
  }
  return bounds.at(-1)! * 1000;
}
