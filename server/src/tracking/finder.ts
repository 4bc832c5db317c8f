import type { Database } from '../db/port.ts';
import * as repository from './finder-repository.ts';

export interface Found {
  readonly experiments: readonly repository.FoundExperimentRow[];
  readonly runs: readonly repository.FoundRunRow[];
  /** Where all runs with that name are, when there are more than are in `runs`. */
  readonly moreRuns: MoreRuns | undefined;
  readonly loggedModels: readonly repository.FoundLoggedModelRow[];
}

export interface MoreRuns {
  /** Those that are in `experimentNos`. */
  readonly total: number;
  /** Most runs first, 20 at most. */
  readonly experimentNos: readonly number[];
}

/** Names are looked for among the newest runs: a person who types wants an answer now. */
const WINDOW = 100_000;
/** Shorter beginnings of an id are found by chance alone. */
const SHORTEST_PREFIX = 4;
const MOST_EXPERIMENTS = 20;

/** What a person finds by some letters of a name or the beginning of an id. */
export function createFinder({ db }: { readonly db: Database }) {
  return {
    /**
     * At most `limit` of each kind; the empty text finds nothing. What has the text as its whole name comes first, then
     * what has it as the beginning of its id or of its name.
     */
    async find(typed: string, query: repository.FindQuery): Promise<Found> {
      const { limit } = query;
      const text = typed.trim();
      if (text === '') return { experiments: [], runs: [], moreRuns: undefined, loggedModels: [] };
      const id = text.toLowerCase();
      const isRunId = id.length >= SHORTEST_PREFIX && /^[0-9a-f]+$/.test(id);
      return db.read(async (sql) => {
        const byId = isRunId ? await repository.findRunsById(sql, id, query) : [];
        const byName = await repository.findRunsByName(sql, text, { ...query, window: WINDOW });
        const isFull = byName.length === limit;
        const counts = isFull
          ? await repository.countRunsByName(sql, text, { ...query, limit: MOST_EXPERIMENTS, window: WINDOW })
          : [];
        return {
          experiments: await repository.findExperiments(sql, text, query),
          runs: inOrder(byId, byName).slice(0, limit),
          moreRuns: moreOf(counts, limit),
          loggedModels: /^m-[0-9a-f]{2,}$/.test(id)
            ? await repository.findLoggedModelsById(sql, id, query)
            : [],
        };
      });
    },
  };
}

export type Finder = ReturnType<typeof createFinder>;

function inOrder(
  byId: readonly repository.FoundRunRow[],
  byName: readonly repository.NamedRunRow[],
): readonly repository.FoundRunRow[] {
  const named = byName.filter(({ rank }) => rank === 0);
  const all = [...named, ...byId, ...byName];
  return [...new Map(all.map((run) => [run.run_id, run])).values()];
}

function moreOf(counts: readonly repository.NamedCountRow[], shown: number): MoreRuns | undefined {
  const total = counts.reduce((sum, { runs }) => sum + runs, 0);
  if (total <= shown) return undefined;
  return { total, experimentNos: counts.map((row) => row.experiment_no) };
}
