import { describe, expect, it } from 'vitest';
import { FOLDER_ORDER } from './folder-order.mjs';
import { importViolations } from './import-rules.mjs';

const rulesBroken = (file: string, source: string) =>
  importViolations(file, source).map((violation) => violation.rule);

describe('the rules of direction', () => {
  it.each([
    [
      'a folder imports one above it',
      'server/src/tracking/runs.ts',
      `import { a } from '../kernel/errors.ts';`,
    ],
    ['a folder imports itself', 'server/src/tracking/runs.ts', `import { a } from './runs-repository.ts';`],
    [
      'compose-storage.ts imports adapters',
      'server/src/compose-storage.ts',
      `import { a } from '../src/db/sqlite/open.ts';`,
    ],
    [
      'compose-engines.ts imports where models run',
      'server/src/compose-engines.ts',
      `import { a } from './processes/local/local-engine.ts';`,
    ],
    ['the gateway imports its neighbours', 'server/src/serving/gateway/a.ts', `import '../scoring/b.ts';`],
    ['compose.ts imports everything', 'server/src/compose.ts', `import { a } from './http/server.ts';`],
    ['compose.ts imports the configuration', 'server/src/compose.ts', `import { a } from './config.ts';`],
    ['main.ts imports compose.ts', 'server/src/main.ts', `import { a } from './compose.ts';`],
    ['http imports the framework', 'server/src/http/server.ts', `import fastify from 'fastify';`],
    ['db imports its driver', 'server/src/db/sqlite/open.ts', `import Database from 'better-sqlite3';`],
    [
      'a repository imports the query builder',
      'server/src/tracking/runs-repository.ts',
      `import { sql } from 'kysely';`,
    ],
    ['an adapter imports its port', 'server/src/objects/s3/store.ts', `import type { A } from '../port.ts';`],
    [
      'an adapter loads its SDK late',
      'server/src/objects/s3/store.ts',
      `await import('@aws-sdk/client-s3');`,
    ],
    [
      'an adapter names types of its SDK',
      'server/src/objects/s3/store.ts',
      `import type { A } from '@aws-sdk/client-s3';`,
    ],
    [
      'a test opens a real database',
      'server/src/tracking/runs.test.ts',
      `import { a } from '../db/sqlite/open.ts';`,
    ],
    ['a test of the configuration', 'server/src/config.test.ts', `import { a } from './config.ts';`],
    ['the client imports itself', 'client/src/runs.ts', `import { a } from './http.ts';`],
    ['the client gathers its exports', 'client/src/index.ts', `export { a } from './runs.ts';`],
    [
      'a test of the client uses Node',
      'client/test/runs.test.ts',
      `import { spawn } from 'node:child_process';`,
    ],
    ['web imports the client', 'web/src/data/runs.ts', `import { a } from '@slipway/client';`],
    [
      'a page imports itself and a chart',
      'web/src/pages/run/page.tsx',
      `import './plot.tsx'; import '../../charts/line.ts';`,
    ],
  ])('allow that %s', (_, file, source) => {
    expect(rulesBroken(file, source)).toEqual([]);
  });

  it.each([
    [
      'a folder imports one below it',
      'server/src/kernel/ids.ts',
      `import { a } from '../http/server.ts';`,
      'kernel stands above http',
    ],
    [
      'only a type goes up',
      'server/src/db/port.ts',
      `import type { Run } from '../tracking/runs.ts';`,
      'db stands above tracking',
    ],
    [
      'a dynamic import goes up',
      'server/src/db/port.ts',
      `await import('../tracking/runs.ts');`,
      'db stands above tracking',
    ],
    [
      'a test goes up',
      'server/src/db/port.test.ts',
      `import { a } from '../tracking/runs.ts';`,
      'db stands above tracking',
    ],
    [
      'a folder reads the configuration',
      'server/src/http/server.ts',
      `import type { Config } from '../config.ts';`,
      'import config.ts',
    ],
    [
      'a folder imports compose.ts',
      'server/src/http/server.ts',
      `import { compose } from '../compose.ts';`,
      'import compose.ts',
    ],
    [
      'a domain folder opens an adapter',
      'server/src/tracking/runs.ts',
      `import { a } from '../db/sqlite/open.ts';`,
      'the adapter db/sqlite',
    ],
    [
      'a port opens its adapter',
      'server/src/objects/port.ts',
      `import { a } from './s3/store.ts';`,
      'the adapter objects/s3',
    ],
    [
      'one adapter uses another',
      'server/src/db/postgres/open.ts',
      `import { a } from '../sqlite/open.ts';`,
      'the adapter db/sqlite',
    ],
    [
      'an adapter loads its SDK at once',
      'server/src/objects/s3/store.ts',
      `import { S3 } from '@aws-sdk/client-s3';`,
      'loaded by import()',
    ],
    [
      'another folder uses an SDK',
      'server/src/artifacts/locations.ts',
      `await import('@aws-sdk/client-s3');`,
      'known to its adapter',
    ],
    [
      "http reads another folder's rows",
      'server/src/http/mlflow/runs.ts',
      `import type { Row } from '../../tracking/runs-repository.ts';`,
      'known in tracking only',
    ],
    [
      'compose.ts uses a repository',
      'server/src/compose.ts',
      `import { a } from './tracking/runs-repository.ts';`,
      'known in tracking only',
    ],
    [
      'a domain folder uses the framework',
      'server/src/tracking/runs.ts',
      `import type { A } from 'fastify';`,
      'the HTTP framework',
    ],
    [
      'a domain folder uses a plug-in of it',
      'server/src/tracking/runs.ts',
      `import a from '@fastify/static';`,
      'the HTTP framework',
    ],
    [
      'an operation builds queries',
      'server/src/tracking/runs.ts',
      `import { sql } from 'kysely';`,
      'the query builder',
    ],
    [
      'a repository opens a driver',
      'server/src/tracking/runs-repository.ts',
      `import pg from 'pg';`,
      'a database driver',
    ],
    [
      'the server imports the client',
      'server/src/tracking/runs.ts',
      `import { a } from '@slipway/client';`,
      'does not import the client',
    ],
    [
      'the server leaves its folder',
      'server/src/kernel/ids.ts',
      `import { a } from '../../../tools/setup.mjs';`,
      'outside server/src',
    ],
    ['a folder has no place', 'server/src/extras/a.ts', '', 'the folder extras has no place'],
    ['a root file has no place', 'server/src/extras.ts', '', 'this file has no place'],
    [
      'the client imports the server',
      'client/src/runs.ts',
      `import { a } from '../../server/src/kernel/ids.ts';`,
      'imports only itself',
    ],
    ['the client imports Node', 'client/src/runs.ts', `import { a } from 'node:fs';`, 'imports only itself'],
    ['the client imports a package', 'client/src/runs.ts', `import a from 'axios';`, 'imports only itself'],
    [
      'web imports Node',
      'web/src/data/runs.ts',
      `import { a } from 'node:fs';`,
      'neither the server nor Node',
    ],
    [
      'web reaches into the client',
      'web/src/data/runs.ts',
      `import { a } from '../../../client/src/runs.ts';`,
      'by its name',
    ],
    [
      'a page imports a page',
      'web/src/pages/run/page.tsx',
      `import { a } from '../experiment/page.tsx';`,
      'run → experiment',
    ],
    [
      'the gateway knows a database',
      'server/src/serving/gateway/gateway.ts',
      `import type { Sql } from '../../db/port.ts';`,
      'knows no database',
    ],
    [
      'the gateway knows a repository',
      'server/src/serving/gateway/gateway.ts',
      `import { a } from '../endpoints-repository.ts';`,
      'knows no database',
    ],
    [
      'a keeper of data imports where models run',
      'server/src/compose-storage.ts',
      `import { a } from './processes/local/local-engine.ts';`,
      'only compose-engines.ts',
    ],
    ['a folder has an index', 'server/src/tracking/index.ts', `export const a = 1;`, 'gathers exports'],
    [
      'a file only passes on exports',
      'server/src/tracking/all.ts',
      `export * from './runs.ts';`,
      'gathers exports',
    ],
  ])('refuse that %s', (_, file, source, rule) => {
    const broken = rulesBroken(file, source);
    expect(broken).toHaveLength(1);
    expect(broken[0]).toContain(rule);
  });

  it('name the file and the line', () => {
    const source = `\nimport { a } from '../kernel/a.ts';\nimport { b } from '../http/b.ts';\n`;
    expect(importViolations('server/src/db/port.ts', source)).toMatchObject([
      { file: 'server/src/db/port.ts', line: 3 },
    ]);
  });

  it('let each folder import exactly those above it, over the whole order', () => {
    const names = FOLDER_ORDER.map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const [fromPlace, from] of names.entries()) {
      for (const [toPlace, to] of names.entries()) {
        const broken = rulesBroken(`server/src/${from}/a.ts`, `import '../${to}/b.ts';`);
        expect([from, to, broken.length]).toEqual([from, to, toPlace > fromPlace ? 1 : 0]);
      }
    }
  });
});
