import type { Distribution, EntityCounts } from '../../serving/gateway/endpoint-counters.ts';

/** The numbers of an endpoint under the names that clients of Databricks read, in Prometheus' text format. */
export function renderEndpointMetrics(endpoint: string, counts: readonly EntityCounts[]): string {
  const lines: string[] = [];
  const series = (name: string, type: string, help: string, samples: readonly string[]) => {
    if (samples.length > 0) lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples);
  };
  const label = ({ entity }: EntityCounts, more = '') =>
    `{endpoint_name="${endpoint}",served_entity_name="${entity}"${more}}`;
  const counted = (matches: (status: number) => boolean) => (of: EntityCounts) =>
    [...of.requests.values()].reduce((total, { status, count }) => total + (matches(status) ? count : 0), 0);
  const each = (name: string, value: (of: EntityCounts) => number) =>
    counts.map((of) => `${name}${label(of)} ${value(of)}`);

  const total = counted(() => true);
  const failed4 = counted((status) => status >= 400 && status < 500);
  const failed5 = counted((status) => status >= 500);
  series('request_count_total', 'counter', 'Requests', each('request_count_total', total));
  series(
    'request_4xx_count_total',
    'counter',
    'Requests that were refused',
    each('request_4xx_count_total', failed4),
  );
  series(
    'request_5xx_count_total',
    'counter',
    'Requests that failed',
    each('request_5xx_count_total', failed5),
  );
  series(
    'request_latency_ms',
    'histogram',
    'Milliseconds from a request to its answer',
    counts.flatMap((of) => histogram('request_latency_ms', of.duration, (more) => label(of, more))),
  );
  series(
    'provisioned_concurrent_requests_total',
    'gauge',
    'Requests that run now',
    each('provisioned_concurrent_requests_total', ({ running }) => running),
  );
  return `${lines.join('\n')}\n`;
}

/** Seconds are shown as milliseconds. */
function histogram(
  name: string,
  { bounds, counts, sum, count }: Distribution,
  label: (more: string) => string,
): readonly string[] {
  let below = 0;
  const buckets = bounds.map((bound, i) => {
    below += counts[i]!;
    return `${name}_bucket${label(`,le="${bound * 1000}"`)} ${below}`;
  });
  return [
    ...buckets,
    `${name}_bucket${label(',le="+Inf"')} ${count}`,
    `${name}_sum${label('')} ${sum * 1000}`,
    `${name}_count${label('')} ${count}`,
  ];
}
