import type { Database } from '../db/port.ts';
import * as repository from './finder-repository.ts';

export interface Found {
  readonly experiments: readonly repository.FoundExperimentRow[];
  readonly runs: readonly repository.FoundRunRow[];
  readonly loggedModels: readonly repository.FoundLoggedModelRow[];
}

/** Names are looked for among the newest runs: a person who types wants an answer now. */
const WINDOW = 100_000;
/** Shorter beginnings of an id are found by chance alone. */
const SHORTEST_PREFIX = 4;

/** What a person finds by some letters of a name or the beginning of an id. */
export function createFinder({ db }: { readonly db: Database }) {
  return {
    /** At most `limit` of each kind; the empty text finds nothing. */
    async find(typed: string, query: repository.FindQuery): Promise<Found> {
      const { limit } = query;
      const text = typed.trim();
      if (text === '') return { experiments: [], runs: [], loggedModels: [] };
      const id = text.toLowerCase();
      const isRunId = id.length >= SHORTEST_PREFIX && /^[0-9a-f]+$/.test(id);
      return db.read(async (sql) => {
        const byId = isRunId ? await repository.findRunsById(sql, id, query) : [];
        const byName =
          byId.length < limit ? await repository.findRunsByName(sql, text, { ...query, window: WINDOW }) : [];
        const known = new Set(byId.map((run) => run.run_id));
        return {
          experiments: await repository.findExperiments(sql, text, query),
          runs: [...byId, ...byName.filter((run) => !known.has(run.run_id))].slice(0, limit),
          loggedModels: /^m-[0-9a-f]{2,}$/.test(id)
            ? await repository.findLoggedModelsById(sql, id, query)
            : [],
        };
      });
    },
  };
}

export type Finder = ReturnType<typeof createFinder>;
