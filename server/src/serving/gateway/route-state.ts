import type { AnsweringEntity } from '../../inference-log/recorder.ts';
import type { AppError } from '../../kernel/errors.ts';
import { createInputReader, type ReadInputFunction } from '../scoring/read-input.ts';
import type { OpenCounters } from './endpoint-counters.ts';
import type { EntityTally } from './endpoint-tally.ts';
import type { LaneSet, Route, RoutedEntity } from './lane.ts';
import type { LaneQueue } from './lane-queue.ts';
import type { Pending } from './pending.ts';
import { createRateLimits } from './rate-limits.ts';
import { createTrafficSplit } from './traffic-split.ts';

/** What the gateway keeps beside a route, for as long as the route has requests. */
export interface RouteState {
  readonly route: Route;
  readonly entities: readonly EntityState[];
  readonly byName: ReadonlyMap<string, EntityState>;
  /** The entity of the next request, by the traffic split. */
  next(): EntityState | undefined;
  refuse(requester: string | undefined, nowMs: number): AppError | undefined;
  /** Whether the next request is one of those that are kept. */
  isSampled(): boolean;
  /** Requests without an answer, the first to be overdue first. */
  readonly open: Set<Pending>;
  timer: NodeJS.Timeout | undefined;
  /** Called, and forgotten, when no request is open. */
  readonly whenEmpty: (() => void)[];
}

export interface EntityState {
  readonly entity: RoutedEntity;
  readonly route: RouteState;
  readonly read: ReadInputFunction;
  readonly queue: LaneQueue;
  readonly fallback: LaneQueue | undefined;
  readonly tally: EntityTally;
  readonly logged: AnsweringEntity;
  joinsRows: boolean;
}

export interface RouteStateDependencies {
  readonly counters: OpenCounters;
  readonly seed: () => number;
  /** The queue before a set of lanes: one for each, whoever shares them. */
  queueOf(lanes: LaneSet): LaneQueue;
}

export function createRouteState(route: Route, dependencies: RouteStateDependencies): RouteState {
  const { counters, seed, queueOf } = dependencies;
  const split = createTrafficSplit(
    route.entities.map(({ weight }) => weight),
    seed(),
  );
  const sample = createTrafficSplit(sampleWeights(route), seed());
  const entities: EntityState[] = [];
  const state: RouteState = {
    route,
    entities,
    byName: new Map(),
    next: () => entities[split()],
    refuse: route.rateLimits.length === 0 ? () => undefined : createRateLimits(route.rateLimits, route.name),
    isSampled: route.log === undefined ? () => false : () => sample() === 0,
    open: new Set(),
    timer: undefined,
    whenEmpty: [],
  };
  for (const entity of route.entities) {
    entities.push({
      entity,
      route: state,
      read: createInputReader({
        signature: entity.path === 'raw' ? undefined : entity.signature,
        strict: route.strict,
        domain: entity.domain,
      }),
      queue: queueOf(entity.lanes),
      fallback: entity.fallback === undefined ? undefined : queueOf(entity.fallback),
      tally: counters.tallyOf(route.endpointId, route.name, entity.name),
      logged: {
        endpointName: route.name,
        modelName: entity.modelName,
        modelVersion: entity.modelVersion,
        servedEntityId: entity.id,
      },
      joinsRows: entity.batch.rowWise,
    });
  }
  return Object.assign(state, { byName: new Map(entities.map((known) => [known.entity.name, known])) });
}

/** Parts in a million that are kept, and that are not. */
function sampleWeights({ log }: Route): readonly number[] {
  const kept = Math.round((log?.samplingFraction ?? 0) * 1_000_000);
  return kept >= 1_000_000 ? [1] : [kept, 1_000_000 - kept];
}
