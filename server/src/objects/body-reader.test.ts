import { describe, expect, it } from 'vitest';
import { createBodyReader } from './body-reader.ts';
import { body, bytes, sha256, stalledBody } from './conformance/test-bodies.ts';

describe('createBodyReader', () => {
  it.each([1, 1000, 65_536, 70_000, 1_000_000])(
    'cuts a body into batches of exactly %i bytes',
    async (batchBytes) => {
      const content = bytes(200_001);
      const reader = createBodyReader(body(content), { batchBytes });
      const batches: Buffer[] = [];
      for await (const { chunks, sizeBytes } of reader.batches()) {
        batches.push(Buffer.concat(chunks));
        expect(batches.at(-1)?.length).toBe(sizeBytes);
      }
      expect(batches.slice(0, -1).every((batch) => batch.length === batchBytes)).toBe(true);
      expect(Buffer.concat(batches).equals(content)).toBe(true);
      expect(reader.sizeBytes).toBe(content.length);
      expect(reader.sha256()).toBe(sha256(content));
    },
  );

  it('gives few chunks for a body of single bytes', async () => {
    const content = bytes(100_000);
    async function* crumbs() {
      for (let index = 0; index < content.length; index++) yield content.subarray(index, index + 1);
    }
    const reader = createBodyReader(crumbs(), { batchBytes: 1_000_000 });
    const { value } = await reader.batches().next();
    expect(value?.chunks.length).toBeLessThan(1000);
    expect(Buffer.concat(value?.chunks ?? []).equals(content)).toBe(true);
  });

  it('ends with the reason of a signal given while nothing was asked of a body that then stalls', async () => {
    const controller = new AbortController();
    const reason = new Error('told to');
    const batches = createBodyReader(stalledBody(10), {
      batchBytes: 10,
      signal: controller.signal,
    }).batches();
    expect((await batches.next()).value?.sizeBytes).toBe(10);
    controller.abort(reason);
    await expect(batches.next()).rejects.toBe(reason);
  });

  it('ends with the reason of a signal given while a body stalls', async () => {
    const controller = new AbortController();
    const reason = new Error('told to');
    const batches = createBodyReader(stalledBody(5), { batchBytes: 10, signal: controller.signal }).batches();
    const next = batches.next();
    setTimeout(() => controller.abort(reason), 20);
    await expect(next).rejects.toBe(reason);
  });

  it('stops a body as soon as it is larger than announced', async () => {
    let given = 0;
    async function* endless() {
      for (;;) {
        given += 10;
        yield bytes(10);
      }
    }
    const batches = createBodyReader(endless(), { batchBytes: 1000, expectedSizeBytes: 25 }).batches();
    await expect(batches.next()).rejects.toMatchObject({ name: 'AppError', code: 'InvalidArgument' });
    expect(given).toBe(30);
  });
});
