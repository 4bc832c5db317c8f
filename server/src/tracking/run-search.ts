import type { Database, Sql } from '../db/port.ts';
import { runGrammar } from '../filters/grammars.ts';
import { parseOrderBy } from '../filters/order.ts';
import { parseFilter } from '../filters/parser.ts';
import type { FilterNode, LeafNode, OrderTerm } from '../filters/tree.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { type PageToken, parsePageToken, renderPageToken } from '../kernel/page-token.ts';
import type { ViewType } from './experiment-search.ts';
import type { Page } from './experiments.ts';
import { type RunDocument, readRunDocuments } from './run-details.ts';
import type { RunScope } from './run-search-repository.ts';
import * as repository from './run-search-repository.ts';
import type { RunRow } from './runs-repository.ts';

export interface RunSearch {
  readonly experimentNos: readonly number[];
  readonly filter?: string | undefined;
  readonly viewType: ViewType;
  readonly maxResults: number;
  readonly orderBy: readonly string[];
  readonly pageToken?: string | undefined;
}

const MAX_PAGE = 50_000;
/** A condition with fewer matches than this is read first; beyond it, walking the wanted order is cheaper. */
const SELECTIVE = 1000;
/** The same where no order can be walked: reading the matches beats a pass over all runs, counting more would not. */
const SELECTIVE_FOR_SORT = 200_000;

interface Query {
  readonly scope: RunScope;
  readonly filter: FilterNode | undefined;
  readonly order: readonly OrderTerm[];
  readonly limit: number;
  readonly token: PageToken;
}

interface Found {
  readonly runs: readonly RunRow[];
  /** Where the next page starts; undefined when nothing follows. */
  readonly next: PageToken | undefined;
}

/** Searches over all runs of experiments: by the filter language, in any order, page by page. */
export function createRunSearches({ db }: { readonly db: Database }) {
  return {
    /** @throws AppError InvalidArgument for a bad filter, order, token, or a page size outside 1 to 50,000. */
    async search(search: RunSearch): Promise<Page<RunDocument>> {
      if (search.maxResults < 1 || search.maxResults > MAX_PAGE) {
        throw invalidArgument(
          `Invalid value ${search.maxResults} for parameter 'max_results' supplied: it must be a positive integer of at most ${MAX_PAGE}.`,
          { field: 'max_results' },
        );
      }
      const query: Query = {
        scope: { experimentNos: [...new Set(search.experimentNos)], stages: stagesOf(search.viewType) },
        filter: parseFilter(search.filter, runGrammar),
        order: parseOrderBy(search.orderBy, runGrammar),
        limit: search.maxResults,
        token: parsePageToken(search.pageToken),
      };
      if (query.scope.experimentNos.length === 0) return { items: [], nextPageToken: undefined };
      return db.read(async (sql) => {
        const { runs, next } = await find(sql, query);
        return { items: await readRunDocuments(sql, runs), nextPageToken: next && renderPageToken(next) };
      });
    },
  };
}

export type RunSearches = ReturnType<typeof createRunSearches>;

export function stagesOf(viewType: ViewType): readonly ('active' | 'deleted')[] {
  switch (viewType) {
    case 'ACTIVE_ONLY':
      return ['active'];
    case 'DELETED_ONLY':
      return ['deleted'];
    case 'ALL':
      return ['active', 'deleted'];
  }
}

/**
 * Three ways to the same rows. A selective condition (few rows by an index) is read first and sorted. Otherwise an
 * index is walked in the wanted order until the page is full: of start times, or of a metric's values. What has no
 * such index is one pass over the experiments' runs.
 */
async function find(sql: Sql, query: Query): Promise<Found> {
  const walk = orderWalk(query);
  const driver = await selectiveDriver(sql, query, walk === undefined ? SELECTIVE_FOR_SORT : SELECTIVE);
  if (driver === undefined && walk !== undefined) return walk(sql, query);
  const { limit, token } = query;
  const runs = await repository.selectSorted(sql, {
    ...query,
    driver,
    limit: limit + 1,
    offset: token.offset,
  });
  return page(runs, limit, { offset: token.offset + limit });
}

/** How an index gives the wanted order; undefined where none does. */
function orderWalk({ scope, order }: Query): ((sql: Sql, query: Query) => Promise<Found>) | undefined {
  if (order.length === 0) return isOneList(scope) ? byStartTime : undefined;
  return order[0]!.field.scope === 'metric' && scope.experimentNos.length === 1 ? byMetric : undefined;
}

