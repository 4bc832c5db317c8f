/** What is known of the load of an entity, at one moment. */
export interface Load {
  /** Whether rows of different requests are joined, so that one replica answers many at once. */
  readonly joinsRows: boolean;
  /** Share of the last seconds in which the replicas were busy, 0 to 1. */
  readonly utilisation: number;
  /** Batches that run and requests that wait. */
  readonly running: number;
  readonly waiting: number;
  readonly replicas: number;
  /** Since when the load has been below half of what the replicas could do; undefined while it is not. */
  readonly lowSinceMs: number | undefined;
  readonly lastRequestMs: number;
  readonly nowMs: number;
}

export interface ScaleLimits {
  /** Requests at once. */
  readonly maxConcurrency: number;
  readonly cores: number;
  /** What stays without requests: 0 where the entity may scale to zero. */
  readonly minReplicas: 0 | 1;
  /** How long nobody must have asked before the last replica goes. */
  readonly idleMs: number;
}

const BUSY = 0.8;
const DOWN_AFTER_MS = 60_000;

/** How many replicas an entity should have. */
export function wantedReplicas(load: Load, limits: ScaleLimits): number {
  const { replicas, running, waiting, nowMs } = load;
  const isIdle = running === 0 && waiting === 0;
  if (isIdle && nowMs - load.lastRequestMs >= limits.idleMs) return limits.minReplicas;
  if (replicas === 0) return isIdle ? limits.minReplicas : 1;
  const most = load.joinsRows
    ? Math.max(1, Math.min(limits.cores, Math.ceil(limits.maxConcurrency / 16)))
    : Math.max(1, Math.min(limits.maxConcurrency, 2 * limits.cores));
  const needed = load.joinsRows
    ? load.utilisation > BUSY && waiting > 0
      ? replicas + 1
      : replicas
    : Math.max(replicas, running + waiting);
  if (needed > replicas) return Math.min(needed, Math.max(most, replicas));
  const fallsLongEnough = load.lowSinceMs !== undefined && nowMs - load.lowSinceMs >= DOWN_AFTER_MS;
  return fallsLongEnough && replicas > 1 ? replicas - 1 : Math.min(replicas, Math.max(most, 1));
}
