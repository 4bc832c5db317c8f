import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { completeLockfile } from './lockfile.mjs';

const lockfile = (packages: object) => `${JSON.stringify({ name: 'a', packages }, null, 2)}\n`;
const tool = (dependencies: Record<string, string>) => ({
  version: '1.0.0',
  optionalDependencies: dependencies,
});

describe('the completion of a lockfile', () => {
  it('adds the builds for other platforms that a registry did not carry', () => {
    const text = lockfile({
      '': {},
      'node_modules/@tool/linux-x64': { version: '1.0.0', optional: true },
      'node_modules/tool': tool({
        '@tool/linux-x64': '1.0.0',
        '@tool/linux-arm64-musl': '1.0.0',
        '@tool/win32-ia32-msvc': '1.0.0',
      }),
    });
    const { packages } = JSON.parse(completeLockfile(text));
    expect(packages['node_modules/@tool/linux-arm64-musl']).toEqual({
      version: '1.0.0',
      optional: true,
      cpu: ['arm64'],
      libc: ['musl'],
      os: ['linux'],
    });
    expect(packages['node_modules/@tool/win32-ia32-msvc']).toMatchObject({ cpu: ['ia32'], os: ['win32'] });
    expect(packages['node_modules/@tool/linux-x64']).toEqual({ version: '1.0.0', optional: true });
  });

  it('changes nothing where nothing is missing, however deep it is installed', () => {
    const text = lockfile({
      '': {},
      'node_modules/a/node_modules/@tool/linux-x64': { version: '1.0.0' },
      'node_modules/a/node_modules/tool': tool({ '@tool/linux-x64': '1.0.0', '@tool/darwin-x64': '1.0.0' }),
      'node_modules/@tool/darwin-x64': { version: '1.0.0' },
    });
    expect(completeLockfile(text)).toBe(text);
  });

  it('is done after one pass', () => {
    const text = lockfile({ '': {}, 'node_modules/tool': tool({ '@tool/darwin-x64': '1.0.0' }) });
    const once = completeLockfile(text);
    expect(once).not.toBe(text);
    expect(completeLockfile(once)).toBe(once);
  });

  it('refuses to guess a version or a platform', () => {
    expect(() =>
      completeLockfile(lockfile({ 'node_modules/tool': tool({ '@tool/linux-x64': '^1.0.0' }) })),
    ).toThrow('@tool/linux-x64');
    expect(() => completeLockfile(lockfile({ 'node_modules/tool': tool({ extra: '1.0.0' }) }))).toThrow(
      'extra',
    );
  });

  it('writes as npm does', () => {
    const text = readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8');
    expect(`${JSON.stringify(JSON.parse(text), null, 2)}\n`).toBe(text);
    const names = Object.keys(JSON.parse(text).packages);
    expect(names.toSorted((a, b) => a.localeCompare(b, 'en'))).toEqual(names);
  });
});
