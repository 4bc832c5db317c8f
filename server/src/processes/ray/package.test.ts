import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packPrograms } from './package.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-package-'));
  for (const name of ['one', 'two']) await mkdir(path.join(folder, name));
  await writeFile(path.join(folder, 'one', 'a.py'), 'print("ü")\n');
  await writeFile(path.join(folder, 'one', 'b.py'), '');
  await writeFile(path.join(folder, 'one', 'test_a.py'), 'left out');
  await writeFile(path.join(folder, 'two', 'c.py'), 'c = 1\n'.repeat(10_000));
});
afterEach(() => rm(folder, { recursive: true }));

const READ = `
import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
json.dump({name: len(archive.read(name)) for name in archive.namelist()}, sys.stdout)
`;

it('packs what Python finds whole', async () => {
  const { bytes } = await packPrograms(folder, ['one', 'two']);
  const file = path.join(folder, 'package.zip');
  await writeFile(file, bytes);
  const { stdout } = await promisify(execFile)(process.env.PYTHON ?? 'python3', ['-c', READ, file]);
  expect(JSON.parse(stdout)).toEqual({ 'one/a.py': 12, 'one/b.py': 0, 'two/c.py': 60_000 });
});

it('names a package after what is in it', async () => {
  const first = await packPrograms(folder, ['one']);
  expect(first.name).toMatch(/^_ray_pkg_[0-9a-f]{32}\.zip$/);
  expect((await packPrograms(folder, ['one'])).name).toBe(first.name);
  await writeFile(path.join(folder, 'one', 'b.py'), 'b = 1\n');
  expect((await packPrograms(folder, ['one'])).name).not.toBe(first.name);
});
