import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fingerprint } from './build-stamp.mjs';
import { hostsIn, linesNamingRegistries } from './check-addresses.mjs';
import { judgeSizes } from './check-sizes.mjs';
import { replacePart } from './generate.mjs';
import { isSupportedNode, missingPackages } from './setup.mjs';

describe('the check of file sizes', () => {
  it.each([
    [399, true, ''],
    [400, true, 'a.ts: 400 lines; do two things live here?'],
    [800, true, 'a.ts: 800 lines; do two things live here?'],
    [801, false, 'a.ts: 801 lines; above 800 a file must be split'],
  ])('judges %i lines', (lines, ok, output) => {
    expect(judgeSizes([{ file: 'a.ts', lines }])).toEqual({ ok, output });
  });
});

describe('the check of addresses', () => {
  const publicHost = ['registry', 'npmjs', 'org'].join('.');

  it('names the lines with a public registry or one of this machine', () => {
    const text = `a\nhttps://${publicHost}/x\nhttp://mirror.example/x\n`;
    expect(linesNamingRegistries(text, ['mirror.example'])).toEqual([2, 3]);
    expect(linesNamingRegistries('a\nb\n', ['mirror.example'])).toEqual([]);
  });

  it('takes hosts from settings, without credentials, ports and this machine', () => {
    const settings = [
      'http://user:word@mirror.example:8080/simple/',
      'https://go.example|direct',
      'http://127.0.0.1:3141/',
    ];
    expect(hostsIn(settings)).toEqual(['mirror.example', 'go.example']);
  });
});

describe('the generated part of a file', () => {
  it('replaces what stands between its marks and nothing else', () => {
    const text = 'a\n<!-- x: generated -->\nold\n<!-- x: end -->\nb\n';
    expect(replacePart(text, 'x', 'new')).toBe('a\n<!-- x: generated -->\nnew\n<!-- x: end -->\nb\n');
  });

  it('refuses a file without marks', () => {
    expect(() => replacePart('a', 'x', 'new')).toThrow('marks');
  });
});

describe('set-up', () => {
  it.each([
    ['18.20.0', false],
    ['20.18.3', false],
    ['20.19.0', true],
    ['22.1.0', true],
    ['24.21.0', true],
  ])('judges Node %s', (version, supported) => {
    expect(isSupportedNode(version)).toBe(supported);
  });

  const lockfile = {
    packages: {
      '': { version: '1.0.0' },
      server: { version: '1.0.0' },
      'node_modules/slipway': { link: true },
      'node_modules/fastify': { version: '5.0.0' },
      'node_modules/fsevents': { version: '2.0.0', optional: true },
    },
  };

  it('finds nothing missing when all but packages of other platforms is there', () => {
    expect(missingPackages(lockfile, { packages: { 'node_modules/fastify': { version: '5.0.0' } } })).toEqual(
      [],
    );
  });

  it('finds a package that is missing or has another version', () => {
    expect(missingPackages(lockfile, undefined)).toEqual(['node_modules/fastify']);
    expect(missingPackages(lockfile, { packages: { 'node_modules/fastify': { version: '4.0.0' } } })).toEqual(
      ['node_modules/fastify'],
    );
  });
});

describe('the fingerprint of sources', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-sources-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('changes when a file changes, appears or disappears, and not for tests', () => {
    mkdirSync(path.join(folder, 'src/deep'), { recursive: true });
    const file = path.join(folder, 'src/deep/a.ts');
    writeFileSync(file, 'a');
    utimesSync(file, 1, 1);
    const first = fingerprint(folder, ['src']);
    expect(fingerprint(folder, ['src'])).toBe(first);
    writeFileSync(path.join(folder, 'src/a.test.ts'), 'a');
    expect(fingerprint(folder, ['src'])).toBe(first);
    utimesSync(file, 2, 2);
    expect(fingerprint(folder, ['src'])).not.toBe(first);
    utimesSync(file, 1, 1);
    const added = path.join(folder, 'src/b.ts');
    writeFileSync(added, 'b');
    expect(fingerprint(folder, ['src'])).not.toBe(first);
    rmSync(added);
    expect(fingerprint(folder, ['src'])).toBe(first);
  });
});
