import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { findPostgres, startPostgres } from './postgres.mjs';

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe.skipIf(findPostgres() === undefined)('a PostgreSQL for tests', () => {
  it('keeps its data over an orderly restart and over a kill, and is gone after stop', async () => {
    const postgres = await startPostgres({ durable: true });
    try {
      await query(postgres.url, 'CREATE TABLE kept (n integer)');
      await query(postgres.url, 'INSERT INTO kept VALUES (1)');
      await postgres.restart();
      await query(postgres.url, 'INSERT INTO kept VALUES (2)');
      await postgres.kill();
      await expect(query(postgres.url, 'SELECT 1')).rejects.toThrow();
      await postgres.restart();
      expect(await query(postgres.url, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
    } finally {
      await postgres.stop();
    }
    await expect(query(postgres.url, 'SELECT 1')).rejects.toThrow();
  });
});
