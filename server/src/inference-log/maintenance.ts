import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Feedback } from './feedback.ts';
import { type KeptTables, shapeOf, type TableKind } from './inference-tables.ts';
import type { Chore } from './inference-tables-repository.ts';
import * as repository from './inference-tables-repository.ts';
import type { Pipeline } from './pipeline.ts';

export interface MaintenanceDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly pipeline: Pick<Pipeline, 'nodeId' | 'compact' | 'vacuum'>;
  readonly tables: Pick<KeptTables, 'checkAll' | 'removeDropped'>;
  readonly feedback: Pick<Feedback, 'flush' | 'forgetOld'>;
  onError(error: unknown): void;
}

const ROUND_MS = 10_000;
const CHECK_EVERY_MS = 30_000;
const LEASE_MS = 10 * 60_000;
/** How long a table goes without a look at its small files, and at its needless ones. */
const EVERY_MS: Readonly<Record<Chore, number>> = { compacted_at: 2 * 60_000, vacuumed_at: 6 * 60 * 60_000 };

/** What is done for tables from time to time, by one of the processes that share them. */
export function createMaintenance(dependencies: MaintenanceDependencies) {
  const { db, clock, pipeline, tables, feedback, onError } = dependencies;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let checkedAtMs = Number.NEGATIVE_INFINITY;
  let stopped = false;

  /** Whether there was a table whose turn it was. */
  async function doOne(chore: Chore): Promise<boolean> {
    const nowMs = clock.nowMs();
    const lease = {
      node: pipeline.nodeId,
      nowMs,
      untilMs: nowMs + LEASE_MS,
      beforeMs: nowMs - EVERY_MS[chore],
    };
    // Nothing is written where there is nothing to do.
    if ((await db.read((sql) => repository.findChore(sql, chore, lease))) === undefined) return false;
    const row = await db.write((tx) => repository.takeChore(tx, chore, lease));
    if (row === undefined) return false;
    try {
      const shape = shapeOf(row.kind as TableKind);
      await (chore === 'compacted_at'
        ? pipeline.compact(row.table_id, shape)
        : pipeline.vacuum(row.table_id));
    } catch (error) {
      onError(error);
    }
    // Its turn comes again; one that fails must not keep the others from theirs.
    const done = { tableId: row.table_id, node: pipeline.nodeId, nowMs: clock.nowMs() };
    await db.write((tx) => repository.endChore(tx, chore, done));
    return true;
  }

  async function round(): Promise<void> {
    await feedback.flush();
    if (clock.nowMs() - checkedAtMs >= CHECK_EVERY_MS) {
      checkedAtMs = clock.nowMs();
      await tables.checkAll();
      await tables.removeDropped();
      await feedback.forgetOld();
    }
    for (const chore of ['compacted_at', 'vacuumed_at'] as const) while (!stopped && (await doOne(chore)));
  }

  return {
    start(): void {
      timer ??= setInterval(() => {
        running ??= round()
          .catch(onError)
          .finally(() => {
            running = undefined;
          });
      }, ROUND_MS).unref();
    },
    /** Does all that is due now. */
    round,
    async stop(): Promise<void> {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

export type Maintenance = ReturnType<typeof createMaintenance>;
