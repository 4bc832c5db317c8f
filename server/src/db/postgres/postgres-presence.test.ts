import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startPostgres } from '../../../../tools/postgres.mjs';
import { createPresence } from './postgres-presence.ts';

const server = process.env.SLIPWAY_TEST_POSTGRES;

it.skipIf(server === undefined)(
  'tries to come back once a second, however long the database is gone',
  async () => {
    const postgres = await startPostgres();
    const presence = createPresence(postgres.url);
    try {
      await presence.announce('a process');
      await postgres.kill();
      let attempts = 0;
      const listener = createServer((socket) => {
        attempts += 1;
        socket.destroy();
      });
      listener.listen(Number(new URL(postgres.url).port), '127.0.0.1');
      await once(listener, 'listening');
      await sleep(5500);
      listener.close();
      // Each failure that started two more attempts would have made over thirty of them by now.
      expect(attempts).toBeGreaterThan(1);
      expect(attempts).toBeLessThan(8);
    } finally {
      await presence.close();
      await postgres.stop();
    }
  },
  60_000,
);
