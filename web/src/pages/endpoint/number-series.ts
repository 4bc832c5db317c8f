import type { EntityNumbers } from '../../data/endpoints.ts';

/** One line of a chart; null where nothing is known. */
export interface NumberLine {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface NumberSeries {
  readonly id: string;
  readonly title: string;
  /** Behind each value: `/s`, `ms`; empty for counts. */
  readonly unit: string;
  readonly lines: readonly NumberLine[];
  /** Said in place of a line where there is no value at all. */
  readonly whenEmpty: string;
}

type Column = 'requests' | 'refused' | 'failed' | 'p95_ms' | 'replicas' | 'waiting';

/**
 * The charts of an endpoint: of one served model in detail, of several beside one another. Percentiles of several are not
 * those of all together, so that each has its own.
 * @param stepMs how long each step is; rates are per second
 */
export function seriesOf(
  entities: readonly EntityNumbers[],
  chosen: string | undefined,
  stepMs: number,
): readonly NumberSeries[] {
  const perSecond = (values: readonly (number | null)[]) =>
    values.map((value) => (value === null ? null : value / (stepMs / 1000)));
  const [one] = entities.length === 1 ? entities : entities.filter(({ name }) => name === chosen);
  if (one !== undefined) {
    return charts({
      requests: [{ name: 'requests', values: perSecond(one.requests) }],
      latency: [
        { name: 'p50', values: one.p50_ms },
        { name: 'p95', values: one.p95_ms },
        { name: 'p99', values: one.p99_ms },
      ],
      errors: [
        { name: 'refused (4xx)', values: perSecond(one.refused) },
        { name: 'failed (5xx)', values: perSecond(one.failed) },
      ],
      replicas: [{ name: 'processes', values: one.replicas }],
      queue: [
        { name: 'waiting', values: one.waiting },
        { name: 'running', values: one.running },
      ],
    });
  }
  const each = (column: Column, isRate = false): readonly NumberLine[] =>
    entities.map((entity) => ({
      name: entity.name,
      values: isRate ? perSecond(entity[column]) : entity[column],
    }));
  return charts({
    requests: each('requests', true),
    latency: each('p95_ms'),
    errors: entities.map(({ name, refused, failed }) => ({
      name,
      values: perSecond(refused.map((count, i) => count + (failed[i] ?? 0))),
    })),
    replicas: each('replicas'),
    queue: each('waiting'),
    isCompared: true,
  });
}

interface Lines {
  readonly requests: readonly NumberLine[];
  readonly latency: readonly NumberLine[];
  readonly errors: readonly NumberLine[];
  readonly replicas: readonly NumberLine[];
  readonly queue: readonly NumberLine[];
  readonly isCompared?: boolean;
}

const charts = ({
  requests,
  latency,
  errors,
  replicas,
  queue,
  isCompared = false,
}: Lines): readonly NumberSeries[] => [
  { id: 'requests', title: 'Requests', unit: '/s', lines: requests, whenEmpty: NOT_KNOWN },
  {
    id: 'latency',
    title: isCompared ? 'Latency, p95' : 'Latency',
    unit: 'ms',
    lines: latency,
    whenEmpty: 'Nothing was answered in this time.',
  },
  {
    id: 'errors',
    title: isCompared ? 'Refused and failed' : 'Errors',
    unit: '/s',
    lines: errors,
    whenEmpty: NOT_KNOWN,
  },
  { id: 'replicas', title: 'Processes', unit: '', lines: replicas, whenEmpty: NOT_KNOWN },
  {
    id: 'queue',
    title: isCompared ? 'Waiting requests' : 'Queue',
    unit: '',
    lines: queue,
    whenEmpty: NOT_KNOWN,
  },
];

const NOT_KNOWN = 'Nothing is known of this time.';

/** RFC 4180: a line a step, a column a line of a chart. */
export function csvOf(series: readonly NumberSeries[], at: readonly number[]): string {
  const columns = series.flatMap(({ title, unit, lines }) =>
    lines.map(({ name, values }) => ({ name: `${title} ${name}${unit === '' ? '' : ` (${unit})`}`, values })),
  );
  const rows = at.map((timeMs, i) => [
    new Date(timeMs).toISOString(),
    ...columns.map(({ values }) => values[i] ?? ''),
  ]);
  return [['time', ...columns.map(({ name }) => quoted(name))], ...rows]
    .map((row) => row.join(','))
    .join('\r\n');
}

/** A spreadsheet takes no text that begins so for a formula. */
const quoted = (text: string): string =>
  `"${(/^[=+\-@\t]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

/** The parts of a line between gaps, as places in it. */
export function stretchesOf(values: readonly (number | null)[]): readonly (readonly number[])[] {
  const stretches: number[][] = [];
  let current: number[] | undefined;
  for (const [i, value] of values.entries()) {
    if (value === null) current = undefined;
    else if (current === undefined) {
      current = [i];
      stretches.push(current);
    } else current.push(i);
  }
  return stretches;
}
