import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeHeader, decodeRecords, SEGMENT_HEADER_BYTES } from './record.ts';
import { createRecorder, type RecorderControl, type RecorderOptions } from './recorder.ts';
import { entityOf, recordOf } from './records.fixture.ts';

const opened: { recorder: RecorderControl; folder: string }[] = [];
const tableId = randomUUID();

function open(options: Partial<RecorderOptions> & { readonly folder?: string } = {}) {
  const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), 'slipway-journal-'));
  const segments: string[] = [];
  const errors: unknown[] = [];
  const clock = { nowMs: () => now };
  let now = Date.UTC(2026, 10, 21, 12);
  const recorder = createRecorder({
    clock,
    onSegment: (id) => segments.push(id),
    onError: (error) => errors.push(error),
    ...options,
    folder,
  });
  opened.push({ recorder, folder });
  return { recorder, folder, segments, errors, advance: (ms: number) => (now += ms) };
}

const filesOf = (folder: string): string[] => readdirSync(path.join(folder, tableId)).sort();

function rowsOf(folder: string) {
  return filesOf(folder).flatMap((name) => {
    const bytes = readFileSync(path.join(folder, tableId, name));
    expect(decodeHeader(bytes)).toMatchObject({
      kind: 'legacy',
      tableId,
      segment: Number.parseInt(name, 10),
    });
    return [...decodeRecords(bytes.subarray(SEGMENT_HEADER_BYTES))];
  });
}

afterEach(async () => {
  for (const { recorder, folder } of opened.splice(0)) {
    await recorder.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('the recorder', () => {
  it('has written a record when it says so, and before any timer runs', async () => {
    const { recorder, folder } = open();
    const log = await recorder.open({ tableId, kind: 'legacy' });
    let timers = 0;
    setImmediate(() => timers++);
    const record = recordOf();
    await log.append(record);
    expect(timers).toBe(0);
    expect(rowsOf(folder).map(({ requestId }) => requestId)).toEqual([record.requestId]);
    expect(log.counts).toEqual({ written: 1, dropped: 0 });
  });

  it('writes the records of a turn together, also those that its promises append', async () => {
    const { recorder, folder } = open();
    const log = await recorder.open({ tableId, kind: 'legacy' });
    const first = recordOf();
    const later = recordOf({ entity: entityOf('2') });
    const appended = [log.append(first)];
    const deep = (async () => {
      await null;
      await null;
      const promise = log.append(later);
      appended.push(promise);
      await promise;
    })();
    await Promise.all([appended[0], deep]);
    expect(appended[0]).toBe(appended[1]);
    expect(rowsOf(folder).map(({ entity }) => entity.modelVersion)).toEqual(['1', '2']);
  });

  it('keeps the bytes that a record had when it was appended', async () => {
    const { recorder, folder } = open();
    const log = await recorder.open({ tableId, kind: 'legacy' });
    const request = Buffer.from('before');
    const writing = log.append(recordOf({ request }));
    request.write('after!');
    await writing;
    expect(rowsOf(folder)[0]!.request).toBe('before');
  });

  it('begins another segment when one is full, and each can be read by itself', async () => {
    const { recorder, folder, segments } = open();
    const log = await recorder.open({ tableId, kind: 'legacy' });
    const response = 'x'.repeat(900_000);
    const ids = Array.from({ length: 40 }, () => randomUUID());
    for (const requestId of ids) await log.append(recordOf({ requestId, response }));
    expect(filesOf(folder)).toHaveLength(3);
    expect(rowsOf(folder).map(({ requestId }) => requestId)).toEqual(ids);
    await recorder.close();
    expect(filesOf(folder).every((name) => name.endsWith('.log'))).toBe(true);
    expect(segments).toHaveLength(3);
  });

  it('begins another segment with another day', async () => {
    const { recorder, folder, advance } = open();
    const log = await recorder.open({ tableId, kind: 'legacy' });
    await log.append(recordOf());
    advance(12 * 3_600_000);
    await log.append(recordOf());
    expect(filesOf(folder)).toHaveLength(2);
    expect(rowsOf(folder)).toHaveLength(2);
  });

  it('refuses beyond the bound of a table, and goes on when segments have left the journal', async () => {
    const { recorder, folder } = open({ maxJournalBytes: 800_000 });
    const log = await recorder.open({ tableId, kind: 'legacy' });
    await log.append(recordOf({ response: 'x'.repeat(100_000) }));
    await expect(log.append(recordOf({ response: 'x'.repeat(100_000) }))).rejects.toMatchObject({
      code: 'Unavailable',
    });
    expect(log.refusal).toMatchObject({ code: 'Unavailable' });
    await expect(log.append(recordOf())).rejects.toMatchObject({ code: 'Unavailable' });
    recorder.released(tableId, 100_000);
    await expect.poll(() => log.refusal, { timeout: 5000 }).toBeUndefined();
    await log.append(recordOf());
    expect(rowsOf(folder)).toHaveLength(2);
    expect(log.counts).toEqual({ written: 2, dropped: 2 });
  });

  it('keeps room for other tables beside one whose segments stay', async () => {
    const { recorder } = open({ maxJournalBytes: 800_000 });
    const [stuck, other] = await Promise.all(
      [tableId, randomUUID()].map((id) => recorder.open({ tableId: id, kind: 'legacy' })),
    );
    const big = () => recordOf({ response: 'x'.repeat(150_000) });
    await stuck!.append(big());
    await expect(stuck!.append(big())).rejects.toMatchObject({ code: 'Unavailable' });
    await other!.append(big());
    expect([stuck!.refusal?.code, other!.refusal]).toEqual(['Unavailable', undefined]);
    await recorder.close();
  });

  it('refuses once it is closed', async () => {
    const { recorder } = open();
    const log = await recorder.open({ tableId, kind: 'legacy' });
    await recorder.close();
    await expect(log.append(recordOf())).rejects.toMatchObject({ code: 'Unavailable' });
    expect(log.refusal).toMatchObject({ code: 'Unavailable' });
  });
});

const small = mountSmallDisk();

/** A disk of 4 MiB, which only root can mount. */
function mountSmallDisk(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-small-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder]);
  if (mounted.status === 0) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

describe.skipIf(small === undefined)('the recorder on a disk that fills up', () => {
  it('keeps what it acknowledged, tears nothing, and goes on when there is room', async () => {
    const ballast = path.join(small!, 'ballast');
    writeFileSync(ballast, Buffer.alloc(2 * 2 ** 20));
    const { recorder, folder } = open({ folder: path.join(small!, 'journal') });
    const log = await recorder.open({ tableId, kind: 'legacy' });
    const acknowledged: string[] = [];
    const response = 'x'.repeat(77_777);
    for (let i = 0; i < 60; i++) {
      const record = recordOf({ response });
      await log.append(record).then(
        () => acknowledged.push(record.requestId),
        () => undefined,
      );
    }
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(log.counts.dropped).toBe(60 - acknowledged.length);
    expect(log.refusal).toMatchObject({ code: 'Unavailable' });
    expect(rowsOf(folder).map(({ requestId }) => requestId)).toEqual(acknowledged);
    rmSync(ballast);
    await expect.poll(() => log.refusal, { timeout: 5000 }).toBeUndefined();
    const late = recordOf();
    await log.append(late);
    expect(rowsOf(folder).map(({ requestId }) => requestId)).toEqual([...acknowledged, late.requestId]);
    await recorder.close();
    await sleep(10);
    spawnSync('umount', [small!]);
    rmSync(small!, { recursive: true, force: true });
  });
});
