import path from 'node:path';
import Connection from 'better-sqlite3';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { startServer } from '../../tools/server-process.mjs';
import { type FaultHome, faultDatabases } from './databases.ts';
import { WireClient } from './wire-client.ts';

/** Runs one statement behind the server's back and gives its rows. */
async function query(at: FaultHome, text: string): Promise<Record<string, unknown>[]> {
  const url = at.args[1];
  if (url === undefined) {
    const database = new Connection(path.join(at.home, 'slipway.db'));
    try {
      const statement = database.prepare<[], Record<string, unknown>>(text);
      if (statement.reader) return statement.all();
      statement.run();
      return [];
    } finally {
      database.close();
    }
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe.each(faultDatabases)('the schema on $name', (database) => {
  let at: FaultHome | undefined;
  afterEach(async () => {
    await at?.remove();
    at = undefined;
  });

  it.skipIf(database.missing)('is made once when processes start at the same time', async () => {
    at = await database.open();
    const { home, args } = at;
    const starts = Array.from({ length: 3 }, () => startServer({ home, args }));
    const servers = await Promise.all(starts);
    try {
      const versions = await query(at, 'SELECT version FROM schema_versions ORDER BY version');
      expect(versions.length).toBeGreaterThan(0);
      expect(new Set(versions.map(({ version }) => version)).size).toBe(versions.length);
      for (const server of servers) {
        const client = new WireClient(server.url);
        const { experiments } = await client.post('experiments/search', { max_results: 10 });
        expect(experiments).toMatchObject([{ experiment_id: '0', name: 'Default' }]);
        await client.post('runs/create', { experiment_id: '0' });
        client.close();
      }
    } finally {
      for (const server of servers) await server.stop();
    }
  });

  it.skipIf(database.missing)(
    'of a newer program is refused with both versions, and left alone',
    async () => {
      at = await database.open();
      const { home, args } = at;
      const server = await startServer({ home, args });
      await server.stop();
      await query(at, "INSERT INTO schema_versions (version, name) VALUES (9999, 'from the future')");
      const before = await query(at, 'SELECT version FROM schema_versions ORDER BY version');
      await expect(startServer({ home, args })).rejects.toThrow(
        /schema version 9999, this program knows versions up to \d+\. It was written by a newer Slipway/,
      );
      expect(await query(at, 'SELECT version FROM schema_versions ORDER BY version')).toEqual(before);
    },
  );
});
