import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Connection from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { startServer } from '../../tools/server-process.mjs';
import { mountSmallDisk, unmount } from './small-disk.ts';
import { WireClient } from './wire-client.ts';

const DISK_BYTES = 20 * 1024 * 1024;
const BALLAST_BYTES = 6 * 1024 * 1024;
const PARAMS_PER_BATCH = 100;

const disk = mountSmallDisk(DISK_BYTES);
const batch = (no: number) =>
  Array.from({ length: PARAMS_PER_BATCH }, (_, i) => ({ key: `p${no}-${i}`, value: `${i}`.repeat(2500) }));

async function paramKeys(client: WireClient, runId: string): Promise<string[]> {
  const { run } = (await client.get('runs/get', { run_id: runId })) as {
    run: { data: { params?: { key: string }[] } };
  };
  return (run.data.params ?? []).map(({ key }) => key).sort();
}

afterAll(() => {
  if (disk !== undefined) unmount(disk);
});

describe.skipIf(disk === undefined)('a server whose disk is full', () => {
  it('says so with 503, goes on when there is space again, and keeps what it acknowledged', async () => {
    const home = disk!;
    const ballast = path.join(home, 'ballast');
    writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
    const server = await startServer({ home });
    const client = new WireClient(server.url);
    const stored: { readonly runId: string; readonly no: number }[] = [];
    const refused: string[] = [];
    const log = async (no: number) => {
      const created = await client.send('POST', 'runs/create', { experiment_id: '0', run_name: `r${no}` });
      if (created.status !== 200) return created;
      const runId = (created.body as { run: { info: { run_id: string } } }).run.info.run_id;
      const answer = await client.send('POST', 'runs/log-batch', { run_id: runId, params: batch(no) });
      if (answer.status === 200) stored.push({ runId, no });
      else refused.push(runId);
      return answer;
    };
    try {
      let no = 0;
      let answer = await log(no);
      while (answer.status === 200 && no < 400) {
        no += 1;
        answer = await log(no);
      }
      expect(answer.status, JSON.stringify(answer.body)).toBe(503);
      expect(answer.body).toMatchObject({
        error_code: 'TEMPORARILY_UNAVAILABLE',
        message: expect.stringContaining('full'),
      });
      expect(stored.length).toBeGreaterThan(3);

      // It stays alive and refuses in the same way, however often it is asked; reading goes on.
      for (let i = 0; i < 20; i += 1) {
        no += 1;
        const again = await log(no);
        expect([200, 503]).toContain(again.status);
      }
      await client.get('runs/get', { run_id: stored[0]!.runId });

      rmSync(ballast);
      expect(statfsSync(home).bavail).toBeGreaterThan(0);
      no += 1;
      const after = await log(no);
      expect(after.status, JSON.stringify(after.body)).toBe(200);

      for (const { runId, no: of } of stored) {
        expect(await paramKeys(client, runId)).toEqual(
          batch(of)
            .map(({ key }) => key)
            .sort(),
        );
      }
      for (const runId of refused) expect(await paramKeys(client, runId)).toEqual([]);
    } finally {
      client.close();
      await server.stop();
    }
    const database = new Connection(path.join(home, 'slipway.db'), { readonly: true });
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(database.pragma('foreign_key_check')).toEqual([]);
    database.close();
  });
});
