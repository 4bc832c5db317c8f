import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder } from './scratch-folder.ts';

const run = promisify(execFile);
const client = path.resolve(import.meta.dirname, '..');
const tsc = path.resolve(client, '../node_modules/typescript/bin/tsc');

describe('the package as it is published', () => {
  const folder = scratchFolder('package');
  const dist = path.join(folder, 'dist');
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(async () => {
    await run(process.execPath, [tsc, '-p', path.join(client, 'tsconfig.build.json'), '--outDir', dist]);
  });

  it('is a module that plain JavaScript imports', async () => {
    const { SlipwayClient } = await import(pathToFileURL(path.join(dist, 'index.js')).href);
    expect(() => new SlipwayClient({ baseUrl: 'nonsense' })).toThrow(/base URL/);
  });

  it.each([
    ['a page', { lib: ['es2022', 'dom'], types: [] }],
    [
      'Node',
      { lib: ['es2023'], types: ['node'], typeRoots: [path.resolve(client, '../node_modules/@types')] },
    ],
  ])('has declarations that compile for %s, and find mistakes', async (_, options) => {
    const settings = {
      compilerOptions: {
        ...options,
        module: 'nodenext',
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        paths: { '@slipway/client': [path.join(dist, 'index.d.ts')] },
      },
      files: ['user.ts'],
    };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(settings));
    writeFileSync(
      path.join(folder, 'user.ts'),
      `import { type Run, SlipwayClient } from '@slipway/client';
export const run: Run = await new SlipwayClient({ baseUrl: 'http://a' }).runs.get('b');
export const bad: number = run.name;
`,
    );
    const checked = await run(process.execPath, [tsc, '-p', folder]).catch((error: unknown) => error);
    const { stdout } = checked as { stdout: string };
    const problems = stdout.split('\n').filter((line) => line.includes('error TS'));
    expect(problems).toMatchObject([expect.stringMatching(/user\.ts\(3,14\): error TS2322/)]);
  });
});
