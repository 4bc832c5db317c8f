import type { SqlFragment } from '../db/conditions.ts';
import type { SqlParam } from '../db/port.ts';
import type { OrderTerm } from '../filters/tree.ts';
import { TRACE_COLUMNS } from './trace-filter.ts';

/** The order of a search: missing values last in both directions, then the newest first, then by id. */
export function renderTraceOrder(terms: readonly OrderTerm[]): {
  readonly joins: SqlFragment;
  readonly orderBy: string;
} {
  const joins: string[] = [];
  const params: SqlParam[] = [];
  const order: string[] = [];
  terms.forEach(({ field, descending }, i) => {
    const direction = descending ? 'DESC' : 'ASC';
    if (field.scope === 'attribute') {
      const column = TRACE_COLUMNS[field.key]!;
      const isNullable = field.key === 'execution_time_ms' || field.key === 'client_request_id';
      order.push(isNullable ? nullsLast(column, direction) : `${column} ${direction}`);
      return;
    }
    const table = field.scope === 'tag' ? 'trace_tags' : 'trace_metadata';
    joins.push(`LEFT JOIN ${table} o${i} ON o${i}.trace_no = t.trace_no AND o${i}.key = ?`);
    params.push(field.key);
    order.push(nullsLast(`o${i}.value`, direction));
  });
  const given = (key: string) => terms.some(({ field }) => field.scope === 'attribute' && field.key === key);
  if (!given('timestamp_ms')) order.push('t.request_time DESC');
  if (!given('request_id')) order.push('t.trace_id ASC');
  return { joins: { text: joins.join(' '), params }, orderBy: order.join(', ') };
}

function nullsLast(column: string, direction: string): string {
  return `CASE WHEN ${column} IS NULL THEN 1 ELSE 0 END, ${column} ${direction}`;
}
