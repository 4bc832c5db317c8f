import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBucket } from '../../tools/acceptance-systems.mjs';
import { type ServerProcess, startServer } from '../../tools/server-process.mjs';
import { SlipwayClient } from '../src/index.ts';

const MEBIBYTE = 1024 * 1024;

describe('a large file, where the server sends clients to an S3 store', () => {
  let store: Awaited<ReturnType<typeof startBucket>>;
  let server: ServerProcess;
  beforeAll(async () => {
    store = await startBucket();
    const artifacts = ['--artifacts', `s3://${store.bucket}/slipway`, '--store-endpoint', store.url];
    server = await startServer({ args: [...artifacts, '--direct-transfers', 'true'], env: store.env });
  });
  afterAll(async () => {
    await server?.stop();
    await store?.stop();
  });

  /** A client, and where it sent how many bytes. */
  function watchedClient(breakPart?: (tries: number) => boolean) {
    const asked: string[] = [];
    const sent: { readonly toStore: boolean; readonly sizeBytes: number }[] = [];
    let tries = 0;
    const client = new SlipwayClient({
      baseUrl: server.url,
      retries: 2,
      fetch: (url, init) => {
        asked.push(url);
        const toStore = url.startsWith(store.url);
        if (toStore) {
          tries += 1;
          if (breakPart?.(tries)) return Promise.reject(new TypeError('the network is down'));
        }
        if (init.body instanceof Blob) sent.push({ toStore, sizeBytes: init.body.size });
        return fetch(url, init);
      },
    });
    return { client, sent, asked };
  }
  const root = async (client: SlipwayClient) =>
    client.loggedModels.create({ experimentId: '0', name: 'classifier' });
  const parts = { multipartFromBytes: 6 * MEBIBYTE, partSizeBytes: 5 * MEBIBYTE };

  it('goes there in parts, each tried again by itself, and comes back the same', async () => {
    const { client, sent } = watchedClient((tries) => tries === 2);
    expect(await client.serverInfo()).toMatchObject({ multipartUploads: true });
    const bytes = new Uint8Array(randomBytes(12 * MEBIBYTE));
    const model = await root(client);
    await client.artifacts.upload(model, 'a folder/big.bin', bytes, parts);
    expect(sent.map(({ toStore, sizeBytes }) => `${toStore} ${sizeBytes / MEBIBYTE}`).sort()).toEqual([
      'true 2',
      'true 5',
      'true 5',
    ]);
    expect(Buffer.compare(await client.artifacts.bytes(model, 'a folder/big.bin'), bytes)).toBe(0);
    expect(await client.artifacts.list(model, { path: 'a folder' }).toArray()).toMatchObject([
      { path: 'a folder/big.bin', sizeBytes: bytes.length },
    ]);
  });

  it('goes through the server when it is small, or has a condition', async () => {
    const { client, sent } = watchedClient();
    const model = await root(client);
    await client.artifacts.upload(model, 'small.bin', new Uint8Array(MEBIBYTE), parts);
    await client.artifacts.upload(model, 'new.bin', new Uint8Array(7 * MEBIBYTE), {
      ...parts,
      ifNoneMatch: '*',
    });
    expect(sent.map(({ toStore }) => toStore)).toEqual([false, false]);
  });

  it('leaves nothing when its parts cannot be sent', async () => {
    const { client, asked } = watchedClient(() => true);
    const model = await root(client);
    const upload = client.artifacts.upload(model, 'big.bin', new Uint8Array(7 * MEBIBYTE), parts);
    await expect(upload).rejects.toMatchObject({ errorCode: 'NETWORK_ERROR' });
    await expect(upload).rejects.not.toThrow(/X-Amz/);
    expect(asked.at(-1)).toContain('/mpu/abort/');
    expect(await client.artifacts.list(model).toArray()).toEqual([]);
  });
});
