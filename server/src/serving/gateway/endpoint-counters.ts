import { EntityTally } from './endpoint-tally.ts';
import type { LaneKind } from './lane.ts';

/**
 * What the gateway counts, by endpoint and served entity; for metrics, scaling and pages. Plain numbers that are read
 * whenever somebody asks: nothing is made for a request.
 */
export interface EndpointCounters {
  /** Of every endpoint that was asked since the start and has not been forgotten. */
  list(): readonly EntityCounts[];
  of(endpointId: string): readonly EntityCounts[];
  /** For an endpoint that was deleted. */
  forget(endpointId: string): void;
  /** What Prometheus reads, in its text format; empty where nothing was asked yet. */
  render(): string;
}

/** The counters, with what the gateway writes to. */
export interface OpenCounters extends EndpointCounters {
  tallyOf(endpointId: string, endpoint: string, entity: string): EntityTally;
}

export interface EntityCounts {
  readonly endpointId: string;
  readonly endpoint: string;
  readonly entity: string;
  /** Requests by lane and status: those that came to this entity. */
  readonly requests: ReadonlyMap<string, RequestCount>;
  /** Seconds from arrival to answer. */
  readonly duration: Distribution;
  /** Seconds from arrival until the batch was sent. */
  readonly queueWait: Distribution;
  /** Requests of a batch. */
  readonly batchRequests: Distribution;
  readonly coldStarts: number;
  readonly coldStartSeconds: Distribution;
  /** Now. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly running: number;
  /** Milliseconds in which lanes were busy, summed over lanes. */
  readonly busyMs: number;
  readonly lastRequestMs: number;
  /** Why rows are not joined though the route allows it; undefined where they are, or never were to be. */
  readonly notRowWise: boolean;
}

export interface RequestCount {
  readonly lane: LaneKind | 'none';
  readonly status: number;
  readonly count: number;
}

export interface Distribution {
  /** Upper bounds; one more count than bounds, the last for all beyond. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

export function createEndpointCounters(): OpenCounters {
  const endpoints = new Map<string, Map<string, EntityTally>>();
  const list = () => [...endpoints.values()].flatMap((entities) => [...entities.values()]);
  return {
    list,
    of: (endpointId) => [...(endpoints.get(endpointId)?.values() ?? [])],
    forget: (endpointId) => endpoints.delete(endpointId),
    render: () => renderCounters(list()),
    tallyOf(endpointId, endpoint, entity) {
      const entities = endpoints.get(endpointId) ?? new Map<string, EntityTally>();
      endpoints.set(endpointId, entities);
      const tally = entities.get(entity) ?? new EntityTally(endpointId, endpoint, entity);
      entities.set(entity, tally);
      return tally;
    },
  };
}

function renderCounters(all: readonly EntityCounts[]): string {
  if (all.length === 0) return '';
  const lines: string[] = [];
  const family = (name: string, type: string, help: string, samples: (counts: EntityCounts) => string[]) => {
    lines.push(`# HELP slipway_serving_${name} ${help}`, `# TYPE slipway_serving_${name} ${type}`);
    for (const counts of all)
      for (const sample of samples(counts)) lines.push(`slipway_serving_${name}${sample}`);
  };
  const histogram = (name: string, help: string, of: (counts: EntityCounts) => Distribution) =>
    family(name, 'histogram', help, (counts) => renderDistribution(of(counts), labelsOf(counts)));
  const number = (
    name: string,
    [type, help]: readonly [string, string],
    of: (counts: EntityCounts) => number,
  ) => family(name, type, help, (counts) => [`{${labelsOf(counts)}} ${of(counts)}`]);

  family('requests_total', 'counter', 'Scoring requests answered.', (counts) =>
    [...counts.requests.values()].map(
      ({ lane, status, count }) => `{${labelsOf(counts)},lane="${lane}",status="${status}"} ${count}`,
    ),
  );
  histogram('request_duration_seconds', 'From arrival to answer.', ({ duration }) => duration);
  histogram('queue_wait_seconds', 'From arrival until the batch was sent.', ({ queueWait }) => queueWait);
  histogram('batch_requests', 'Requests of a batch.', ({ batchRequests }) => batchRequests);
  histogram(
    'cold_start_seconds',
    'Time that requests waited for a first replica.',
    (of) => of.coldStartSeconds,
  );
  number(
    'cold_starts_total',
    ['counter', 'Starts that a request waited for.'],
    ({ coldStarts }) => coldStarts,
  );
  number('waiting_requests', ['gauge', 'Requests that wait now.'], ({ waiting }) => waiting);
  number(
    'waiting_bytes',
    ['gauge', 'Bytes of the requests that wait now.'],
    ({ waitingBytes }) => waitingBytes,
  );
  number('running_requests', ['gauge', 'Requests that run now.'], ({ running }) => running);
  number(
    'busy_seconds_total',
    ['counter', 'Time in which replicas were busy.'],
    ({ busyMs }) => busyMs / 1000,
  );
  return `${lines.join('\n')}\n`;
}

const labelsOf = ({ endpoint, entity }: EntityCounts): string =>
  `endpoint="${escapeLabel(endpoint)}",entity="${escapeLabel(entity)}"`;

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function renderDistribution({ bounds, counts, sum, count }: Distribution, labels: string): string[] {
  let below = 0;
  const buckets = counts.map((inside, index) => {
    below += inside;
    return `_bucket{${labels},le="${bounds[index] ?? '+Inf'}"} ${below}`;
  });
  return [...buckets, `_sum{${labels}} ${sum}`, `_count{${labels}} ${count}`];
}
