import type { Distribution, EntityCounts, RequestCount } from './endpoint-counters.ts';
import type { LaneKind } from './lane.ts';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const REQUESTS = [1, 2, 4, 8, 16, 32, 64, 128];

/** A histogram of plain numbers. */
class Tally implements Distribution {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds, counts } = this;
    let index = 0;
    while (index < bounds.length && value > bounds[index]!) index += 1;
    counts[index]! += 1;
    this.sum += value;
    this.count += 1;
  }
}

/** What is counted of one served entity. Numbers that are changed in place. */
export class EntityTally implements EntityCounts {
  readonly endpointId: string;
  readonly endpoint: string;
  readonly entity: string;
  readonly requests = new Map<string, RequestCount & { count: number }>();
  readonly duration = new Tally(SECONDS);
  readonly queueWait = new Tally(SECONDS);
  readonly batchRequests = new Tally(REQUESTS);
  readonly coldStartSeconds = new Tally(SECONDS);
  coldStarts = 0;
  waiting = 0;
  waitingBytes = 0;
  running = 0;
  busyMs = 0;
  lastRequestMs = 0;
  notRowWise = false;
  #latest: (RequestCount & { count: number }) | undefined;

  constructor(endpointId: string, endpoint: string, entity: string) {
    this.endpointId = endpointId;
    this.endpoint = endpoint;
    this.entity = entity;
  }

  answered(lane: LaneKind | 'none', status: number, seconds: number): void {
    // Nearly all requests end as the one before.
    let counted = this.#latest;
    if (counted === undefined || counted.status !== status || counted.lane !== lane) {
      const key = `${lane} ${status}`;
      counted = this.requests.get(key) ?? { lane, status, count: 0 };
      this.requests.set(key, counted);
      this.#latest = counted;
    }
    counted.count += 1;
    this.duration.observe(seconds);
  }
}
