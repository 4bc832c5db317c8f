import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { pythonEnv, pythonVariables } from '../../../tools/python-env.mjs';
import { testedDatabases } from '../db/conformance/databases.ts';
import { openForeignPostgres } from '../db/postgres/foreign-postgres.ts';
import { importTracker } from './import.ts';
import { openPlace, parsePlace } from './places.ts';

const script = fileURLToPath(new URL('../../../tools/mlflow-store-fixture.py', import.meta.url));
const RUNS = 30;

// Where the runner started no PostgreSQL, it says so itself.
const server = process.env.SLIPWAY_TEST_POSTGRES;

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(statement);
  await client.end();
}

describe.skipIf(server === undefined)("MLflow's database on PostgreSQL", () => {
  it('is carried over and found equal', async () => {
    const name = `mlflow_${randomBytes(6).toString('hex')}`;
    const folder = mkdtempSync(join(tmpdir(), 'slipway-mlflow-'));
    await administer(`CREATE DATABASE ${name}`);
    const url = new URL(server!);
    url.pathname = `/${name}`;
    const uri = url.href.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:');
    const target = await testedDatabases()[0]!.open();
    try {
      const python = await pythonEnv('mlflow-3.17.2-postgres');
      await promisify(execFile)(python, [script, uri, String(RUNS), join(folder, 'artifacts')], {
        env: pythonVariables(),
        cwd: folder,
      });
      const databases = { sqlite: () => Promise.reject(new Error('unused')), postgres: openForeignPostgres };
      const { source } = await openPlace(parsePlace(uri, folder), databases, {});
      try {
        expect(source.identity).toBe(`postgres://${url.host}/${name}`);
        const result = await importTracker(
          {
            db: target.db,
            clock: { nowMs: () => 1_800_000_000_000 },
            defaultArtifactLocation: (experimentNo) => `mlflow-artifacts:/${experimentNo}`,
          },
          { source, artifacts: 'none' },
        );
        expect(result.verification.filter(({ differences }) => differences > 0)).toEqual([]);
        expect(result.written).toMatchObject({ experiments: 4, runs: RUNS + 5, loggedModels: 3 });
      } finally {
        await source.close();
      }
    } finally {
      await target.remove();
      await administer(`DROP DATABASE ${name} WITH (FORCE)`);
      rmSync(folder, { recursive: true, force: true });
    }
  }, 240_000);
});
