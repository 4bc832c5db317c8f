import type { SqlFragment } from './conditions.ts';
import type { Sql, SqlParam } from './port.ts';

/** A walk through an index, in its order. */
export interface IndexWalk {
  /** The table, with the dialect's hint to its index. */
  readonly from: string;
  /** What fixes the columns of the index before `order`. */
  readonly where: SqlFragment;
  /** The columns by which the index goes on; together they tell rows apart. None is ever NULL. */
  readonly order: readonly {
    readonly column: string;
    readonly descending?: boolean;
    /** How to select it without losing digits. */
    readonly exact?: string;
  }[];
}

/** Rows of a range: what one statement reads while the event loop waits. */
const RANGE_ROWS = 50_000;

/**
 * Cuts a walk into consecutive ranges: conditions of which each row meets exactly one, whatever is written meanwhile.
 * A walk of little more than one range stays whole, since finding where to cut costs a part of the walk itself.
 * @param atMost how many rows the walk has, as a guess from above.
 * @param rows of each range but the last, as counted when it was cut.
 */
export async function* ranges(
  sql: Sql,
  walk: IndexWalk,
  { atMost = Number.POSITIVE_INFINITY, rows = RANGE_ROWS }: { atMost?: number; rows?: number } = {},
): AsyncGenerator<SqlFragment> {
  if (staysWhole(atMost, rows)) {
    yield walk.where;
    return;
  }
  const columns = walk.order.map(({ column, exact }) => exact ?? column).join(', ');
  const order = walk.order
    .map(({ column, descending }) => `${column} ${descending ? 'DESC' : 'ASC'}`)
    .join(', ');
  let from = walk.where;
  for (;;) {
    const [last] = await sql.rows<SqlParam[]>(
      `SELECT ${columns} FROM ${walk.from} WHERE ${from.text} ORDER BY ${order} LIMIT 1 OFFSET ?`,
      [...from.params, rows - 1],
    );
    if (last === undefined) {
      yield from;
      return;
    }
    yield and(from, position(walk, last, 'upTo'));
    from = and(walk.where, position(walk, last, 'after'));
  }
}

/** Whether a walk of at most so many rows is not cut: one statement then sees all of it at one moment. */
export const staysWhole = (atMost: number, rows = RANGE_ROWS): boolean => atMost <= 2 * rows;

const and = (a: SqlFragment, b: SqlFragment): SqlFragment => ({
  text: `${a.text} AND ${b.text}`,
  params: [...a.params, ...b.params],
});

/** Rows after a place, or up to it: written so that an index with columns in both directions begins there. */
function position({ order }: IndexWalk, at: readonly SqlParam[], side: 'after' | 'upTo'): SqlFragment {
  const [head, ...tail] = order;
  const forward = (side === 'after') !== (head!.descending === true);
  const strict = `${head!.column} ${forward ? '>' : '<'} ?`;
  if (tail.length === 0) {
    return side === 'after'
      ? { text: strict, params: [at[0]!] }
      : { text: `${head!.column} ${forward ? '>=' : '<='} ?`, params: [at[0]!] };
  }
  const rest = position({ from: '', where: { text: '', params: [] }, order: tail }, at.slice(1), side);
  return {
    text: `${head!.column} ${forward ? '>=' : '<='} ? AND (${strict} OR ${rest.text})`,
    params: [at[0]!, at[0]!, ...rest.params],
  };
}
