import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBatch, unpackAnswer } from '../conformance/batches.fixture.ts';
import type { OpenedEngine, SpecChange } from '../conformance/engine-suite.ts';
import type { ReplicaSet } from '../port.ts';
import { openTestedEngine, removeModels, saveModels, testedPython } from './local-engine.fixture.ts';

const DEADLINE_MS = 60_000;

describe('a model in its jail', () => {
  let models: string;
  let opened: OpenedEngine;
  beforeAll(async () => {
    models = await saveModels((await testedPython()).python);
    opened = await openTestedEngine('require', { models });
  }, 300_000);
  afterAll(async () => {
    await opened.remove();
    await removeModels(models);
  });

  async function withModel(
    change: SpecChange,
    use: (tell: (text: string) => Promise<string>, set: ReplicaSet) => Promise<void>,
  ): Promise<void> {
    const set = opened.engine.ensure(opened.spec('faults', change));
    set.scale(1);
    try {
      await expect.poll(() => set.channels.length, { timeout: DEADLINE_MS }).toBe(1);
      await use(async (text) => {
        const { payload } = await set.channels[0]!.send(packBatch([{ texts: [text] }], [1]), {
          deadlineMs: DEADLINE_MS,
          signal: undefined,
        });
        return (JSON.parse(unpackAnswer(payload, 1).texts[0]!) as string[])[0]!;
      }, set);
    } finally {
      await set.close({ drainMs: 0 });
    }
  }

  it('reaches neither files, network, processes nor calls that are not its own', async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'slipway-home-'));
    await writeFile(path.join(home, 'slipway.sqlite'), 'secret');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await withModel({}, async (tell) => {
        const wanted = {
          files: [
            home,
            path.join(home, 'slipway.sqlite'),
            path.join(models, 'iris'),
            '/etc/shadow',
            // The folder itself is there where the way to the environment leads through it.
            path.join(process.cwd(), 'package.json'),
            '/sys/class',
          ],
          ports: [
            ['127.0.0.1', port],
            ['169.254.169.254', 80],
          ],
          server: process.pid,
        };
        expect(JSON.parse(await tell(`look ${JSON.stringify(wanted)}`))).toEqual([]);
      });
    } finally {
      server.close();
      await rm(home, { recursive: true });
    }
  });

  it('says which steps shut it in', async () => {
    await withModel({}, async (_tell, set) => {
      expect(set.channels[0]!.loaded.isolation).toEqual(
        expect.arrayContaining(['no network', 'own files', 'own processes', 'filtered system calls']),
      );
      expect(await opened.engine.facts()).toMatchObject({ isolation: 'jail', isolationLack: undefined });
    });
  });

  it('makes no more processes than it may, and they end with it', async () => {
    const before = (await opened.processes()).length;
    await withModel({ limits: { processes: 40 } }, async (tell) => {
      const [made, refused] = (await tell('bomb')).split(' ');
      expect(Number(made)).toBeLessThan(40);
      expect(refused).toBe('BlockingIOError');
      expect(await tell('hello')).toBe('hello');
    });
    await expect.poll(async () => (await opened.processes()).length).toBeLessThanOrEqual(before);
  });

  it('fills no more of its temporary folder than it may', async () => {
    await withModel({ limits: { temporaryBytes: 32 * 2 ** 20 } }, async (tell) => {
      await expect(tell('fill 40')).rejects.toMatchObject({
        reason: 'model-raised',
        message: expect.stringContaining('OSError'),
      });
      expect(await tell('hello')).toBe('hello');
    });
  });

  it('has what it writes to its temporary folder counted as memory', async () => {
    const limits = { temporaryBytes: 2 ** 30, memoryBytes: 500 * 2 ** 20 };
    await withModel({ limits }, async (tell, set) => {
      const changes: unknown[] = [];
      set.onChange((change) => changes.push(change));
      const filled = tell('fill 450').then(() => tell('sleep 30'));
      await expect(filled).rejects.toMatchObject({ reason: expect.stringMatching(/replica-gone|not-sent/) });
      await expect
        .poll(() => changes, { timeout: DEADLINE_MS })
        .toContainEqual(expect.objectContaining({ kind: 'gone', reason: 'out-of-memory' }));
    });
  });
});
