import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomHexId } from '../../kernel/ids.ts';
import { type ObjectKey, parseKeyPrefix, parseObjectKey } from '../object-key.ts';
import type { ObjectStore } from '../port.ts';
import type { CuttingProxy } from './cutting-proxy.ts';
import { describeMultipart } from './multipart-suite.ts';
import { describeOutages } from './outage-suite.ts';
import { describeSigning } from './signing-suite.ts';
import { body, brokenBody, bytes, collect, sha256, stalledBody } from './test-bodies.ts';

export interface StoreUnderTest {
  readonly store: ObjectStore;
  /** The same store, reached through a proxy that cuts connections. */
  readonly unreliable?: { readonly store: ObjectStore; readonly proxy: CuttingProxy };
  close(): Promise<void>;
}

export interface StoreTraits {
  /** Whether `unreliable` is given. */
  readonly network: boolean;
  /** Whether parts may have any size. */
  readonly smallParts: boolean;
  /** Whether the server notices on completion that it knows no such upload. */
  readonly knowsUploads: boolean;
  /** Whether `sign` is there, and whether the server refuses URLs that were tampered with or are too old. */
  readonly signing: 'none' | 'unchecked' | 'checked';
}

/** What the parts of the suite share: the store, and fresh keys of this run. */
export interface SuiteContext {
  readonly store: ObjectStore;
  readonly unreliable: { readonly store: ObjectStore; readonly proxy: CuttingProxy };
  key(name: string): ObjectKey;
}

const MB = 1_000_000;

/** Every promise of `port.ts`, asked of a store. `open` is called once. */
export function describeObjectStore(
  name: string,
  traits: StoreTraits,
  open: () => Promise<StoreUnderTest>,
): void {
  describe(name, () => {
    let opened: StoreUnderTest | undefined;
    const run = randomHexId().slice(0, 12);
    const context: SuiteContext = {
      get store() {
        if (opened === undefined) throw new Error('the store is not open yet');
        return opened.store;
      },
      get unreliable() {
        if (opened?.unreliable === undefined) throw new Error('there is no proxy before this store');
        return opened.unreliable;
      },
      key: (text) => parseObjectKey(`${run}/${text}`),
    };
    beforeAll(async () => {
      opened = await open();
    }, 120_000);
    afterAll(async () => opened?.close());

    describeWholeObjects(context);
    describeRanges(context);
    describeListing(context, run);
    describeMultipart(context, traits);
    if (traits.signing !== 'none') describeSigning(context, traits.signing === 'checked');
    if (traits.network) describeOutages(context);
  });
}

