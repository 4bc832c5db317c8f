import type { Database, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Askers } from './askers.ts';
import { nameAsker, newestAccessChange } from './audit-repository.ts';
import type { ChangeKind } from './changes-repository.ts';
import * as repository from './changes-repository.ts';
import type { Snapshot } from './snapshot.ts';

/** Notes what the snapshots of all processes must read again once the transaction is durable. */
export type NoteChange = (kind: ChangeKind, subject: string | number) => void;

/** Runs a write of governance in its turn; resolves once this process acts by what was written. */
export type GovernedWrite = <T>(
  operation: (tx: Transaction, changed: NoteChange) => Promise<T>,
) => Promise<T>;

export interface GovernedWritesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly snapshot: Pick<Snapshot, 'refresh'>;
  readonly askers: Pick<Askers, 'current'>;
  onError(error: unknown): void;
}

/**
 * For whoever writes rights, or names that rights are held on, in a transaction of its own: waits for its turn among them,
 * and has it until the commit. To be called before any row is held: those who have their turn wait for rows.
 */
export const takeTurn = (tx: Transaction): Promise<void> => repository.takeTurn(tx);

const KEPT_MS = 60 * 60_000;
const TRIM_EVERY_MS = 5 * 60_000;

export function createGovernedWrite({
  db,
  clock,
  snapshot,
  askers,
  onError,
}: GovernedWritesDependencies): GovernedWrite {
  let trimmedAtMs = clock.nowMs();
  return async (operation) => {
    const nowMs = clock.nowMs();
    const trims = nowMs - trimmedAtMs > TRIM_EVERY_MS;
    if (trims) trimmedAtMs = nowMs;
    // Before the turn: a transaction may be begun by whoever came first.
    const asker = askers.current();
    const result = await db.write(async (tx) => {
      await repository.takeTurn(tx);
      const changes: repository.GovernanceChange[] = [];
      const before = asker && (await newestAccessChange(tx));
      const answer = await operation(tx, (kind, subject) => changes.push({ kind, subject: String(subject) }));
      await repository.insertChanges(tx, changes, nowMs);
      if (asker !== undefined && before !== undefined) await nameAsker(tx, asker, before);
      if (trims) await repository.deleteChangesBefore(tx, nowMs - KEPT_MS);
      return answer;
    });
    // The write stands whether or not it can be read back now: the snapshot looks again by itself, or refuses.
    await snapshot.refresh().catch(onError);
    return result;
  };
}
