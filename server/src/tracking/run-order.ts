import type { SqlFragment } from '../db/conditions.ts';
import type { SqlParam } from '../db/port.ts';
import type { OrderTerm } from '../filters/tree.ts';
import { RUN_COLUMNS } from './run-filter.ts';

/** The joins and the ORDER BY that put runs in the wanted order. */
export interface RenderedOrder {
  readonly joins: SqlFragment;
  readonly orderBy: string;
}

/**
 * Missing values come last in both directions, for metrics after NaN, which comes after the numbers. Ties are
 * broken by the start, newest first, and then by the run's id (contract, section 14).
 */
export function renderRunOrder(terms: readonly OrderTerm[]): RenderedOrder {
  const joins: string[] = [];
  const params: SqlParam[] = [];
  const order: string[] = [];
  terms.forEach(({ field, descending }, i) => {
    const direction = descending ? 'DESC' : 'ASC';
    if (field.scope === 'attribute') {
      const column = RUN_COLUMNS[field.key]!;
      // Never missing: the plain column lets an index give the order.
      order.push(
        column === 'r.start_time' || column === 'r.run_id'
          ? `${column} ${direction}`
          : nullsLast(column, direction),
      );
      return;
    }
    const alias = `o${i}`;
    const table = { metric: 'metric_series', param: 'params', tag: 'run_tags' }[
      field.scope as 'metric' | 'param' | 'tag'
    ];
    joins.push(`LEFT JOIN ${table} ${alias} ON ${alias}.run_no = r.run_no AND ${alias}.key = ?`);
    params.push(field.key);
    order.push(
      field.scope === 'metric'
        ? `CASE WHEN ${alias}.run_no IS NULL THEN 2 ELSE ${alias}.is_nan END, ${alias}.value ${direction}`
        : nullsLast(`${alias}.value`, direction),
    );
  });
  return { joins: { text: joins.join(' '), params }, orderBy: [...order, ...tieBreakers(terms)].join(', ') };
}

export function tieBreakers(terms: readonly OrderTerm[]): string[] {
  const given = (key: string) => terms.some(({ field }) => field.scope === 'attribute' && field.key === key);
  return [
    ...(given('start_time') ? [] : ['r.start_time DESC']),
    ...(given('run_id') ? [] : ['r.run_id ASC']),
  ];
}

function nullsLast(column: string, direction: string): string {
  return `CASE WHEN ${column} IS NULL THEN 1 ELSE 0 END, ${column} ${direction}`;
}