function describeWholeObjects(context: SuiteContext): void {
  const { key } = context;

  it.each([
    ['nothing', 0],
    ['one byte', 1],
    ['20 MB', 20 * MB],
    ['exactly 8 MiB', 8 * 1024 * 1024],
    ['exactly 16 MiB', 16 * 1024 * 1024],
  ])('gives back %s as it was put, with its size, checksum and ETag', async (_name, sizeBytes) => {
    const content = bytes(sizeBytes);
    const put = await context.store.put(key(`whole/${sizeBytes}`), body(content), {
      expectedSizeBytes: sizeBytes,
    });
    expect(put).toMatchObject({ sizeBytes, sha256: sha256(content) });
    const read = await context.store.get(key(`whole/${sizeBytes}`));
    expect(read).toMatchObject({ sizeBytes, start: 0, lengthBytes: sizeBytes, etag: put.etag });
    expect((await collect(read.stream)).equals(content)).toBe(true);
    expect(await context.store.head(key(`whole/${sizeBytes}`))).toEqual({ sizeBytes, etag: put.etag });
  });

  it('joins a body of very small pieces', async () => {
    const content = bytes(100_000);
    async function* crumbs() {
      for (let start = 0; start < content.length; start += 7) yield content.subarray(start, start + 7);
    }
    await context.store.put(key('crumbs'), crumbs());
    expect((await collect((await context.store.get(key('crumbs'))).stream)).equals(content)).toBe(true);
  });

  it('keeps the ETag while the bytes stay and changes it when they are replaced', async () => {
    const first = await context.store.put(key('etag'), body(bytes(1000, 1)));
    expect((await context.store.head(key('etag'))).etag).toBe(first.etag);
    const second = await context.store.put(key('etag'), body(bytes(1000, 2)));
    expect(second.etag).not.toBe(first.etag);
    expect((await context.store.head(key('etag'))).etag).toBe(second.etag);
    expect(second.etag).toMatch(/^[\x21\x23-\x7e]+$/);
  });

  it('says NotFound for a key that is absent', async () => {
    const { store } = context;
    const absent = { name: 'AppError', code: 'NotFound' };
    await expect(store.get(key('absent'))).rejects.toMatchObject(absent);
    await expect(store.get(key('absent'), { range: { start: 0, end: 1 } })).rejects.toMatchObject(absent);
    await expect(store.get(key('absent'), { range: { lastBytes: 1 } })).rejects.toMatchObject(absent);
    await expect(store.head(key('absent'))).rejects.toMatchObject(absent);
    await expect(store.copy(key('absent'), key('absent-copy'))).rejects.toMatchObject(absent);
  });

  it('deletes, also what is absent already', async () => {
    const { store } = context;
    await store.put(key('gone/for/good'), body(bytes(10)));
    await store.delete(key('gone/for/good'));
    await expect(store.head(key('gone/for/good'))).rejects.toMatchObject({ code: 'NotFound' });
    await store.delete(key('gone/for/good'));
    await store.put(key('gone/for/good'), body(bytes(11)));
    expect((await store.head(key('gone/for/good'))).sizeBytes).toBe(11);
  });

  it('copies an object over another', async () => {
    const { store } = context;
    const content = bytes(3 * MB, 7);
    await store.put(key('original'), body(content));
    await store.put(key('copies/one'), body(bytes(5)));
    const facts = await store.copy(key('original'), key('copies/one'));
    expect(facts).toEqual(await store.head(key('copies/one')));
    expect((await collect((await store.get(key('copies/one'))).stream)).equals(content)).toBe(true);
    await store.delete(key('original'));
    expect((await store.head(key('copies/one'))).sizeBytes).toBe(content.length);
  });

  it.each([
    ['small', 1000],
    ['large', 10 * MB],
  ])('leaves an existing %s object alone with ifAbsent', async (size, sizeBytes) => {
    const { store } = context;
    const first = await store.put(key(`once/${size}`), body(bytes(sizeBytes, 1)), { ifAbsent: true });
    await expect(
      store.put(key(`once/${size}`), body(bytes(sizeBytes, 2)), { ifAbsent: true }),
    ).rejects.toMatchObject({ name: 'AppError', code: 'AlreadyExists' });
    expect((await store.head(key(`once/${size}`))).etag).toBe(first.etag);
  });

  it('lets one of twenty simultaneous writers win with ifAbsent', async () => {
    const { store } = context;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, seed) =>
        store.put(key('race'), body(bytes(5000, seed + 1)), { ifAbsent: true }),
      ),
    );
    const winners = outcomes.flatMap((outcome, seed) => (outcome.status === 'fulfilled' ? [seed] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'AlreadyExists' });
    }
    const kept = await collect((await store.get(key('race'))).stream);
    expect(kept.equals(bytes(5000, (winners[0] ?? 0) + 1))).toBe(true);
  });

  it.each([
    ['small', 100_000],
    ['large', 12 * MB],
  ])('shows nothing of a %s upload whose sender goes away', async (size, sizeBytes) => {
    const { store } = context;
    await expect(store.put(key(`broken/${size}`), brokenBody(sizeBytes))).rejects.toThrow(
      'the sender went away',
    );
    await expect(store.head(key(`broken/${size}`))).rejects.toMatchObject({ code: 'NotFound' });
    await store.put(key(`broken/${size}`), body(bytes(10)));
    await expect(store.put(key(`broken/${size}`), brokenBody(sizeBytes))).rejects.toThrow(
      'the sender went away',
    );
    expect((await store.head(key(`broken/${size}`))).sizeBytes).toBe(10);
  });

  it.each([
    ['small', 100_000],
    ['large', 12 * MB],
  ])('ends a stalled %s upload when told to, and shows nothing of it', async (size, sizeBytes) => {
    const { store } = context;
    const controller = new AbortController();
    const reason = new Error('told to');
    const put = store.put(key(`stalled/${size}`), stalledBody(sizeBytes), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 100);
    await expect(put).rejects.toBe(reason);
    await expect(store.head(key(`stalled/${size}`))).rejects.toMatchObject({ code: 'NotFound' });
  });

  it.each([
    ['more', 100],
    ['fewer', 101],
  ])('refuses a body with %s bytes than announced', async (_name, sizeBytes) => {
    const announced = _name === 'more' ? sizeBytes - 1 : sizeBytes + 1;
    await expect(
      context.store.put(key('announced'), body(bytes(sizeBytes)), { expectedSizeBytes: announced }),
    ).rejects.toMatchObject({ name: 'AppError', code: 'InvalidArgument' });
    await expect(context.store.head(key('announced'))).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('never shows a reader a mixture of two objects', async () => {
    const { store } = context;
    const contents = [bytes(9 * MB, 1), bytes(9 * MB, 2)];
    await store.put(key('mixture'), body(contents[0]!));
    const read = await store.get(key('mixture'));
    await store.put(key('mixture'), body(contents[1]!));
    const seen = await collect(read.stream).catch((error: unknown) => error);
    if (seen instanceof Buffer) expect(seen.equals(contents[0]!)).toBe(true);
    else expect(seen).toMatchObject({ name: 'AppError' });
  });

  it('lets go of a download that nobody reads to its end', async () => {
    const { store } = context;
    await store.put(key('unread'), body(bytes(20 * MB)));
    for (let round = 0; round < 10; round++) {
      const read = await store.get(key('unread'));
      read.stream.destroy();
    }
    expect((await store.head(key('unread'))).sizeBytes).toBe(20 * MB);
  });
}

function describeRanges(context: SuiteContext): void {
  const content = bytes(300_000);
  const rangeKey = context.key('ranges');
  const emptyKey = context.key('ranges-empty');
  beforeAll(async () => {
    await context.store.put(rangeKey, body(content));
    await context.store.put(emptyKey, body(bytes(0)));
  });

  it.each([
    ['the first byte', { start: 0, end: 0 }, 0, 1],
    ['the middle', { start: 100_000, end: 199_999 }, 100_000, 100_000],
    ['an open end', { start: 299_000 }, 299_000, 1000],
    ['an end behind the last byte', { start: 299_990, end: 400_000 }, 299_990, 10],
    ['the last bytes', { lastBytes: 5 }, 299_995, 5],
    ['more last bytes than there are', { lastBytes: 400_000 }, 0, 300_000],
  ])('reads %s', async (_name, range, start, lengthBytes) => {
    const read = await context.store.get(rangeKey, { range });
    expect(read).toMatchObject({ sizeBytes: 300_000, start, lengthBytes });
    expect((await collect(read.stream)).equals(content.subarray(start, start + lengthBytes))).toBe(true);
  });

  it.each([
    ['a start behind the last byte', { start: 300_000 }, rangeKey],
    ['an end before the start', { start: 10, end: 9 }, rangeKey],
    ['no last bytes', { lastBytes: 0 }, rangeKey],
    ['the first byte of nothing', { start: 0, end: 0 }, emptyKey],
    ['the last byte of nothing', { lastBytes: 1 }, emptyKey],
  ])('refuses %s', async (_name, range, key) => {
    await expect(context.store.get(key, { range })).rejects.toMatchObject({
      name: 'AppError',
      code: 'RangeNotSatisfiable',
    });
  });
}

function describeListing(context: SuiteContext, run: string): void {
  const names = ['a-b', 'a/b', 'a/c/d', 'a0', 'a_b/x', 'b'];
  beforeAll(async () => {
    for (const [index, name] of names.entries()) {
      await context.store.put(context.key(`list/${name}`), body(bytes(index)));
    }
  });

  async function listAll(
    prefix: string,
    limit: number,
  ): Promise<{ keys: string[]; pages: number; sizes: number[] }> {
    const keys: string[] = [];
    const sizes: number[] = [];
    let pages = 0;
    for (let after: string | undefined; ; ) {
      const page = await context.store.list(parseKeyPrefix(`${run}/list/${prefix}`), { limit, after });
      pages++;
      expect(page.objects.length).toBeLessThanOrEqual(limit);
      keys.push(...page.objects.map((object) => object.key.slice(`${run}/list/`.length)));
      sizes.push(...page.objects.map((object) => object.sizeBytes));
      if (page.next === undefined) return { keys, pages, sizes };
      after = page.next;
    }
  }

  it.each([1000, 6, 5, 2, 1])('lists all keys once and in order in pages of %i', async (limit) => {
    const { keys, pages, sizes } = await listAll('', limit);
    expect(keys).toEqual(names);
    expect(sizes).toEqual([0, 1, 2, 3, 4, 5]);
    expect(pages).toBe(Math.ceil(names.length / limit));
  });

  it('lists what begins with a prefix, whole parts or not', async () => {
    expect((await listAll('a/', 10)).keys).toEqual(['a/b', 'a/c/d']);
    expect((await listAll('a/c', 10)).keys).toEqual(['a/c/d']);
    expect((await listAll('a', 10)).keys).toEqual(names.slice(0, 5));
    expect((await listAll('nothing', 10)).keys).toEqual([]);
  });

  it('sees an object as soon as it was put or deleted', async () => {
    const key = context.key('fresh/x');
    const prefix = parseKeyPrefix(`${run}/fresh/`);
    await context.store.put(key, body(bytes(1)));
    expect((await context.store.list(prefix, { limit: 10 })).objects).toEqual([{ key, sizeBytes: 1 }]);
    await context.store.delete(key);
    expect((await context.store.list(prefix, { limit: 10 })).objects).toEqual([]);
  });

  it('refuses a limit that is no limit', async () => {
    for (const limit of [0, -1, 1.5, 1001]) {
      await expect(context.store.list(parseKeyPrefix(''), { limit })).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
    }
  });
}
