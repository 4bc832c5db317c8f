import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SetChange } from '../port.ts';
import { openTestedEngine, removeModels, saveModels, testedPython } from './local-engine.fixture.ts';

const DEADLINE_MS = 60_000;
const PROGRAM = fileURLToPath(new URL('./engine-process.fixture.ts', import.meta.url));

describe('a sudden end', () => {
  let models: string;
  beforeAll(async () => {
    models = await saveModels((await testedPython()).python);
  }, 300_000);
  afterAll(() => removeModels(models));

  it.each(['auto', 'off'] as const)(
    'of the server takes every process with it that it started (isolation %s)',
    async (isolation) => {
      const server = spawn(process.execPath, ['--no-warnings', PROGRAM, models, isolation], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(server, 'exit');
      try {
        const [line] = (await once(createInterface(server.stdout), 'line')) as [string];
        const pids = JSON.parse(line) as number[];
        // The interpreter, and an init and a worker for each replica.
        expect(pids).toHaveLength(5);
        expect((await Promise.all(pids.map(lives))).every(Boolean)).toBe(true);
        server.kill('SIGKILL');
        await ended;
        await expect
          .poll(async () => (await Promise.all(pids.map(lives))).filter(Boolean).length, {
            timeout: DEADLINE_MS,
          })
          .toBe(0);
      } finally {
        server.kill('SIGKILL');
      }
    },
    180_000,
  );

  it('of an interpreter ends its replicas, and others come', async () => {
    const { engine, spec, processes, remove } = await openTestedEngine('auto', { models });
    try {
      const set = engine.ensure(spec('iris'));
      const changes: SetChange[] = [];
      set.onChange((change) => changes.push(change));
      set.scale(1);
      await expect.poll(() => set.channels.length, { timeout: DEADLINE_MS }).toBe(1);
      const first = set.channels[0]!;
      const [interpreter] = await processes();
      process.kill(interpreter!, 'SIGKILL');
      await expect
        .poll(() => changes, { timeout: DEADLINE_MS })
        .toContainEqual(expect.objectContaining({ kind: 'gone', replica: first.id, reason: 'signal' }));
      await expect.poll(() => set.channels[0]?.id, { timeout: DEADLINE_MS }).not.toBe(first.id);
      await expect.poll(() => set.channels.length, { timeout: DEADLINE_MS }).toBe(1);
    } finally {
      await remove();
    }
    expect(await processes()).toEqual([]);
  }, 180_000);

  it('for want of memory comes to those that are idle, and they are told', async () => {
    const { engine, spec, remove } = await openTestedEngine('auto', {
      models,
      memoryBudgetBytes: 160 * 2 ** 20,
    });
    try {
      const first = engine.ensure(spec('iris'));
      const told: string[] = [];
      first.onChange(({ kind }) => told.push(kind));
      first.scale(3);
      await expect.poll(() => told, { timeout: DEADLINE_MS }).toContain('waits-for-memory');
      await expect.poll(() => first.channels.length, { timeout: DEADLINE_MS }).toBeGreaterThan(0);
      first.scale(first.channels.length);
      const second = engine.ensure(spec('people'));
      second.scale(1);
      await expect.poll(() => second.channels.length, { timeout: DEADLINE_MS }).toBe(1);
      expect(told).toContain('evicted');
      expect(first.status.want).toBe(0);
    } finally {
      await remove();
    }
  }, 180_000);

  async function lives(pid: number): Promise<boolean> {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // A zombie has ended; its parent has not looked yet.
    return status !== '' && !/\) Z /.test(status);
  }
});
