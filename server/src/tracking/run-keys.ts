import type { Database, Sql } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { nextTurn } from '../kernel/turns.ts';
import { countRuns, countRunsWith, type KeyKind, listKeys } from './run-keys-repository.ts';
import { compareCodePoints } from './run-table-order.ts';
import { INDEXED } from './run-table-repository.ts';

export type { KeyKind };

export interface KeyQuery {
  readonly experimentNos: readonly number[];
  readonly kinds: readonly KeyKind[];
  /** Part of the key, in any case. */
  readonly contains?: string | undefined;
  readonly limit: number;
}

export interface FoundKey {
  readonly key: string;
  readonly varies: boolean;
  /** What a param or tag that does not vary says, of long ones the beginning and an ellipsis. */
  readonly value?: string;
  /**
   * Of a key that does not vary: how many runs have it, where these are not all. Null where it was not counted, since
   * so many keys of so many runs have one value each; absent where all runs have it.
   */
  readonly runs?: number | null;
}

export interface FoundKeys {
  /** Those that vary first, then by name. */
  readonly keys: readonly FoundKey[];
  /** Distinct keys that were found, of which `keys` are the first. */
  readonly total: number;
}

const MAX_LIMIT = 10_000;
const MAX_EXPERIMENTS = 1000;
/** Keys walked in one go while the event loop waits. */
const AT_ONCE = 5000;
/** Beyond so many of one kind no more are looked for. */
const MAX_KEYS = 200_000;
/** Entries of indexes that are counted for one question. */
const MAX_COUNTED = 4_000_000;

/** The keys that the runs of experiments have, those of runs in the trash included. */
export function createRunKeys({ db }: { readonly db: Database }) {
  return {
    /** @throws AppError InvalidArgument for a limit outside 1 to 10,000, or not 1 to 1,000 experiments. */
    async list(query: KeyQuery): Promise<ReadonlyMap<KeyKind, FoundKeys>> {
      const experimentNos = [...new Set(query.experimentNos)];
      if (experimentNos.length === 0 || experimentNos.length > MAX_EXPERIMENTS) {
        throw invalidArgument(
          `experiment_ids takes from 1 to ${MAX_EXPERIMENTS} experiments. Received ${experimentNos.length}.`,
          { field: 'experiment_ids' },
        );
      }
      if (query.limit < 1 || query.limit > MAX_LIMIT) {
        throw invalidArgument(
          `Invalid value ${query.limit} for parameter 'limit' supplied: it must be from 1 to ${MAX_LIMIT}.`,
          { field: 'limit' },
        );
      }
      const needle = (query.contains ?? '').toLowerCase();
      return db.read(async (sql) => {
        const found = new Map<KeyKind, FoundKeys>();
        const counter = createCounter(sql, experimentNos);
        for (const kind of new Set(query.kinds)) {
          const known = await collect(sql, kind, experimentNos);
          const matching = [...known.values()].filter(({ key }) => key.toLowerCase().includes(needle));
          matching.sort((a, b) => Number(b.varies) - Number(a.varies) || compareCodePoints(a.key, b.key));
          const keys: FoundKey[] = [];
          for (const one of matching.slice(0, query.limit)) {
            const runs = one.varies ? undefined : await counter(kind, one.key);
            keys.push({ ...describe(kind, one), ...(runs !== undefined && { runs }) });
          }
          found.set(kind, { keys, total: matching.length });
        }
        return found;
      });
    },
  };
}

export type RunKeys = ReturnType<typeof createRunKeys>;

/** Counts the runs that have a key: undefined for all of them, null once enough was counted for one question. */
function createCounter(sql: Sql, experimentNos: readonly number[]) {
  let all: number | undefined;
  let counted = 0;
  return async (kind: KeyKind, key: string): Promise<number | null | undefined> => {
    if (counted > MAX_COUNTED) return null;
    all ??= await countRuns(sql, experimentNos);
    const runs = await countRunsWith(sql, kind, { experimentNos, key });
    counted += runs;
    await nextTurn();
    return runs === all ? undefined : runs;
  };
}

interface KnownKey {
  readonly key: string;
  /** A value that it has somewhere. */
  readonly value: string;
  varies: boolean;
}

function describe(kind: KeyKind, { key, value, varies }: KnownKey): FoundKey {
  if (varies || kind === 'metrics') return { key, varies };
  return { key, varies, value: [...value].length < INDEXED ? value : `${value}…` };
}

async function collect(
  sql: Sql,
  kind: KeyKind,
  experimentNos: readonly number[],
): Promise<ReadonlyMap<string, KnownKey>> {
  const known = new Map<string, KnownKey>();
  for (const experimentNo of experimentNos) {
    let after: string | undefined;
    while (known.size < MAX_KEYS) {
      const keys = await listKeys(sql, kind, { experimentNo, after, limit: AT_ONCE });
      for (const { key, first, last } of keys) {
        const before = known.get(key);
        if (before === undefined) known.set(key, { key, value: first, varies: first !== last });
        else if (first !== last || first !== before.value) before.varies = true;
      }
      await nextTurn();
      if (keys.length < AT_ONCE) break;
      after = keys.at(-1)!.key;
    }
  }
  return known;
}
