import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { REFUSED_FUNCTION, TABLE_FUNCTIONS } from './query-analysis.ts';
import { type StatementsFixture, startStatements } from './statements.fixture.ts';

const [{ open }] = testedDatabases() as [ReturnType<typeof testedDatabases>[number]];
const SECRET = 'the secret of this machine';

describe('a query that reaches for what is not its own', () => {
  let opened: OpenedDatabase;
  let fixture: StatementsFixture;
  let folder: string;
  let file: string;
  let server: Server;
  let asked = 0;
  let url: string;

  beforeAll(async () => {
    opened = await open();
    fixture = await startStatements(opened.db);
    folder = mkdtempSync(join(tmpdir(), 'slipway-attack-'));
    file = join(folder, 'secret.csv');
    writeFileSync(file, `secret\n${SECRET}\n`);
    process.env.SLIPWAY_ATTACK = SECRET;
    server = createServer((_, response) => {
      asked += 1;
      response.end(`secret\n${SECRET}\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.csv`;
  }, 60_000);
  afterAll(async () => {
    delete process.env.SLIPWAY_ATTACK;
    await fixture.stop();
    await opened.remove();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  async function refused(text: string): Promise<string> {
    const view = await fixture.execute({ text });
    expect(view, text).toMatchObject({ state: 'FAILED', error: { code: 'InvalidArgument' } });
    expect(view.error!.message).not.toContain(SECRET);
    return view.error!.message;
  }

  it.each([
    // Files, whatever the function.
    "SELECT * FROM read_csv('FILE')",
    "SELECT * FROM read_csv_auto('FILE')",
    "SELECT * FROM read_text('FILE')",
    "SELECT * FROM read_blob('FILE')",
    "SELECT * FROM read_json('FILE')",
    "SELECT * FROM read_json_auto('FILE')",
    "SELECT * FROM read_json_objects('FILE')",
    "SELECT * FROM read_ndjson('FILE')",
    "SELECT * FROM read_parquet('FILE')",
    "SELECT * FROM parquet_scan('FILE')",
    "SELECT * FROM parquet_metadata('FILE')",
    "SELECT * FROM parquet_schema('FILE')",
    "SELECT * FROM sniff_csv('FILE')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM 'FILE'",
    'SELECT * FROM "FILE"',
    'SELECT * FROM `FILE`',
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM '/proc/self/environ'",
    "SELECT (SELECT content FROM read_text('FILE'))",
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM read_text('FILE'))",
    "WITH a AS (SELECT * FROM read_text('FILE')) SELECT 1 FROM a",
    "SELECT * FROM range(1), LATERAL (SELECT * FROM read_text('FILE'))",
    "SELECT 1 UNION ALL SELECT count(*) FROM read_text('FILE')",
    "SELECT 1 ORDER BY (SELECT count(*) FROM glob('*'))",
    "EXPLAIN ANALYZE SELECT * FROM read_text('FILE')",
    "DESCRIBE SELECT * FROM read_csv('FILE')",
    "DESCRIBE FROM 'FILE'",
    "FROM query('SELECT * FROM ''FILE''')",
    "FROM query_table('FILE')",
    "FROM query_table(['FILE'])",
    "SELECT * FROM (SUMMARIZE 'FILE')",
    "SELECT * FROM (DESCRIBE 'FILE')",
    'WITH "FILE" AS (SELECT 1) SELECT * FROM (WITH b AS (SELECT 1) SELECT * FROM b), \'FILE2\'',
    // The network.
    "SELECT * FROM read_csv('URL')",
    "SELECT * FROM 'URL'",
    "SELECT * FROM 's3://bucket/x.parquet'",
    "SELECT * FROM iceberg_scan('URL')",
    "SELECT * FROM delta_scan('FILE')",
    "SELECT * FROM postgres_scan('host=127.0.0.1', 'public', 'x')",
    "SELECT * FROM sqlite_scan('FILE', 'x')",
    // The engine's own state, and the environment.
    "SELECT getenv('SLIPWAY_ATTACK')",
    "SELECT current_setting('memory_limit')",
    "SELECT getvariable('x')",
    'SELECT * FROM duckdb_settings()',
    'SELECT * FROM duckdb_secrets()',
    'SELECT * FROM duckdb_settings',
    'SELECT * FROM duckdb_databases()',
    'SELECT * FROM pragma_database_list',
    "SELECT * FROM pragma_table_info('runs')",
    'SELECT * FROM sqlite_master',
    'SELECT * FROM information_schema.tables',
    'SELECT * FROM pg_catalog.pg_settings',
    'SELECT * FROM duckdb_settings, (WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings)',
    "SELECT * FROM which_secret('x', 's3')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    'SELECT * FROM duckdb_logs()',
    'SELECT * FROM duckdb_memory()',
    'SELECT * FROM test_all_types()',
    'SELECT * FROM checkpoint()',
    'SELECT * FROM force_checkpoint()',
    'SHOW ALL TABLES',
  ])('%s', async (text) => {
    await refused(text.replaceAll('FILE', file).replaceAll('URL', url));
    expect(asked).toBe(0);
  });

  it.each([
    "COPY (SELECT 1) TO 'FILE'",
    "COPY runs FROM 'FILE'",
    "EXPORT DATABASE 'FILE'",
    "IMPORT DATABASE 'FILE'",
    "ATTACH 'FILE' AS x",
    'DETACH memory',
    'INSTALL httpfs',
    'LOAD httpfs',
    'PRAGMA database_list',
    "SET memory_limit = '100GB'",
    'SET enable_external_access = true',
    'RESET memory_limit',
    'CALL pragma_version()',
    'CREATE TABLE t AS SELECT 1',
    'CREATE MACRO f() AS 1',
    'CREATE SECRET s (TYPE s3)',
    'INSERT INTO runs VALUES (1)',
    'UPDATE runs SET status = 1',
    'DELETE FROM runs',
    'DROP TABLE runs',
    'ALTER TABLE runs ADD COLUMN x int',
    'VACUUM',
    'CHECKPOINT',
    'BEGIN',
    'PREPARE a AS SELECT 1',
    'EXECUTE a',
    'SELECT 1; SELECT 2',
    "SELECT 1; COPY (SELECT 1) TO 'FILE'",
    "EXPLAIN COPY (SELECT 1) TO 'FILE'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO 'FILE'",
    'EXPLAIN ANALYZE INSERT INTO runs VALUES (1)',
    'DESCRIBE SELECT 1; DROP TABLE runs',
    'WITH a AS (SELECT 1) INSERT INTO runs SELECT * FROM a',
    'WITH a AS (INSERT INTO runs VALUES (1) RETURNING *) SELECT * FROM a',
  ])('is only ever a query: %s', async (text) => {
    await refused(text.replaceAll('FILE', join(folder, 'written')));
  });

  it('is refused every table function that is not known to be harmless', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      "SELECT DISTINCT function_name, function_type FROM duckdb_functions() WHERE function_type IN ('table', 'table_macro', 'pragma')",
    );
    const names = reader.getRows().map(([name]) => String(name));
    connection.closeSync();
    instance.closeSync();
    expect(names.length).toBeGreaterThan(50);
    // Every table function that this engine has, of this version or a later one, is refused unless it is on our list.
    const others = names.filter((name) => !TABLE_FUNCTIONS.has(name) && /^[a-z_]\w*$/.test(name));
    for (const name of others) expect(await refused(`SELECT * FROM ${name}()`), name).toBeTruthy();
  }, 60_000);

  it('is refused every function of values that tells of the engine or of the machine', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('scalar', 'macro')",
    );
    const names = reader.getRows().map(([name]) => String(name));
    connection.closeSync();
    instance.closeSync();
    const suspicious = names.filter((name) =>
      /(file|read|write|glob|path|env|setting|secret|pragma|pg_|log_|http|attach|load|copy|query|sql|database|schema|user|role|version|variable|privilege|connection|transaction|txid|nextval|currval|checkpoint|sleep)/.test(
        name,
      ),
    );
    const allowed = suspicious.filter((name) => !REFUSED_FUNCTION.test(name));
    // Looked at one by one: they compute with what they are given.
    expect(allowed.sort()).toEqual([...HARMLESS].sort());
  });

  it('writes no file', async () => {
    expect(readdirSync(folder)).toEqual(['secret.csv']);
  });
});

const HARMLESS: readonly string[] = [
  'format_pg_type',
  'json_deserialize_sql',
  'json_extract_path',
  'json_extract_path_text',
  'json_serialize_sql',
  'map_to_pg_oid',
  'parse_dirpath',
  'parse_filename',
  'parse_path',
  'transaction_timestamp',
  'uuid_extract_version',
];
