import { createHash } from 'node:crypto';
import type { Database, Sql } from '../db/port.ts';
import { runGrammar } from '../filters/grammars.ts';
import { parseFilter } from '../filters/parser.ts';
import type { FilterNode, OrderTerm } from '../filters/tree.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { compareInt64 } from '../kernel/int64.ts';
import type { ViewType } from './experiment-search.ts';
import type { LifecycleStage } from './experiments-repository.ts';
import { parseListOrder } from './run-list-order.ts';
import { stagesOf } from './run-search.ts';
import { createRunSet, type RunSet } from './run-set.ts';
import { findMatching } from './run-table-matching.ts';
import { sortRuns } from './run-table-order.ts';
import * as repository from './run-table-repository.ts';
import { growTree, type RunTree } from './run-table-tree.ts';
import { readTexts, type ValueQuery } from './run-table-values.ts';

/** Which runs, in which order. */
export interface RunListQuery {
  readonly experimentNos: readonly number[];
  readonly filter?: string | undefined;
  readonly orderBy: readonly string[];
  readonly viewType: ViewType;
  /** Whether runs stand under their parents. */
  readonly nested?: boolean | undefined;
}

/** The runs that matched a query when it was asked, in its order. */
export interface RunList {
  /** Names this very list: the same runs in the same order for the same query have the same name. */
  readonly name: string;
  readonly experimentNos: readonly number[];
  readonly runs: RunSet;
  /** Runs in the experiments under the view type. */
  readonly all: number;
  readonly tree: RunTree | undefined;
  readonly oneByOne: number;
}

const MAX_EXPERIMENTS = 1000;
/** Up to so many runs are tested and looked up run by run. */
const ONE_BY_ONE = 4000;
const MAX_BYTES = 128 * 1024 * 1024;
const PARENT_TAG = 'mlflow.parentRunId';

export interface RunListsOptions {
  readonly db: Database;
  readonly oneByOne?: number;
  /** The memory that lists may hold; the one that was not asked for the longest goes first. */
  readonly maxBytes?: number;
}

/**
 * Ordered lists of runs, kept in memory under their names, so that whoever scrolls goes on in the same list. A list
 * that is not there any more is made again, under the name that it then has.
 */
export function createRunLists({ db, oneByOne = ONE_BY_ONE, maxBytes = MAX_BYTES }: RunListsOptions) {
  const kept = new Map<string, { readonly list: RunList; readonly key: string; readonly bytes: number }>();
  const counters = { found: 0, made: 0, bytes: 0 };

  function recall(name: string | undefined, key: string): RunList | undefined {
    const entry = name === undefined ? undefined : kept.get(name);
    if (entry === undefined || entry.key !== key) return undefined;
    kept.delete(entry.list.name);
    kept.set(entry.list.name, entry);
    counters.found += 1;
    return entry.list;
  }

  function keep(list: RunList, key: string): void {
    if (kept.has(list.name)) return;
    // A number of 8 bytes, its place, and in a tree its part of two lists.
    const bytes = 1024 + list.runs.runNos.length * (list.tree === undefined ? 16 : 80);
    kept.set(list.name, { list, key, bytes });
    counters.bytes += bytes;
    for (const [name, entry] of kept) {
      if (counters.bytes <= maxBytes || name === list.name) break;
      kept.delete(name);
      counters.bytes -= entry.bytes;
    }
  }

  return {
    /**
     * The list of a query: the one named `name`, where that is still known and of this very query, else a fresh one.
     * @throws AppError InvalidArgument for a bad filter or order, or not 1 to 1,000 experiments.
     */
    async find(query: RunListQuery, name?: string): Promise<RunList> {
      const experimentNos = checkExperiments(query.experimentNos);
      const parsed = {
        experimentNos,
        stages: stagesOf(query.viewType),
        filter: parseFilter(query.filter, runGrammar),
        order: parseListOrder(query.orderBy),
        nested: query.nested === true,
        oneByOne,
      };
      const { filter = '', orderBy, viewType } = query;
      const key = JSON.stringify([experimentNos, filter, orderBy, viewType, parsed.nested]);
      const known = recall(name, key);
      if (known !== undefined) return known;
      const list = await db.read((sql) => makeList(sql, parsed, key));
      counters.made += 1;
      keep(list, key);
      return list;
    },

    /** What the lists take, and how many were found and made since the start. */
    stats: (): Readonly<typeof counters> => ({ ...counters }),
  };
}

