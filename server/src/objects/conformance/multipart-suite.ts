import { expect, it } from 'vitest';
import { parseKeyPrefix } from '../object-key.ts';
import type { StoreTraits, SuiteContext } from './object-store-suite.ts';
import { body, bytes, collect } from './test-bodies.ts';

export function describeMultipart(context: SuiteContext, traits: StoreTraits): void {
  const { key } = context;
  /** Contents of a first, a middle and a last part that every store takes. */
  const threeParts = () => {
    const size = Math.max(context.store.capabilities.minPartSizeBytes, 70_000);
    return [bytes(size, 1), bytes(size + 1, 2), bytes(1234, 3)] as const;
  };
  const put = async (upload: Awaited<ReturnType<typeof start>>, partNumber: number, content: Buffer) =>
    context.store.putPart(upload, partNumber, body(content), { sizeBytes: content.length });
  const start = (name: string) => context.store.startMultipart(key(name));

  it('joins parts by their numbers, in whatever order they came and are named', async () => {
    const { store } = context;
    const [one, two, three] = threeParts();
    const upload = await start('multi/order');
    const last = await put(upload, 9, three);
    const [first, middle] = await Promise.all([put(upload, 1, one), put(upload, 4, two)]);
    await expect(store.head(key('multi/order'))).rejects.toMatchObject({ code: 'NotFound' });
    const facts = await store.completeMultipart(upload, [
      { partNumber: 9, etag: last.etag },
      { partNumber: 1, etag: first.etag },
      { partNumber: 4, etag: middle.etag },
    ]);
    expect(facts).toEqual(await store.head(key('multi/order')));
    const whole = await collect((await store.get(key('multi/order'))).stream);
    expect(whole.equals(Buffer.concat([one, two, three]))).toBe(true);
  });

  it('takes a part that was sent again in place of the first, and drops parts that are not named', async () => {
    const { store } = context;
    const [one, two, three] = threeParts();
    const upload = await start('multi/again');
    await put(upload, 1, two);
    const first = await put(upload, 1, one);
    await put(upload, 2, three);
    await store.completeMultipart(upload, [{ partNumber: 1, etag: first.etag }]);
    expect((await collect((await store.get(key('multi/again'))).stream)).equals(one)).toBe(true);
  });

  it('refuses a wrong ETag, an absent part, a part twice, and no parts', async () => {
    const { store } = context;
    const [one, two] = threeParts();
    const upload = await start('multi/wrong');
    const first = await put(upload, 1, one);
    const second = await put(upload, 2, two);
    const refused = { name: 'AppError', code: 'InvalidArgument' };
    for (const parts of [
      [{ partNumber: 1, etag: second.etag }],
      [{ partNumber: 1, etag: 'nonsense' }],
      [
        { partNumber: 1, etag: first.etag },
        { partNumber: 3, etag: first.etag },
      ],
      [
        { partNumber: 1, etag: first.etag },
        { partNumber: 1, etag: first.etag },
      ],
      [],
    ]) {
      await expect(store.completeMultipart(upload, parts)).rejects.toMatchObject(refused);
    }
    await expect(store.head(key('multi/wrong'))).rejects.toMatchObject({ code: 'NotFound' });
    await store.abortMultipart(upload);
  });

  it.each([0, -1, 1.5, 100_000])('refuses the part number %d', async (partNumber) => {
    const upload = await start('multi/number');
    await expect(put(upload, partNumber, bytes(1))).rejects.toMatchObject({ code: 'InvalidArgument' });
    await context.store.abortMultipart(upload);
  });

  it('refuses a part of another size than announced', async () => {
    const upload = await start('multi/size');
    for (const sizeBytes of [9, 11]) {
      await expect(context.store.putPart(upload, 1, body(bytes(10)), { sizeBytes })).rejects.toMatchObject({
        name: 'AppError',
        code: 'InvalidArgument',
      });
    }
    await context.store.abortMultipart(upload);
  });

  it('leaves nothing after an abort, which may come twice', async () => {
    const { store } = context;
    const [one] = threeParts();
    const upload = await start('multi/abort');
    const first = await put(upload, 1, one);
    await store.abortMultipart(upload);
    await store.abortMultipart(upload);
    const gone = { name: 'AppError', code: 'NotFound' };
    if (traits.knowsUploads) {
      const completing = store.completeMultipart(upload, [{ partNumber: 1, ...first }]);
      await expect(completing).rejects.toMatchObject(gone);
    }
    await expect(store.head(key('multi/abort'))).rejects.toMatchObject(gone);
    const page = await store.list(parseKeyPrefix(key('multi/abort')), { limit: 10 });
    expect(page.objects).toEqual([]);
  });

  it('keeps the object before a multipart upload until that is complete', async () => {
    const { store } = context;
    const [one] = threeParts();
    await store.put(key('multi/before'), body(bytes(10)));
    const upload = await start('multi/before');
    const first = await put(upload, 1, one);
    expect((await store.head(key('multi/before'))).sizeBytes).toBe(10);
    await store.completeMultipart(upload, [{ partNumber: 1, ...first }]);
    expect((await store.head(key('multi/before'))).sizeBytes).toBe(one.length);
  });

  if (traits.knowsUploads) {
    it('knows no upload that it did not start, and none under another key', async () => {
      const { store } = context;
      const [one] = threeParts();
      const upload = await start('multi/mine');
      const first = await put(upload, 1, one);
      const gone = { name: 'AppError', code: 'NotFound' };
      for (const strange of [
        { key: upload.key, uploadId: '../../etc' },
        { key: upload.key, uploadId: '0'.repeat(32) },
        { key: key('multi/other'), uploadId: upload.uploadId },
      ]) {
        await expect(store.putPart(strange, 1, body(one), { sizeBytes: one.length })).rejects.toMatchObject(
          gone,
        );
        const completing = store.completeMultipart(strange, [{ partNumber: 1, ...first }]);
        await expect(completing).rejects.toMatchObject(gone);
        await store.abortMultipart(strange);
      }
      await store.completeMultipart(upload, [{ partNumber: 1, ...first }]);
      expect((await store.head(upload.key)).sizeBytes).toBe(one.length);
    });
  }

  // Seventy parts of 5 MB would be no test for every day.
  if (!traits.smallParts) return;

  it('joins more parts than a store may take in one call', async () => {
    const upload = await start('multi/many');
    const contents = Array.from({ length: 70 }, (_, index) => bytes(100 + index, index + 1));
    const parts = [];
    for (const [index, content] of contents.entries()) {
      parts.push({ partNumber: index + 1, etag: (await put(upload, index + 1, content)).etag });
    }
    await context.store.completeMultipart(upload, parts);
    const whole = await collect((await context.store.get(key('multi/many'))).stream);
    expect(whole.equals(Buffer.concat(contents))).toBe(true);
  });
}
