import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { freshHome } from './databases.ts';
import { IRIS_ROW, startLoad } from './scoring-client.ts';
import { atScale, SCALE_TIMEOUT_MS } from './serving-scale.ts';
import { removeHome, ServingSystem, until } from './serving-system.ts';

const KILLS = atScale(4, 50);
const CALLERS = 16;
/** Every so many kills, one of the whole server; the others hit one of the processes that work for it. */
const SERVER_EVERY = 2;

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter(Boolean)
        .map(Number),
    );
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

const descendantsOf = (pid: number): number[] =>
  childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);

describe('an endpoint that keeps every request in a table', () => {
  it.skipIf(process.platform !== 'linux')(
    'loses no row that was acknowledged and doubles none while its processes are killed',
    async () => {
      const home = freshHome();
      const system = await ServingSystem.start(home);
      try {
        await system.register('iris', 'iris-1');
        await system.makeSchema('prod', 'ml');
        await system.createAndWait('killed', {
          entities: [{ model: 'iris' }],
          size: 'Large',
          table: 'prod.ml.killed',
        });
        const acknowledged = new Set<string>();
        const refused = new Map<string, string>();
        const load = startLoad(system.url, {
          endpoint: 'killed',
          body: IRIS_ROW,
          callers: CALLERS,
          onAnswer({ status, requestId, text }) {
            if (status === 200) acknowledged.add(requestId);
            else refused.set(`${status}`, text);
          },
        });
        let serverKills = 0;
        for (let kill = 1; kill <= KILLS; kill += 1) {
          const before = acknowledged.size;
          await until(() => acknowledged.size > before + 2 * CALLERS);
          // Unequal times, so that kills fall on different moments of a segment's life.
          await sleep((kill * 137) % 1500);
          if (kill % SERVER_EVERY === 0) {
            serverKills += 1;
            await system.kill();
            await system.restart();
            continue;
          }
          const victims = descendantsOf(system.pid);
          process.kill(victims[kill % victims.length]!, 'SIGKILL');
        }
        const before = acknowledged.size;
        await until(() => acknowledged.size > before + 2 * CALLERS);
        await load.stop();
        await system.stop();
        await system.restart();

        let rows: string[] = [];
        await until(async () => {
          const found = await system.select(
            'SELECT databricks_request_id FROM prod.ml.killed_payload WHERE status_code = 200',
          );
          rows = found.map(([id]) => id!);
          return rows.length >= acknowledged.size;
        }, 500);
        const kept = new Set(rows);
        const lost = [...acknowledged].filter((id) => !kept.has(id));
        expect({ lost, doubled: rows.length - kept.size }).toEqual({ lost: [], doubled: 0 });
        // What was refused said that it may be sent again.
        expect([...refused.keys()].filter((status) => status !== '503')).toEqual([]);
        expect(load.broken()).toBeGreaterThan(0);
        process.stdout.write(
          `${KILLS} kills, ${serverKills} of the server; ${acknowledged.size} answers, ${rows.length} rows, ${load.broken()} broken connections\n`,
        );
      } finally {
        await system.stop();
        removeHome(home);
      }
    },
    SCALE_TIMEOUT_MS,
  );
});
