import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshHome } from './databases.ts';
import { IRIS_ROW, ScoringClient, startLoad } from './scoring-client.ts';
import { atScale, SCALE_TIMEOUT_MS } from './serving-scale.ts';
import { removeHome, ServingSystem, until } from './serving-system.ts';

const CALLERS = 64;
const SWAPS = atScale(3, 20);
const SWAPPED_REQUESTS = atScale(5_000, 100_000);
const SPLIT_REQUESTS = atScale(4_000, 10_000);
const CALLERS_AT_ONCE = atScale(2_000, 10_000);
/** What so many callers may take of the server: their connections, their requests, and their answers. */
const MOST_MEMORY_BYTES = 2 ** 30;
const SAID: Readonly<Record<string, string>> = { 1: '{"predictions": [0]}', 2: '{"predictions": [10]}' };

const highWater = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

describe('an endpoint that many ask', () => {
  const home = freshHome();
  let system: ServingSystem;

  beforeAll(async () => {
    system = await ServingSystem.start(home, ['--serving-idle', '1s']);
    await system.register('iris', 'iris-1');
    await system.register('iris', 'iris-2');
  }, 180_000);
  afterAll(async () => {
    await system.stop();
    removeHome(home);
  });

  it(
    'fails no request while its alias moves from version to version',
    async () => {
      await system.setAlias('iris', 'champion', '1');
      await system.createAndWait('swapped', {
        entities: [{ model: 'iris', version: '@champion' }],
        size: 'Large',
      });
      const failures: string[] = [];
      const lately: string[] = [];
      let strange = 0;
      const load = startLoad(system.url, {
        endpoint: 'swapped',
        body: IRIS_ROW,
        callers: CALLERS,
        onAnswer({ status, text }) {
          if (status !== 200) failures.push(`${status} ${text}`);
          else if (text !== SAID[1] && text !== SAID[2]) strange += 1;
          lately.push(text);
          if (lately.length > 2 * CALLERS) lately.shift();
        },
      });
      for (let swap = 0; swap < SWAPS; swap += 1) {
        const version = String(2 - (swap % 2));
        const goal = Math.floor(((swap + 1) * SWAPPED_REQUESTS) / (SWAPS + 1));
        await until(() => load.answered() >= goal);
        await system.setAlias('iris', 'champion', version);
        await until(() => lately.every((text) => text === SAID[version]));
      }
      await until(() => load.answered() >= SWAPPED_REQUESTS);
      await load.stop();
      expect({ failures: failures.slice(0, 5), strange, broken: load.broken() }).toEqual({
        failures: [],
        strange: 0,
        broken: 0,
      });
      process.stdout.write(`${SWAPS} swaps, ${load.answered()} requests, none failed\n`);
    },
    SCALE_TIMEOUT_MS,
  );

  it(
    'gives each of its entities its share of the requests',
    async () => {
      await system.createAndWait('split', {
        entities: [
          { name: 'most', model: 'iris', version: '1', traffic: 90 },
          { name: 'few', model: 'iris', version: '2', traffic: 10 },
        ],
        size: 'Large',
      });
      const client = new ScoringClient(system.url, CALLERS);
      let few = 0;
      let sent = 0;
      await Promise.all(
        Array.from({ length: CALLERS }, async () => {
          while (sent < SPLIT_REQUESTS) {
            sent += 1;
            const { status, text, entity } = await client.ask('split', IRIS_ROW);
            expect([status, text]).toEqual([200, SAID[entity === 'few' ? 2 : 1]]);
            if (entity === 'few') few += 1;
          }
        }),
      );
      client.close();
      expect(sent).toBe(SPLIT_REQUESTS);
      // Five standard deviations: chance alone leaves these bounds once in two million runs.
      const deviation = Math.sqrt(SPLIT_REQUESTS * 0.1 * 0.9);
      const off = (few - SPLIT_REQUESTS * 0.1) / deviation;
      expect(Math.abs(off)).toBeLessThan(5);
      process.stdout.write(
        `${few} of ${SPLIT_REQUESTS} requests went to 10 %: ${off.toFixed(2)} standard deviations\n`,
      );
    },
    SCALE_TIMEOUT_MS,
  );

  it.skipIf(process.platform !== 'linux')(
    'that is cold answers all who come at once, or tells them when to come again',
    async () => {
      await system.createAndWait('cold', { entities: [{ model: 'iris', inPython: true }], size: 'Large' });
      await until(async () => {
        const { config } = await system.describe('cold');
        return config!.served_entities[0]!.state.deployment_state_message === 'Scaled to zero';
      });
      const client = new ScoringClient(system.url, CALLERS_AT_ONCE);
      const before = highWater(system.pid);
      const answers = await Promise.all(
        Array.from({ length: CALLERS_AT_ONCE }, () => client.ask('cold', IRIS_ROW)),
      );
      client.close();
      for (const { status, text, retryAfter } of answers) {
        if (status === 200) expect(text).toBe(SAID[1]);
        else expect([status, Number(retryAfter) > 0]).toEqual([429, true]);
      }
      const answered = answers.filter(({ status }) => status === 200).length;
      expect(answered).toBeGreaterThan(0);
      const grownBytes = highWater(system.pid) - before;
      expect(grownBytes).toBeLessThan(MOST_MEMORY_BYTES);
      process.stdout.write(
        `${CALLERS_AT_ONCE} callers at once: ${answered} answered, the others told to come again; ${grownBytes >> 20} MiB more memory\n`,
      );
    },
    SCALE_TIMEOUT_MS,
  );
});
