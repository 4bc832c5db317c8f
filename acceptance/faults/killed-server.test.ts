import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../tools/postgres.mjs';
import { startServer } from '../../tools/server-process.mjs';
import { faultDatabases } from './databases.ts';
import { compareWithStore, startWriters } from './writers.ts';

const CLIENTS = 16;
const ROUNDS = 5;

describe.each(faultDatabases)('a server on $name that is killed while clients write', (database) => {
  it.skipIf(database.missing)(
    'loses nothing that it acknowledged and doubles nothing that was sent again',
    async () => {
      const { home, args, remove } = await database.open();
      const port = await freePort();
      let server = await startServer({ home, port, args });
      try {
        const writers = await startWriters(server.url, CLIENTS);
        const atKill: number[] = [0];
        for (let round = 0; round < ROUNDS; round += 1) {
          // Unequal times, so that kills fall on different moments of the group commit.
          await sleep(900 + round * 137);
          await server.kill();
          atKill.push(writers.acknowledged());
          server = await startServer({ home, port, args });
        }
        await sleep(500);
        const ledgers = await writers.stop();
        const { lost, doubled, compared } = await compareWithStore(server.url, ledgers);
        expect({ lost, doubled }).toEqual({ lost: [], doubled: [] });
        // The kills hit clients at work, in every round.
        for (let round = 1; round < atKill.length; round += 1)
          expect(atKill[round]! - atKill[round - 1]!).toBeGreaterThan(CLIENTS);
        expect(compared).toBeGreaterThan(1000);
        expect(writers.refusals.get('ECONNREFUSED')).toBeGreaterThan(0);
        const [answers] = [
          [...writers.refusals.keys()].filter((kind) => /^\d+$/.test(kind) && kind !== '503'),
        ];
        expect(answers).toEqual([]);
        process.stdout.write(
          `${database.name}: ${ROUNDS} kills, ${writers.acknowledged()} writes, ${compared} items compared\n`,
        );
      } finally {
        await server.stop();
        await remove();
      }
    },
  );
});
