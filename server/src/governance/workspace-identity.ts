import { randomInt, randomUUID } from 'node:crypto';
import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import * as repository from './workspace-identity-repository.ts';

/** What clients know this installation by. Made once, the same for all its processes, and never changed. */
export interface WorkspaceIdentity {
  /** Decimal digits, below 2^53: some clients read it as a double. */
  readonly workspaceId: string;
  /** UUIDs. */
  readonly metastoreId: string;
  readonly accountId: string;
  readonly createdAtMs: number;
}

const SMALLEST_ID = 1e15;
const ID_SPAN = 2 ** 48 - 1;

export async function openWorkspaceIdentity({
  db,
  clock,
}: {
  readonly db: Database;
  readonly clock: Clock;
}): Promise<WorkspaceIdentity> {
  return db.write(async (tx) => {
    await repository.insertIdentity(tx, {
      workspaceId: String(SMALLEST_ID + randomInt(ID_SPAN)),
      metastoreId: randomUUID(),
      accountId: randomUUID(),
      createdAtMs: clock.nowMs(),
    });
    return repository.getIdentity(tx);
  });
}
