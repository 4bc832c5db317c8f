import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import * as repository from './nodes-repository.ts';

/** A process that has not been heard of for so long does not hold up the others. */
export const LIVE_MS = 10_000;
export const BEAT_MS = 2_000;
/** When its row goes. */
const GONE_MS = 10 * 60_000;

export interface NodesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly nodeId: string;
}

/** Which server processes live on this database, this one among them. */
export function createNodes({ db, clock, nodeId }: NodesDependencies) {
  return {
    nodeId,

    async beat(): Promise<void> {
      const nowMs = clock.nowMs();
      await db.write(async (tx) => {
        await repository.upsertNode(tx, { nodeId, nowMs });
        await repository.deleteNodesSeenBefore(tx, nowMs - GONE_MS);
      });
    },

    /** Nobody need wait for this process any more. */
    async leave(): Promise<void> {
      await db.write((tx) => repository.deleteNode(tx, nodeId));
    },
  };
}

export type Nodes = ReturnType<typeof createNodes>;
