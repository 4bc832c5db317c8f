import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { composeInferenceLog, type InferenceLogSettings } from './compose-inference-log.ts';
import { testedDatabases } from './db/conformance/databases.ts';
import { fullAccess, LOCAL_USER } from './governance/access.ts';
import { startGovernance } from './governance/conformance/governance.ts';
import { systemClock } from './kernel/clock.ts';

const EVERYTHING = fullAccess(LOCAL_USER);

describe.each(testedDatabases())('the log of requests of a server on $name', (database) => {
  async function start(settings: Partial<InferenceLogSettings> = {}) {
    const opened = await database.open();
    const governance = await startGovernance(opened.db);
    await governance.catalogs.create({ name: 'prod' }, LOCAL_USER);
    await governance.schemas.create({ catalog: 'prod', name: 'ml' }, LOCAL_USER);
    const home = mkdtempSync(path.join(tmpdir(), 'slipway-home-'));
    const errors: unknown[] = [];
    const compose = () =>
      composeInferenceLog({
        db: opened.db,
        clock: systemClock,
        settings: {
          home,
          tablesDestination: undefined,
          artifactsDestination: undefined,
          storeEndpoint: undefined,
          azureAccountKey: undefined,
          ...settings,
        },
        governance,
        onError: (error) => errors.push(error),
      });
    return {
      db: opened.db,
      home,
      errors,
      compose,
      async close() {
        await governance.stop();
        await opened.remove();
        rmSync(home, { recursive: true, force: true });
      },
    };
  }
  const wanted = {
    endpointNo: 1,
    kind: 'legacy',
    catalog: 'prod',
    schema: 'ml',
    prefix: 'churn',
    enabled: true,
  } as const;

  it('brings what was written into the table, through the next server if need be', async () => {
    const server = await start();
    const first = await server.compose();
    first.start();
    expect(await first.openLog(1)).toBeUndefined();
    await server.db.write((tx) => first.tables.want(tx, wanted, LOCAL_USER));
    const log = (await first.openLog(1))!;
    await log.append({
      requestId: randomUUID(),
      timestampMs: Date.now(),
      executionUs: 1,
      status: 200,
      clientRequestId: undefined,
      requester: undefined,
      samplingFraction: 1,
      request: '{}',
      response: '{}',
      entity: { endpointName: 'churn', modelName: 'm', modelVersion: '1', servedEntityId: 'e' },
    });
    const measures = first.renderMetrics();
    expect(measures).toContain('slipway_inference_rows_total{outcome="written"} 1\n');
    expect(measures).toContain('slipway_inference_rows_total{outcome="dropped"} 0\n');
    expect(Number(/^slipway_inference_journal_bytes (\d+)$/m.exec(measures)![1])).toBeGreaterThan(64);
    await first.stop();
    expect(log.refusal).toMatchObject({ code: 'Unavailable' });
    const second = await server.compose();
    second.start();
    const filesOfTable = async () => {
      const name = { catalog: 'prod', schema: 'ml', name: 'churn_payload' };
      const table = (await second.openLakeTable(name, EVERYTHING, new AbortController().signal))!;
      table.release();
      return table.files.length;
    };
    await expect.poll(filesOfTable, { timeout: 60_000 }).toBe(1);
    const journal = () => readdirSync(path.join(server.home, 'inference-journal')).length;
    await expect.poll(journal, { timeout: 60_000 }).toBe(1);
    await server.db.write((tx) => second.tables.want(tx, { ...wanted, enabled: false }, LOCAL_USER));
    expect(await second.openLog(1)).toBeUndefined();
    await second.stop();
    expect(server.errors).toEqual([]);
    await server.close();
  }, 180_000);

  it('keeps tables where the operator says, and refuses what is no such place', async () => {
    const server = await start({ tablesDestination: 'https://example.com/tables' });
    await expect(server.compose()).rejects.toMatchObject({ code: 'InvalidArgument', field: 'tables' });
    const folder = mkdtempSync(path.join(tmpdir(), 'slipway-lake-'));
    const elsewhere = await start({ tablesDestination: folder });
    const log = await elsewhere.compose();
    await elsewhere.db.write((tx) => log.tables.want(tx, wanted, LOCAL_USER));
    const [table] = await log.tables.prepare(1);
    expect(existsSync(path.join(folder, table!.tableId, '_delta_log'))).toBe(true);
    await log.stop();
    await Promise.all([server.close(), elsewhere.close()]);
    rmSync(folder, { recursive: true });
  });
});