const isOneList = (scope: RunScope): boolean => scope.experimentNos.length === 1 && scope.stages.length === 1;

function page(runs: readonly RunRow[], limit: number, next: PageToken): Found {
  return runs.length > limit ? { runs: runs.slice(0, limit), next } : { runs, next: undefined };
}

/** The newest first: each page starts where the last one ended, however deep. */
async function byStartTime(sql: Sql, { scope, filter, limit, token }: Query): Promise<Found> {
  const [startTimeMs, runId] = token.after ?? [];
  const after =
    typeof startTimeMs === 'number' && typeof runId === 'string' ? { startTimeMs, runId } : undefined;
  const runs = await repository.selectByStartTime(sql, {
    experimentNo: scope.experimentNos[0]!,
    stage: scope.stages[0]!,
    filter,
    after,
    offset: after === undefined ? token.offset : 0,
    limit: limit + 1,
  });
  const last = runs[limit - 1];
  const offset = token.offset + limit;
  const position = typeof last?.startTimeMs === 'number' ? { after: [last.startTimeMs, last.runId] } : {};
  return page(runs, limit, { offset, ...position });
}

/** The classes in which a metric's order puts runs: numbers, then NaN, then those without the metric. */
const CLASSES = ['numbers', 'nan', 'missing'] as const;

async function byMetric(sql: Sql, { scope, filter, order, limit, token }: Query): Promise<Found> {
  const key = order[0]!.field.key;
  const needed = classesNeeded(filter, key);
  // The token holds the class and the place in it; a bare offset (of another server) is counted off from the start.
  const [fromClass, fromPlace] = token.after ?? [];
  let place = typeof fromPlace === 'number' ? fromPlace : token.offset;
  const first = typeof fromClass === 'number' ? fromClass : 0;
  const runs: RunRow[] = [];
  for (let i = first; i < CLASSES.length; i += 1) {
    const kind = CLASSES[i]!;
    if (!needed.has(kind)) continue;
    const request = { scope, filter, order, kind, limit: limit + 1 - runs.length, offset: place };
    const found = await repository.selectByMetric(sql, request);
    const room = limit - runs.length;
    if (found.length > room) {
      runs.push(...found.slice(0, room));
      return { runs, next: { offset: token.offset + limit, after: [i, place + room] } };
    }
    runs.push(...found);
    // Skipped rows of this class are known only when the class ended before the offset did.
    place = found.length > 0 || place === 0 ? 0 : place - (await repository.countByMetric(sql, request));
    if (place < 0) place = 0;
  }
  return { runs, next: undefined };
}

/** A filter that asks for the metric itself leaves no run without it to be listed. */
function classesNeeded(filter: FilterNode | undefined, key: string): ReadonlySet<(typeof CLASSES)[number]> {
  const required = conjuncts(filter).filter(
    (node) =>
      node.kind === 'compare' &&
      node.field.scope === 'metric' &&
      node.field.key === key &&
      !node.field.history,
  );
  if (required.length === 0) return new Set(CLASSES);
  const nanMatches = required.every((node) => node.kind === 'compare' && node.op === '!=');
  return new Set(nanMatches ? ['numbers', 'nan'] : ['numbers']);
}

/** The conditions that must all hold. */
function conjuncts(filter: FilterNode | undefined): readonly FilterNode[] {
  if (filter === undefined) return [];
  return filter.kind === 'and' ? filter.nodes.flatMap(conjuncts) : [filter];
}

/** The condition with the fewest matches in an index, where those are fewer than `below`. */
async function selectiveDriver(
  sql: Sql,
  { scope, filter }: Query,
  below: number,
): Promise<LeafNode | undefined> {
  let best: LeafNode | undefined;
  let fewest = below;
  const candidates = conjuncts(filter).filter(repository.hasIndex);
  // Equalities first: they tend to have the fewest, and nothing is counted beyond the fewest so far.
  for (const node of [...candidates.filter(isEquality), ...candidates.filter((one) => !isEquality(one))]) {
    const matches = await repository.countIndexed(sql, { scope, node, atMost: fewest });
    if (matches < fewest) {
      best = node;
      fewest = matches;
    }
  }
  return best;
}

const isEquality = (node: LeafNode): boolean => node.kind === 'compare' && node.op === '=';
