import type { Database, Sql } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import * as repository from './nodes-repository.ts';

/** A process that has not been heard of for so long does not hold up the others. */
export const LIVE_MS = 10_000;
const BEAT_MS = 2_000;

export interface NodesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly nodeId: string;
}

/** Since when a process must have been heard of to live; on a database of its own only this one is there. */
export const livingSince = ({ isShared }: Pick<Database, 'isShared'>, nowMs: number): number =>
  isShared ? nowMs - LIVE_MS : 0;

/** Which server processes live on this database, this one among them. */
export function createNodes({ db, clock, nodeId }: NodesDependencies) {
  const presence = (id: string) => `serving ${id}`;
  let beatAtMs = Number.NEGATIVE_INFINITY;

  async function beat(): Promise<void> {
    const nowMs = clock.nowMs();
    await db.write((tx) => repository.upsertNode(tx, { nodeId, nowMs }));
    beatAtMs = nowMs;
  }

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

    /** Nobody waits for processes of before that have ended. Where there are others, they know of this one from now on. */
    async start(): Promise<void> {
      await db.announce(presence(nodeId));
      await removeDead(Number.MAX_SAFE_INTEGER);
      if (db.isShared) await beat();
    },

    /** For as long as there is something to serve, as often as others need it; alone, once. */
    async beatWhenDue(): Promise<void> {
      const nowMs = clock.nowMs();
      if (nowMs - beatAtMs < (db.isShared ? BEAT_MS : Number.POSITIVE_INFINITY)) return;
      await beat();
      if (db.isShared) await removeDead(nowMs - LIVE_MS);
    },

    /** Those that live, and had nothing to serve until now: they have not been heard of. */
    async listIdle(sql: Sql): Promise<string[]> {
      const idle: string[] = [];
      for (const { node_id: id, seen_at: seenAt } of await repository.listNodes(sql))
        if (seenAt < livingSince(db, clock.nowMs()) && (await db.isPresent(sql, presence(id)))) idle.push(id);
      return idle;
    },

    /** Nobody need wait for this process any more. */
    async leave(): Promise<void> {
      if (beatAtMs === Number.NEGATIVE_INFINITY) return;
      await db.write((tx) => repository.deleteNodes(tx, [nodeId]));
    },
  };
}

export type Nodes = ReturnType<typeof createNodes>;
