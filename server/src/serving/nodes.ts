import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import * as repository from './nodes-repository.ts';

/** A process that has not been heard of for so long does not hold up the others. */
export const LIVE_MS = 10_000;
export const BEAT_MS = 2_000;

export interface NodesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly nodeId: string;
}

/** Which server processes live on this database, this one among them. */
export function createNodes({ db, clock, nodeId }: NodesDependencies) {
  const presence = (id: string) => `serving ${id}`;

  /** Those of processes that have ended: of racing processes any may remove them. */
  async function removeDead(beforeMs: number): Promise<void> {
    const seen = await db.read((sql) => repository.listNodes(sql));
    const dead: string[] = [];
    for (const { node_id: id, seen_at: seenAt } of seen) {
      if (id === nodeId || seenAt >= beforeMs) continue;
      if (!(await db.read((sql) => db.isPresent(sql, presence(id))))) dead.push(id);
    }
    if (dead.length > 0) await db.write((tx) => repository.deleteNodes(tx, dead));
  }

  return {
    nodeId,

    /** Nobody waits for processes of before that have ended. */
    async start(): Promise<void> {
      await db.announce(presence(nodeId));
      await removeDead(Number.MAX_SAFE_INTEGER);
    },

    async beat(): Promise<void> {
      const nowMs = clock.nowMs();
      await db.write((tx) => repository.upsertNode(tx, { nodeId, nowMs }));
      await removeDead(nowMs - LIVE_MS);
    },

    /** Nobody need wait for this process any more. */
    async leave(): Promise<void> {
      await db.write((tx) => repository.deleteNodes(tx, [nodeId]));
    },
  };
}

export type Nodes = ReturnType<typeof createNodes>;
