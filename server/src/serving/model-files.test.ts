import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createModelFiles, type ModelSource } from './model-files.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const signal = new AbortController().signal;

function source(files: Readonly<Record<string, string>>, opened: string[] = []): ModelSource {
  return {
    what: "version 1 of 'm'",
    files: Object.entries(files).map(([path, text]) => ({
      path,
      sizeBytes: Buffer.byteLength(text),
      sha256: sha256(text),
    })),
    async open(path) {
      opened.push(path);
      return Readable.from([Buffer.from(files[path]!)]);
    },
  };
}

describe('copies of models on this machine', () => {
  let home: string;
  let folder: string;
  let nowMs = 1_000_000;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'slipway-models-'));
    folder = join(home, 'models');
    await mkdir(folder);
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const open = (maxBytes = 2 ** 30) => createModelFiles({ folder, maxBytes, nowMs: () => nowMs });

  it('have all files, and are made once', async () => {
    const opened: string[] = [];
    const files = { MLmodel: 'flavors: {}', 'data/model.pkl': 'bytes' };
    const copies = open();
    const [first, second] = await Promise.all([
      copies.ensure(source(files, opened), signal),
      copies.ensure(source(files, opened), signal),
    ]);
    expect(await readFile(join(first.folder, 'data/model.pkl'), 'utf8')).toBe('bytes');
    expect(second.folder).toBe(first.folder);
    expect(opened.sort()).toEqual(['MLmodel', 'data/model.pkl']);
    expect((await open().ensure(source(files, opened), signal)).digest).toBe(first.digest);
    expect(opened).toHaveLength(2);
  });

  it('are of other digests where a byte or a name differs', async () => {
    const digests = new Set<string>();
    const trees: readonly Readonly<Record<string, string>>[] = [
      { a: 'x' },
      { a: 'y' },
      { b: 'x' },
      { a: 'x', b: '' },
    ];
    for (const files of trees) digests.add((await open().ensure(source(files), signal)).digest);
    expect(digests.size).toBe(4);
  });

  it('are refused where the bytes are not those that were registered, and leave nothing', async () => {
    const files = source({ MLmodel: 'flavors: {}', 'model.pkl': 'bytes' });
    const changed = { ...files, open: async () => Readable.from([Buffer.from('other')]) };
    await expect(open().ensure(changed, signal)).rejects.toMatchObject({
      code: 'InvalidState',
      message: expect.stringContaining("The file 'MLmodel' of version 1 of 'm' has been changed"),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('get their digest from the bytes where nobody had computed it', async () => {
    const known = source({ a: 'x' });
    const unknown = { ...known, files: known.files.map((file) => ({ ...file, sha256: null })) };
    const copy = await open().ensure(unknown, signal);
    expect(copy.digest).toBe((await open().ensure(known, signal)).digest);
  });

  it.each(['../x', '/etc/x', 'a/../../x'])('never leave their folder: %s', async (path) => {
    await expect(open().ensure(source({ [path]: 'x' }), signal)).rejects.toThrow(/Invalid path/);
  });

  it('go when they are too many, the longest unused first, and never while they are used', async () => {
    const copies = open(5);
    const made = [];
    for (const text of ['aaaa', 'bbbb', 'cccc']) {
      nowMs += 10_000;
      made.push(await copies.ensure(source({ a: text }), signal));
    }
    const [a, b, c] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]];
    const end = copies.inUse(a.digest);
    await copies.collect();
    expect((await readdir(folder)).sort()).toEqual([a.digest]);
    expect(b.digest).not.toBe(c.digest);
    end();
    nowMs += 10_000;
    const d = await copies.ensure(source({ a: 'dddd' }), signal);
    await copies.collect();
    expect(await readdir(folder)).toEqual([d.digest]);
  });

  it('leave nothing behind of processes that were killed', async () => {
    await mkdir(join(folder, '.0123456789abcdef.999999.01234567'));
    await writeFile(join(folder, '.0123456789abcdef.999999.01234567', 'half'), 'x');
    await open().collect();
    expect(await readdir(folder)).toEqual([]);
  });
});