export type RunLists = ReturnType<typeof createRunLists>;

function checkExperiments(experimentNos: readonly number[]): readonly number[] {
  const distinct = [...new Set(experimentNos)].sort((a, b) => a - b);
  if (distinct.length === 0 || distinct.length > MAX_EXPERIMENTS) {
    throw invalidArgument(
      `experiment_ids takes from 1 to ${MAX_EXPERIMENTS} experiments. Received ${distinct.length}.`,
      { field: 'experiment_ids' },
    );
  }
  return distinct;
}

interface ParsedQuery {
  readonly experimentNos: readonly number[];
  readonly stages: readonly LifecycleStage[];
  readonly filter: FilterNode | undefined;
  readonly order: readonly OrderTerm[];
  readonly nested: boolean;
  readonly oneByOne: number;
}

async function makeList(sql: Sql, query: ParsedQuery, key: string): Promise<RunList> {
  const { experimentNos, oneByOne } = query;
  const base = createRunSet(await listNewestFirst(sql, query));
  const all = base.runNos.length;
  let runs = base;
  if (query.filter !== undefined) {
    const marks = await findMatching(sql, { ...query, runs: base, filter: query.filter });
    runs = createRunSet(base.runNos.filter((_, place) => marks[place] === 1));
  }
  if (query.order.length > 0 && !isNewestFirst(query.order)) {
    const places = await sortRuns(sql, { experimentNos, runs, all, oneByOne }, query.order);
    const { runNos } = runs;
    runs = createRunSet(Float64Array.from(places, (place) => runNos[place]!));
  }
  const parents = query.nested ? await findParents(sql, { experimentNos, runs, all, oneByOne }) : undefined;
  const hash = createHash('sha1').update(key).update(`/${all}/`).update(runs.runNos);
  if (parents !== undefined) hash.update(parents);
  return {
    name: hash.digest('base64url'),
    experimentNos,
    runs,
    all,
    tree: parents && growTree(parents),
    oneByOne,
  };
}

/** Whether an order is the one that the list has of itself. */
function isNewestFirst([term, ...others]: readonly OrderTerm[]): boolean {
  if (term === undefined || others.length > 0) return false;
  return term.descending && term.field.scope === 'attribute' && term.field.key === 'start_time';
}

/** All runs of the scope by start, newest first, and among equals by id. */
async function listNewestFirst(
  sql: Sql,
  { experimentNos, stages }: Pick<ParsedQuery, 'experimentNos' | 'stages'>,
): Promise<Float64Array> {
  if (experimentNos.length === 1 && stages.length === 1) {
    return Float64Array.from(await repository.listByStart(sql, experimentNos[0]!, stages[0]!));
  }
  const runs: repository.StartedRun[] = [];
  for (const experimentNo of experimentNos) {
    for (const stage of stages) {
      for (const run of await repository.listStarted(sql, experimentNo, stage)) runs.push(run);
    }
  }
  // Ids are of ASCII. The lists are in order each: sorting merges them.
  runs.sort(
    (a, b) =>
      compareInt64(b.startTimeMs, a.startTimeMs) || (a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0),
  );
  // A run that moves to the trash meanwhile may have been read in both stages.
  return Float64Array.from(new Set(runs.map(({ runNo }) => runNo)));
}

/** For each run of the list the place of its parent; -1 for one without a parent in the list. */
async function findParents(sql: Sql, query: ValueQuery): Promise<Int32Array> {
  const parentIds = await readTexts(sql, query, { scope: 'tag', key: PARENT_TAG });
  const distinct = new Set(parentIds.filter((id) => id !== undefined));
  const places = new Map<string, number>();
  for await (const [runNo, runId] of repository.findRunNumbers(sql, distinct)) {
    places.set(runId, query.runs.placeOf(runNo));
  }
  return Int32Array.from(parentIds, (id) => (id === undefined ? -1 : (places.get(id) ?? -1)));
}
