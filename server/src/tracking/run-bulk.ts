import type { Database } from '../db/port.ts';
import { AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import { checkKey } from './key-rules.ts';
import type { RunListQuery, RunLists } from './run-lists.ts';
import { createRunSet } from './run-set.ts';
import { findRunNumbers, lookUpText } from './run-table-repository.ts';
import { readAttribute } from './run-table-values.ts';
import type { Runs } from './runs.ts';

export type BulkAction =
  | { readonly kind: 'delete' | 'restore' }
  | { readonly kind: 'set-tag'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete-tag'; readonly key: string };

/** The runs by their ids, or all that match. */
export type BulkTarget = { readonly runIds: readonly string[] } | { readonly query: RunListQuery };

export interface BulkChange {
  /** The runs that are different now, for undoing. */
  readonly runIds: readonly string[];
  /** For tags: what each of them had before; null for nothing. */
  readonly previous: readonly (string | null)[] | undefined;
  /** Runs that could not be changed, and why; the first hundred. */
  readonly refused: readonly { readonly runId: string; readonly message: string }[];
}

const MAX_RUNS = 10_000;
/** Runs changed side by side: on SQLite these share one commit. */
const AT_ONCE = 100;
const MAX_REFUSED = 100;

/** One change made to many runs. */
export function createRunBulk({
  db,
  lists,
  runs,
}: {
  readonly db: Database;
  readonly lists: RunLists;
  readonly runs: Pick<Runs, 'delete' | 'restore' | 'logBatch' | 'deleteTag'>;
}) {
  async function targets(target: BulkTarget): Promise<readonly string[]> {
    if ('runIds' in target) {
      const runIds = [...new Set(target.runIds)];
      if (runIds.length === 0 || runIds.length > MAX_RUNS) {
        throw invalidArgument(`run_ids takes from 1 to ${MAX_RUNS} runs. Received ${runIds.length}.`, {
          field: 'run_ids',
        });
      }
      return runIds;
    }
    const list = await lists.find(target.query);
    const count = list.runs.runNos.length;
    if (count > MAX_RUNS) {
      throw invalidArgument(
        `The query matches ${count} runs, and at most ${MAX_RUNS} are changed at once: narrow its filter.`,
        { field: 'query' },
      );
    }
    const runIds = await db.read((sql) => readAttribute(sql, list, 'run_id'));
    return runIds.filter((runId) => typeof runId === 'string');
  }

  /** The tag's values by run. @throws AppError NotFound for a run that is not there. */
  async function readBefore(runIds: readonly string[], key: string | undefined) {
    return db.read(async (sql) => {
      const numbers = new Map<string, number>();
      for await (const [runNo, runId] of findRunNumbers(sql, runIds)) numbers.set(runId, runNo);
      const unknown = runIds.find((runId) => !numbers.has(runId));
      if (unknown !== undefined) throw notFound(`Run with id=${unknown.slice(0, 100)} not found`);
      const before = new Map<string, string>();
      if (key === undefined) return before;
      const ids = [...numbers.keys()];
      const set = createRunSet(Float64Array.from(numbers.values()));
      for await (const found of lookUpText(sql, 'run_tags', { runNos: set.runNos, key })) {
        for (const [i, runNo] of found.runNos.entries())
          before.set(ids[set.placeOf(runNo)]!, found.values[i]!);
      }
      return before;
    });
  }

  async function changeOne(runId: string, action: BulkAction): Promise<boolean> {
    switch (action.kind) {
      case 'delete':
        return runs.delete(runId);
      case 'restore':
        return runs.restore(runId);
      case 'set-tag':
        await runs.logBatch({ runId, metrics: [], params: [], tags: [action] });
        return true;
      case 'delete-tag':
        await runs.deleteTag(runId, action.key);
        return true;
    }
  }

  return {
    /**
     * Changes runs one by one: those that can be changed are, and of the others it is told why not. A run that is as
     * wanted already is neither.
     * @throws AppError NotFound for a run that is not there, InvalidArgument for none or too many; nothing is changed then.
     */
    async change(target: BulkTarget, action: BulkAction): Promise<BulkChange> {
      const key = action.kind === 'set-tag' || action.kind === 'delete-tag' ? action.key : undefined;
      if (key !== undefined) checkKey(key, 'Tag', 'key');
      const runIds = await targets(target);
      const before = await readBefore(runIds, key);
      const wanted = runIds.filter((runId) => {
        if (action.kind === 'set-tag') return before.get(runId) !== action.value;
        return action.kind !== 'delete-tag' || before.has(runId);
      });
      const changed: string[] = [];
      const refused: { runId: string; message: string }[] = [];
      for (let i = 0; i < wanted.length; i += AT_ONCE) {
        const some = wanted.slice(i, i + AT_ONCE);
        const outcomes = await Promise.allSettled(some.map((runId) => changeOne(runId, action)));
        for (const [j, outcome] of outcomes.entries()) {
          const runId = some[j]!;
          if (outcome.status === 'fulfilled') {
            if (outcome.value) changed.push(runId);
          } else if (outcome.reason instanceof AppError && isAboutRun(outcome.reason)) {
            if (refused.length < MAX_REFUSED) refused.push({ runId, message: outcome.reason.message });
          } else throw outcome.reason;
        }
      }
      const previous = key === undefined ? undefined : changed.map((runId) => before.get(runId) ?? null);
      return { runIds: changed, previous, refused };
    },
  };
}

export type RunBulk = ReturnType<typeof createRunBulk>;

/** Whether an error is about the state of one run, and not about the request or the server. */
function isAboutRun({ code, field }: AppError): boolean {
  return code === 'NotFound' || code === 'InvalidState' || field === 'run_id';
}
