import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runningServer } from './running-server.ts';
import { scratchFolder } from './scratch-folder.ts';

const run = promisify(execFile);
const client = path.resolve(import.meta.dirname, '..');
const readme = readFileSync(path.join(client, 'README.md'), 'utf8');

/** The examples with this word behind the three backticks, as one program. */
function examples(kind: 'ts' | 'ts browser'): string {
  const blocks = [...readme.matchAll(/^```(ts.*)\n([\s\S]*?)^```$/gm)].filter(([, info]) => info === kind);
  expect(blocks.length).toBeGreaterThan(0);
  return blocks.map(([, , code]) => code).join('\n');
}

describe('the examples of the README', () => {
  // A webhook's host must have an address, which that of the example has not everywhere.
  const server = runningServer({ args: ['--webhooks-allow-private', 'true'] });
  const folder = scratchFolder('readme');
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(() => {
    for (const kind of ['ts', 'ts browser'] as const) {
      writeFileSync(path.join(folder, `${kind.replace(' ', '-')}.example.ts`), examples(kind));
    }
  });

  it('are correct in their types', async () => {
    const config = {
      extends: path.join(client, 'tsconfig.json'),
      compilerOptions: {
        types: ['node'],
        typeRoots: [path.resolve(client, '../node_modules/@types')],
        noUnusedLocals: false,
        rootDir: path.resolve(client, '..'),
        paths: { '@slipway/client': [path.join(client, 'src/index.ts')] },
      },
      include: ['*.ts'],
    };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = path.resolve(client, '../node_modules/typescript/bin/tsc');
    const checked = await run(process.execPath, [tsc, '-p', folder]).catch((error: unknown) => error);
    expect(checked).toMatchObject({ stdout: '' });
  });

  it.each(['ts', 'ts-browser'])('run and print what they say: %s', async (name) => {
    const program = path.join(folder, `${name}.ts`);
    const source = readFileSync(path.join(folder, `${name}.example.ts`), 'utf8')
      .replaceAll("'@slipway/client'", `'${pathToFileURL(path.join(client, 'src/index.ts')).href}'`)
      .replaceAll('http://127.0.0.1:5000', server.url)
      .replaceAll('https://ci.example.com', 'https://127.0.0.1');
    // A page has an address, against which a base URL of `/` counts.
    const page = `Object.assign(globalThis, { location: { href: '${server.url}/page' } });\n`;
    writeFileSync(program, name === 'ts' ? source : page + source);
    const { stdout } = await run(process.execPath, ['--no-warnings', program], { timeout: 25_000 });
    let at = 0;
    for (const [, printed] of source.matchAll(/\/\/ prints (.*)$/gm)) {
      const found = stdout.indexOf(`${printed}\n`, at);
      expect({ printed, found: found >= 0, stdout: stdout.slice(at) }).toMatchObject({ found: true });
      at = found + printed!.length;
    }
    expect(stdout).toContain(name === 'ts' ? 'RESOURCE_ALREADY_EXISTS' : 'fraud-detection');
  });
});
