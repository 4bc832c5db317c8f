import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { type ZipEntry, zip, zipLength } from './zip.ts';

const entry = (name: string, bytes: Buffer, sizeBytes = bytes.length): ZipEntry => ({
  name,
  sizeBytes,
  read: async () => Readable.from([bytes]),
});

async function packed(entries: readonly ZipEntry[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zip(entries, Date.UTC(2026, 10, 21, 10, 30))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const readBack = `
import sys, zipfile, json
z = zipfile.ZipFile(sys.argv[1])
print(json.dumps([z.testzip(), [[i.filename, i.file_size, list(i.date_time)] for i in z.infolist()]]))`;

async function readByPython(entries: readonly ZipEntry[]) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-zip-'));
  try {
    const file = join(folder, 'a.zip');
    await pipeline(Readable.from(zip(entries, Date.UTC(2026, 10, 21, 10, 30))), createWriteStream(file));
    return JSON.parse(
      execFileSync('python3', ['-c', readBack, file], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }),
    ) as unknown;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('is read by others, with names in any script', async () => {
  const entries = [entry('a/ünï 🙂.txt', Buffer.from('hello')), entry('a/empty', Buffer.alloc(0))];
  expect(await readByPython(entries)).toEqual([
    null,
    [
      ['a/ünï 🙂.txt', 5, [2026, 11, 21, 10, 30, 0]],
      ['a/empty', 0, [2026, 11, 21, 10, 30, 0]],
    ],
  ]);
});

it('holds more files than the old form could count', async () => {
  const entries = Array.from({ length: 70_000 }, (_, i) => entry(`f/${i}`, Buffer.from('x')));
  const [fault, list] = (await readByPython(entries)) as [null, unknown[]];
  expect([fault, list.length]).toEqual([null, 70_000]);
});

it('knows its length beforehand, beyond 4 GiB as well', async () => {
  const entries = [entry('a', Buffer.from('hello')), entry('b/c', Buffer.alloc(3000))];
  expect((await packed(entries)).length).toBe(zipLength(entries));
  const large = [
    { name: 'a', sizeBytes: 5 * 1024 ** 3 },
    { name: 'b', sizeBytes: 1 },
  ];
  // Headers, descriptors and directory in their long forms, as APPNOTE lays them out.
  const local = 30 + 1 + 20 + 5 * 1024 ** 3 + 24 + (30 + 1 + 1 + 16);
  const central = 46 + 1 + 20 + (46 + 1 + 12);
  expect(zipLength(large)).toBe(local + central + 56 + 20 + 22);
});

it('breaks off where a file has another length than it said', async () => {
  await expect(packed([entry('a', Buffer.from('hello'), 4)])).rejects.toMatchObject({ code: 'Conflict' });
});
