import type { Search } from './store.ts';

interface SearchBody {
  readonly experiment_ids: readonly string[];
  readonly filter?: string;
  readonly order_by?: readonly string[];
  readonly max_results?: number;
  readonly page_token?: string;
}

const METRIC = /^metrics\.(\w+) > ([\d.]+)$/;
const COMPLEX = /^tags\.(\w+) LIKE '([^%']+)%' AND metrics\.(\w+) > ([\d.]+) AND params\.(\w+) = '([^']*)'$/;

/** Recognises the searches that the benchmark sends; anything else is a mistake of the benchmark. */
export function parseSearch({
  experiment_ids,
  filter,
  order_by,
  max_results = 1000,
  page_token,
}: SearchBody): Search {
  const scope = { experimentId: Number(experiment_ids[0]), limit: max_results };
  if (!filter) {
    if (!page_token) return { ...scope, kind: 'page' };
    const [startTime, runId] = page_token.split('.');
    return { ...scope, kind: 'page', after: { startTime: Number(startTime), runId: runId! } };
  }
  const metric = METRIC.exec(filter);
  if (metric && order_by?.[0] === `metrics.${metric[1]} ASC`) {
    return { ...scope, kind: 'metric', key: metric[1]!, above: Number(metric[2]) };
  }
  const complex = COMPLEX.exec(filter);
  const paramOrder = /^params\.(\w+) DESC$/.exec(order_by?.[0] ?? '')?.[1];
  const metricOrder = /^metrics\.(\w+) ASC$/.exec(order_by?.[1] ?? '')?.[1];
  if (complex === null || paramOrder === undefined || metricOrder === undefined)
    throw new Error(`unknown search: ${filter}`);
  const [, tag, prefix, key, above, param, value] = complex as unknown as string[];
  return {
    ...scope,
    kind: 'complex',
    tag: tag!,
    prefix: prefix!,
    metric: key!,
    above: Number(above),
    param: param!,
    value: value!,
    paramOrder,
    metricOrder,
  };
}
