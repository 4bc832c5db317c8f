import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { IRIS_ROW, ScoringClient } from './scoring-client.ts';
import { ServingSystem, until } from './serving-system.ts';
import { mountSmallDisk, unmount } from './small-disk.ts';

const MIB = 2 ** 20;
const DISK_BYTES = 48 * MIB;
const BALLAST_BYTES = 16 * MIB;

const disk = mountSmallDisk(DISK_BYTES);

/** A request with so many bytes that the endpoint does not look at; they are logged all the same. */
const padded = (bytes: number): string => `${IRIS_ROW.slice(0, -1)},"padding":"${'x'.repeat(bytes)}"}`;

describe.skipIf(disk === undefined)('an endpoint whose disk is full', () => {
  it('refuses before the model is asked, goes on when there is space again, and keeps what it answered', async () => {
    const home = disk!;
    const ballast = path.join(home, 'ballast');
    writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
    const system = await ServingSystem.start(home);
    const client = new ScoringClient(system.url, 4);
    try {
      await system.register('iris', 'iris-1');
      await system.makeSchema('prod', 'ml');
      await system.createAndWait('kept', { entities: [{ model: 'iris' }], table: 'prod.ml.kept' });
      const answered: string[] = [];
      const body = padded(256 * 1024);
      let full = await client.ask('kept', body);
      while (full.status === 200 && answered.length < 1_000) {
        answered.push(full.requestId);
        full = await client.ask('kept', body);
      }
      expect([full.status, full.text]).toEqual([503, expect.stringContaining('log of requests')]);
      expect(Number(full.retryAfter)).toBeGreaterThan(0);
      expect(answered.length).toBeGreaterThan(10);
      // It stays alive and refuses in the same way, however often it is asked.
      for (let i = 0; i < 20; i += 1) {
        const again = await client.ask('kept', body);
        expect([200, 503]).toContain(again.status);
        if (again.status === 200) answered.push(again.requestId);
      }
      rmSync(ballast);
      expect(statfsSync(home).bavail).toBeGreaterThan(0);
      await until(async () => {
        const after = await client.ask('kept', IRIS_ROW);
        if (after.status === 200) answered.push(after.requestId);
        return after.status === 200;
      });
      let rows: string[] = [];
      await until(async () => {
        const found = await system.select('SELECT databricks_request_id FROM prod.ml.kept_payload');
        rows = found.map(([id]) => id!);
        return rows.length >= answered.length;
      }, 500);
      const kept = new Set(rows);
      expect(answered.filter((id) => !kept.has(id))).toEqual([]);
      expect(rows.length).toBe(kept.size);
    } finally {
      client.close();
      await system.stop();
      unmount(home);
    }
  });
});
