import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RawRoute } from './routes.ts';

export interface ServerMetrics {
  /** Counts one answered request. `route` is the pattern, never the path: paths have no bound. */
  observe(request: {
    readonly method: string;
    readonly route: string;
    readonly status: number;
    readonly ms: number;
  }): void;
  readonly route: RawRoute;
}

/** What the server's parts tell of themselves. */
export interface Measured {
  databaseBytes(): Promise<number>;
  /** Ordered lists of runs that are kept in memory, and how often one was found there or had to be made. */
  runLists(): { readonly bytes: number; readonly found: number; readonly made: number };
  /** Of parts that count for themselves, in Prometheus' text format. */
  rendered?(): string;
}

/** What Prometheus reads at `/metrics`. */
export function createServerMetrics({ databaseBytes, runLists, rendered }: Measured): ServerMetrics {
  const registry = new Registry();
  const requests = new Counter({
    name: 'slipway_http_requests_total',
    help: 'Requests answered, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'slipway_http_request_duration_seconds',
    help: 'Time from the request line to the end of the answer.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  new Gauge({
    name: 'slipway_database_bytes',
    help: 'Bytes of the metadata database.',
    registers: [registry],
    async collect() {
      this.set(await databaseBytes());
    },
  });
  new Gauge({
    name: 'slipway_run_list_bytes',
    help: 'Memory of the ordered lists of runs that are kept for scrolling.',
    registers: [registry],
    collect() {
      this.set(runLists().bytes);
    },
  });
  new Gauge({
    name: 'slipway_run_list_requests',
    help: 'Requests for lists of runs since the start: those found in memory, and those made.',
    labelNames: ['outcome'],
    registers: [registry],
    collect() {
      const { found, made } = runLists();
      this.set({ outcome: 'found' }, found);
      this.set({ outcome: 'made' }, made);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of this process in bytes.',
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_uptime_seconds',
    help: 'Seconds since this process started.',
    registers: [registry],
    collect() {
      this.set(process.uptime());
    },
  });
  // Label objects are kept per combination: making one a request would be most of the cost of counting.
  const children = new Map<string, { inc(): void }>();

  return {
    observe({ method, route, status, ms }) {
      const key = `${method} ${route} ${status}`;
      let child = children.get(key);
      if (child === undefined) {
        child = requests.labels(method, route, String(status));
        children.set(key, child);
      }
      child.inc();
      seconds.observe(ms / 1000);
    },
    route: {
      method: 'GET',
      path: '/metrics',
      // Totals tell of everybody's things.
      access: 'admin',
      handle: async (_request, reply) =>
        reply.type(registry.contentType).send(`${await registry.metrics()}${rendered?.() ?? ''}`),
    },
  };
}
