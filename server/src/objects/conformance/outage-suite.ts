import { describe, expect, it } from 'vitest';
import { AppError } from '../../kernel/errors.ts';
import { parseKeyPrefix } from '../object-key.ts';
import type { ObjectStore } from '../port.ts';
import type { Cut } from './cutting-proxy.ts';
import type { SuiteContext } from './object-store-suite.ts';
import { body, bytes, collect } from './test-bodies.ts';

const MB = 1_000_000;

/** Each call meets a cut connection once: it succeeds by another try or says Unavailable, and the store is sound after. */
export function describeOutages(context: SuiteContext): void {
  const { key } = context;
  const small = bytes(2000, 5);
  const large = bytes(20 * MB, 6);

  /** The outcome of a call that met a cut; fails where the cut did not happen or the error is no clear one. */
  async function cutDuring<T>(cut: Cut, call: (store: ObjectStore) => Promise<T>): Promise<T | undefined> {
    const { store, proxy } = context.unreliable;
    const before = proxy.cuts;
    proxy.cutNext(cut);
    let result: T | undefined;
    try {
      result = await call(store);
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({ code: 'Unavailable' });
    }
    expect(proxy.cuts).toBe(before + 1);
    return result;
  }

  const stored = async (name: string): Promise<Buffer | undefined> => {
    try {
      return await collect((await context.store.get(key(name))).stream);
    } catch (error) {
      expect(error).toMatchObject({ code: 'NotFound' });
      return undefined;
    }
  };

  describe.each(['request', 'answer'] as const)('when the %s is cut off', (cut) => {
    it.each([
      ['small', small, false],
      ['large', large, false],
      ['small ifAbsent', small, true],
      ['large ifAbsent', large, true],
    ])('puts a %s object whole or not at all', async (name, content, ifAbsent) => {
      const id = `outage/${cut}/${name.replace(' ', '-').toLowerCase()}`;
      const result = await cutDuring(cut, (store) => store.put(key(id), body(content), { ifAbsent }));
      const found = await stored(id);
      if (result !== undefined) expect(found).toBeDefined();
      if (found !== undefined) expect(found.equals(content)).toBe(true);
      await context.store.put(key(id), body(small));
      expect((await stored(id))?.equals(small)).toBe(true);
    });

    it('reads, asks and lists by another try', async () => {
      const id = `outage/${cut}/read`;
      await context.store.put(key(id), body(small));
      const read = await cutDuring(cut, async (store) => collect((await store.get(key(id))).stream));
      expect(read?.equals(small)).toBe(true);
      const head = await cutDuring(cut, (store) => store.head(key(id)));
      expect(head?.sizeBytes).toBe(small.length);
      const page = await cutDuring(cut, (store) => store.list(parseKeyPrefix(key(id)), { limit: 5 }));
      expect(page?.objects).toHaveLength(1);
    });

    it('copies and deletes by another try', async () => {
      const id = `outage/${cut}/from`;
      await context.store.put(key(id), body(small));
      await cutDuring(cut, (store) => store.copy(key(id), key(`outage/${cut}/to`)));
      const copy = await stored(`outage/${cut}/to`);
      if (copy !== undefined) expect(copy.equals(small)).toBe(true);
      await cutDuring(cut, (store) => store.delete(key(id)));
      expect(await stored(id)).toBeUndefined();
    });

    it('carries a multipart upload through', async () => {
      const id = `outage/${cut}/multi`;
      const content = bytes(Math.max(context.store.capabilities.minPartSizeBytes, 50_000));
      await cutDuring(cut, (store) => store.startMultipart(key(id)));
      const upload = await context.store.startMultipart(key(id));
      const options = { sizeBytes: content.length };
      await cutDuring(cut, (store) => store.putPart(upload, 1, body(content), options));
      const { etag } = await context.store.putPart(upload, 1, body(content), options);
      await cutDuring(cut, (store) => store.completeMultipart(upload, [{ partNumber: 1, etag }]));
      const found = await stored(id);
      if (found !== undefined) expect(found.equals(content)).toBe(true);
      const aborted = await context.store.startMultipart(key(`${id}-aborted`));
      await cutDuring(cut, (store) => store.abortMultipart(aborted));
      await context.store.abortMultipart(aborted);
      expect(await stored(`${id}-aborted`)).toBeUndefined();
    });
  });

  it('goes on reading where a download broke off', async () => {
    await context.store.put(key('outage/middle'), body(large));
    const read = await cutDuring('middle', async (store) =>
      collect((await store.get(key('outage/middle'))).stream),
    );
    expect(read?.equals(large)).toBe(true);
    const range = { start: 1_000_000, end: 18_999_999 };
    const part = await cutDuring('middle', async (store) =>
      collect((await store.get(key('outage/middle'), { range })).stream),
    );
    expect(part?.equals(large.subarray(1_000_000, 19_000_000))).toBe(true);
  });

  // The last one: the proxy stays down.
  it('says Unavailable while the store is out of reach', async () => {
    const { store, proxy } = context.unreliable;
    const read = await store.get(key('outage/middle'));
    await proxy.goDown();
    const down = { name: 'AppError', code: 'Unavailable' };
    await expect(collect(read.stream)).rejects.toMatchObject(down);
    await expect(store.put(key('outage/down'), body(small))).rejects.toMatchObject(down);
    await expect(store.get(key('outage/middle'))).rejects.toMatchObject(down);
    await expect(store.head(key('outage/middle'))).rejects.toMatchObject(down);
    await expect(store.delete(key('outage/middle'))).rejects.toMatchObject(down);
    await expect(store.list(parseKeyPrefix(''), { limit: 1 })).rejects.toMatchObject(down);
    await expect(store.startMultipart(key('outage/down'))).rejects.toMatchObject(down);
    expect((await stored('outage/middle'))?.length).toBe(large.length);
  }, 120_000);
}
