import type { SqlFragment } from '../db/conditions.ts';
import type { Database, Dialect } from '../db/port.ts';
import { traceGrammar } from '../filters/grammars.ts';
import { parseOrderBy } from '../filters/order.ts';
import { parseFilter } from '../filters/parser.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { parsePageToken, renderPageToken } from '../kernel/page-token.ts';
import type { Page } from '../tracking/experiments.ts';
import { type Association, associate } from './association.ts';
import type { TraceInfo } from './trace.ts';
import { readTraces } from './trace-details.ts';
import { renderTraceFilter } from './trace-filter.ts';
import { renderTraceOrder } from './trace-order.ts';
import * as repository from './traces-repository.ts';

export interface TraceSearch {
  readonly experimentNos: readonly number[];
  readonly filter?: string | undefined;
  readonly maxResults: number;
  readonly orderBy: readonly string[];
  readonly pageToken?: string | undefined;
}

export interface FilterPair {
  readonly experimentNos: readonly number[];
  readonly first: string;
  readonly second: string;
  /** What both are tested on top of. */
  readonly base?: string | undefined;
}

const MAX_PAGE = 500;

/** Searches over the traces of experiments. */
export function createTraceSearches({ db }: { readonly db: Database }) {
  return {
    /** @throws AppError InvalidArgument for a bad filter, order, token, or a page size outside 1 to 500. */
    async search(search: TraceSearch): Promise<Page<TraceInfo>> {
      const { maxResults } = search;
      if (maxResults < 1 || maxResults > MAX_PAGE) {
        throw invalidArgument(
          `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be a positive integer of at most ${MAX_PAGE}.`,
          { field: 'max_results' },
        );
      }
      const order = parseOrderBy(search.orderBy, traceGrammar);
      const { joins, orderBy } = renderTraceOrder(order);
      const token = parsePageToken(search.pageToken);
      return db.read(async (sql) => {
        const where = scopeOf(sql.dialect, search.experimentNos, search.filter);
        const place = order.length === 0 ? placeAfter(token.after) : undefined;
        const rows = await repository.selectTraces(sql, {
          joins: joins.text,
          where: place === undefined ? where.text : `${where.text} AND ${place.text}`,
          orderBy,
          params: [...joins.params, ...where.params, ...(place?.params ?? [])],
          limit: maxResults + 1,
          offset: place === undefined ? token.offset : 0,
        });
        const items = await readTraces(sql, rows.slice(0, maxResults));
        if (rows.length <= maxResults) return { items, nextPageToken: undefined };
        const last = items.at(-1)!;
        return {
          items,
          nextPageToken: renderPageToken({
            offset: token.offset + maxResults,
            ...(order.length === 0 && { after: [last.requestTimeMs, last.traceId] }),
          }),
        };
      });
    },

    /** How often two filters match the same traces. @throws AppError InvalidArgument for a bad filter. */
    async associate(pair: FilterPair): Promise<Association> {
      return db.read(async (sql) => {
        const scope = { dialect: sql.dialect, experimentNos: pair.experimentNos };
        const conditionOf = (text: string): SqlFragment => {
          const filter = parseFilter(text, traceGrammar);
          return filter === undefined ? { text: '1 = 1', params: [] } : renderTraceFilter(scope, filter);
        };
        return associate(
          await repository.countMatches(sql, scopeOf(sql.dialect, pair.experimentNos, pair.base), [
            conditionOf(pair.first),
            conditionOf(pair.second),
          ]),
        );
      });
    },
  };
}

export type TraceSearches = ReturnType<typeof createTraceSearches>;

function scopeOf(
  dialect: Dialect,
  experimentNos: readonly number[],
  filterText: string | undefined,
): SqlFragment {
  // One experiment alone lets its index give the order.
  const [only, ...others] = experimentNos;
  const scope: SqlFragment =
    only !== undefined && others.length === 0
      ? { text: 't.experiment_no = ?', params: [only] }
      : { text: dialect.inList('t.experiment_no', 'bigint'), params: [dialect.list(experimentNos)] };
  const filter = parseFilter(filterText, traceGrammar);
  if (filter === undefined) return scope;
  const condition = renderTraceFilter({ dialect, experimentNos }, filter);
  return {
    text: `${scope.text} AND ${condition.text}`,
    params: [...scope.params, ...condition.params],
  };
}

/** In the order of time, a page starts where the last one ended, however deep. */
function placeAfter(after: readonly (string | number | null)[] | undefined): SqlFragment | undefined {
  const [timeMs, traceId] = after ?? [];
  if (typeof timeMs !== 'number' || typeof traceId !== 'string') return undefined;
  return {
    text: 't.request_time <= ? AND (t.request_time < ? OR t.trace_id > ?)',
    params: [timeMs, timeMs, traceId],
  };
}
