import type { Database } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import * as repository from './run-ages-repository.ts';
import type { RunBulk } from './run-bulk.ts';

export interface RunsOfAge {
  readonly experimentNo: number;
  /** 1 to 10,000. */
  readonly maxRuns: number;
}

export interface RunAges {
  /**
   * Puts the oldest active runs into the trash that began at `maxTimestampMs` or before.
   * @returns how many. @throws AppError InvalidArgument
   */
  delete(runs: RunsOfAge & { readonly maxTimestampMs: number }): Promise<number>;
  /** Takes those out of the trash that came there last, at `minTimestampMs` or after. As `delete`. */
  restore(runs: RunsOfAge & { readonly minTimestampMs: number }): Promise<number>;
}

const MAX_RUNS = 10_000;

/** Runs of one experiment changed by their age, as the SDK of Databricks cleans up. */
export function createRunAges({ db, bulk }: { readonly db: Database; readonly bulk: RunBulk }): RunAges {
  function check({ maxRuns }: RunsOfAge): void {
    if (maxRuns >= 1 && maxRuns <= MAX_RUNS) return;
    throw invalidArgument(`'max_runs' is ${maxRuns}: it must be from 1 to ${MAX_RUNS}.`, {
      field: 'max_runs',
    });
  }

  async function change(runIds: readonly string[], kind: 'delete' | 'restore'): Promise<number> {
    if (runIds.length === 0) return 0;
    return (await bulk.change({ runIds }, { kind })).runIds.length;
  }

  return {
    async delete({ experimentNo, maxRuns: limit, maxTimestampMs }) {
      check({ experimentNo, maxRuns: limit });
      const age = { experimentNo, limit };
      return change(await db.read((sql) => repository.listRunsBegunBy(sql, maxTimestampMs, age)), 'delete');
    },
    async restore({ experimentNo, maxRuns: limit, minTimestampMs }) {
      check({ experimentNo, maxRuns: limit });
      const age = { experimentNo, limit };
      return change(
        await db.read((sql) => repository.listRunsDeletedSince(sql, minTimestampMs, age)),
        'restore',
      );
    },
  };
}
