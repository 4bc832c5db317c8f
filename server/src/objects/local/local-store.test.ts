import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../kernel/clock.ts';
import { describeNamedFiles } from '../conformance/named-files-suite.ts';
import { describeObjectStore } from '../conformance/object-store-suite.ts';
import { body, brokenBody, bytes } from '../conformance/test-bodies.ts';
import { parseObjectKey } from '../object-key.ts';
import { openLocalNamedFiles } from './local-named-files.ts';
import { openLocalStore } from './local-store.ts';

const newFolder = () => mkdtemp(path.join(os.tmpdir(), 'slipway-objects-'));

describeObjectStore(
  'a local folder',
  { network: false, smallParts: true, knowsUploads: true, signing: 'none' },
  async () => {
    const folder = await newFolder();
    return {
      store: await openLocalStore({ folder, clock: systemClock }),
      close: () => rm(folder, { recursive: true, force: true }),
    };
  },
);

describeNamedFiles('a local folder', async () => {
  const folder = await newFolder();
  return {
    files: await openLocalNamedFiles({ folder, clock: systemClock }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
});

describe('openLocalStore', () => {
  it('leaves no file behind a failed upload and no folder behind the last object', async () => {
    const folder = await newFolder();
    const store = await openLocalStore({ folder, clock: systemClock });
    await expect(store.put(parseObjectKey('a/b'), brokenBody(3_000_000))).rejects.toThrow(
      'the sender went away',
    );
    const upload = await store.startMultipart(parseObjectKey('a/b'));
    await expect(store.putPart(upload, 1, brokenBody(10), { sizeBytes: 20 })).rejects.toThrow('went away');
    await store.abortMultipart(upload);
    await store.put(parseObjectKey('c/d/e'), body(bytes(1)));
    await expect(store.put(parseObjectKey('c/d/e'), body(bytes(2)), { ifAbsent: true })).rejects.toThrow();
    await store.delete(parseObjectKey('c/d/e'));
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(['.incoming', '.uploads']);
    await rm(folder, { recursive: true });
  });

  it('keeps objects through deletes next door that remove emptied folders', async () => {
    const folder = await newFolder();
    const store = await openLocalStore({ folder, clock: systemClock });
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        const key = parseObjectKey(`shared/folder/${writer}`);
        for (let round = 0; round < 50; round++) {
          await store.put(key, body(bytes(10)));
          expect((await store.head(key)).sizeBytes).toBe(10);
          await store.delete(key);
        }
      }),
    );
    expect((await readdir(folder)).sort()).toEqual(['.incoming']);
    await rm(folder, { recursive: true });
  });

  it('removes what a process that died left half written, a day later', async () => {
    const folder = await newFolder();
    await openLocalStore({ folder, clock: systemClock });
    for (const name of ['old', 'new']) await writeFile(path.join(folder, '.incoming', name), 'half');
    const twoDaysAgo = new Date(Date.now() - 48 * 3_600_000);
    await utimes(path.join(folder, '.incoming', 'old'), twoDaysAgo, twoDaysAgo);
    await openLocalStore({ folder, clock: systemClock });
    expect(await readdir(path.join(folder, '.incoming'))).toEqual(['new']);
    await rm(folder, { recursive: true });
  });
});
