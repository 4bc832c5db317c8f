import { createHash } from 'node:crypto';
import pg from 'pg';

const RECONNECT_MS = 1000;

/** The number of the advisory lock that stands for a process. */
export function presenceKey(name: string): string {
  return createHash('sha256').update(`presence ${name}`).digest().readBigInt64BE(0).toString();
}

/** Holds an advisory lock on a connection of its own: the database itself lets go of it when the process dies. */
export function createPresence(url: string) {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function connect(name: string): Promise<void> {
    const next = new pg.Client({ connectionString: url, application_name: 'slipway presence' });
    next.on('error', () => undefined);
    await next.connect();
    // A connection that breaks (the database restarts) is made again: until then others may think us gone. One that
    // was never made ends as well; whoever tried to make it tries again, and nobody else.
    next.on('end', () => reconnectSoon(name));
    client = next;
    await next.query(`SELECT pg_advisory_lock(${presenceKey(name)})`);
  }

  function reconnectSoon(name: string): void {
    if (closed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      connect(name).catch(() => reconnectSoon(name));
    }, RECONNECT_MS);
  }

  return {
    announce: connect,
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}
