import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { findPostgres, startPostgres } from '../../tools/postgres.mjs';
import { startServer } from '../../tools/server-process.mjs';
import { freshHome } from './databases.ts';
import { compareWithStore, startWriters } from './writers.ts';

const CLIENTS = 16;

describe.skipIf(findPostgres() === undefined)('a PostgreSQL that restarts while clients write', () => {
  it.each([
    ['in order', 'restart'],
    ['after a crash', 'kill'],
  ] as const)('%s shows to clients as 503 alone, and what was acknowledged is there once', async (_, how) => {
    const postgres = await startPostgres({ durable: true });
    const home = freshHome();
    const server = await startServer({ home, args: ['--database', postgres.url] });
    try {
      const writers = await startWriters(server.url, CLIENTS);
      for (let round = 0; round < 3; round += 1) {
        await sleep(900 + round * 137);
        const before = writers.acknowledged();
        if (how === 'kill') {
          await postgres.kill();
          await sleep(300);
        }
        await postgres.restart();
        const deadline = Date.now() + 20_000;
        while (writers.acknowledged() < before + CLIENTS && Date.now() < deadline) await sleep(50);
        expect(writers.acknowledged(), server.output()).toBeGreaterThanOrEqual(before + CLIENTS);
      }
      const ledgers = await writers.stop();
      const { lost, doubled, compared } = await compareWithStore(server.url, ledgers);
      expect([...writers.refusals.keys()]).toEqual(['503']);
      expect({ lost, doubled }).toEqual({ lost: [], doubled: [] });
      expect(compared).toBeGreaterThan(500);
    } finally {
      await server.stop();
      await postgres.stop();
      rmSync(home, { recursive: true, force: true });
    }
  });
});
