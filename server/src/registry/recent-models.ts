import type { Database } from '../db/port.ts';
import type { VisibleModels } from '../governance/access.ts';
import { listAliases } from './aliases-repository.ts';
import * as repository from './recent-models-repository.ts';

export interface RecentModel {
  readonly name: string;
  /** The newest that is there; undefined where the model has none. */
  readonly latestVersion: number | undefined;
  readonly lastUpdateTimeMs: number;
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
}

const MOST_COUNTED = 10_000;

/** What a start page and a search show of the registry. */
export function createRecentModels({ db }: { readonly db: Database }) {
  return {
    /** The latest changed first. */
    async latest(limit: number, visible: 'all' | VisibleModels = 'all'): Promise<readonly RecentModel[]> {
      return db.read(async (sql) => {
        const rows = await repository.listRecentModels(sql, { limit, visible });
        const aliases = await listAliases(
          sql,
          rows.map((row) => row.model_no),
        );
        return rows.map((row) => ({
          name: row.name,
          latestVersion: row.latest_version ?? undefined,
          lastUpdateTimeMs: row.last_update_time,
          aliases: aliases
            .filter((alias) => alias.model_no === row.model_no)
            .map(({ alias, version }) => ({ alias, version })),
        }));
      });
    },

    /** Names of models that have the text in them, the nearest first; the empty text finds nothing. */
    async find(typed: string, query: repository.RecentQuery): Promise<readonly string[]> {
      const text = typed.trim();
      if (text === '') return [];
      return (await db.read((sql) => repository.findModelsByText(sql, text, query))).map((row) => row.name);
    },

    /** Aliases that have the text in them, `fraud@champion` and `models:/fraud@champion` too; the empty text finds nothing. */
    async findAliases(
      typed: string,
      query: repository.RecentQuery,
    ): Promise<readonly repository.FoundAliasRow[]> {
      const text = typed.trim().replace(/^models:\/|^@/, '');
      if (text === '') return [];
      return db.read((sql) => repository.findAliasesByText(sql, text, query));
    },

    /** Versions made since a time; the count stops at 10,000. */
    async versionsSince(sinceMs: number, visible: 'all' | VisibleModels = 'all'): Promise<number> {
      return db.read((sql) => repository.countVersionsSince(sql, sinceMs, { limit: MOST_COUNTED, visible }));
    },
  };
}

export type RecentModels = ReturnType<typeof createRecentModels>;
