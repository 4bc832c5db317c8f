import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SlipwayClient } from '../src/index.ts';
import { newName, runningServer } from './running-server.ts';

const server = runningServer();

async function newRun(client: SlipwayClient) {
  return client.runs.create({
    experimentId: await client.experiments.create({ name: newName('experiment') }),
  });
}

/** Bytes as a stream of pieces. */
function streamOf(
  bytes: Uint8Array<ArrayBuffer>,
  pieceBytes: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
}

describe('artifacts', () => {
  it('go up as text, bytes, blobs and streams, and come back the same', async () => {
    const { client } = server;
    const { runId } = await newRun(client);
    const bytes = new Uint8Array(randomBytes(3_000_000));
    const root = { runId };
    await client.artifacts.upload(root, 'text.txt', 'grüße');
    await client.artifacts.upload(root, 'bytes.bin', bytes);
    await client.artifacts.upload(root, 'blob.bin', new Blob([bytes]));
    await client.artifacts.upload(root, 'deep/er/stream.bin', streamOf(bytes, 65_536));
    expect(await client.artifacts.text(root, 'text.txt')).toBe('grüße');
    for (const path of ['bytes.bin', 'blob.bin', 'deep/er/stream.bin']) {
      expect(Buffer.compare(await client.artifacts.bytes(root, path), bytes)).toBe(0);
    }
    const response = await client.artifacts.download(root, 'bytes.bin');
    expect(response.headers.get('content-length')).toBe('3000000');
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), bytes)).toBe(0);
  });

  it('keep names with spaces, percent signs and letters of every kind', async () => {
    const { client } = server;
    const run = await newRun(client);
    const paths = ['a folder/50% off?.txt', 'ordner/grüße & küsse+.txt', '日本/語.txt'];
    for (const path of paths) {
      await client.artifacts.upload(run, path, path);
      expect(await client.artifacts.text(run, path)).toBe(path);
      const folder = path.split('/')[0]!;
      expect(await client.artifacts.list(run, { path: folder }).toArray()).toEqual([
        { path, isFolder: false, sizeBytes: Buffer.byteLength(path) },
      ]);
    }
  });

  it('are listed page by page and deleted', async () => {
    const { client } = server;
    const run = await newRun(client);
    for (const name of ['a', 'b', 'c/d', 'c/e', 'f']) await client.artifacts.upload(run, name, name);
    const listing = client.artifacts.list(run, { pageSize: 2 });
    const expected = [
      { path: 'a', isFolder: false, sizeBytes: 1 },
      { path: 'b', isFolder: false, sizeBytes: 1 },
      { path: 'c', isFolder: true, sizeBytes: undefined },
      { path: 'f', isFolder: false, sizeBytes: 1 },
    ];
    expect((await listing.toArray()).sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(expected);
    expect((await listing.page()).items).toHaveLength(2);
    await client.artifacts.delete(run, 'c');
    expect((await listing.toArray()).map(({ path }) => path).sort()).toEqual(['a', 'b', 'f']);
    expect(await client.artifacts.list(run, { path: 'nowhere' }).toArray()).toEqual([]);
    await expect(client.artifacts.text(run, 'c/d')).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  it('are read in part, and not at all where they are known', async () => {
    const { client } = server;
    const run = await newRun(client);
    const { etag } = await client.artifacts.upload(run, 'digits.txt', '0123456789');
    const text = (range: { start: number; end?: number } | { last: number }) =>
      client.artifacts.text(run, 'digits.txt', { range });
    expect(await text({ start: 2, end: 4 })).toBe('234');
    expect(await text({ start: 7 })).toBe('789');
    expect(await text({ last: 2 })).toBe('89');
    await expect(text({ start: 10 })).rejects.toMatchObject({ status: 416 });
    const part = await client.artifacts.download(run, 'digits.txt', { range: { start: 1, end: 1 } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1-1/10']);
    expect(etag).toMatch(/^".+"$/);
    expect((await client.artifacts.download(run, 'digits.txt', { ifNoneMatch: etag! })).status).toBe(304);
  });

  it('are refused with another checksum, and where something is there already', async () => {
    const { client } = server;
    const run = await newRun(client);
    const sha256 = createHash('sha256').update('abc').digest('hex');
    await client.artifacts.upload(run, 'a.txt', 'abc', { sha256 });
    await expect(client.artifacts.upload(run, 'a.txt', 'abd', { sha256 })).rejects.toMatchObject({
      status: 400,
    });
    await expect(client.artifacts.upload(run, 'a.txt', 'x', { ifNoneMatch: '*' })).rejects.toMatchObject({
      status: 412,
    });
    expect(await client.artifacts.text(run, 'a.txt')).toBe('abc');
  });

  it.each(['../other/file', 'a/../../b', './a', '/etc/passwd', 'a//b', 'a/', ''])(
    'are never looked for at %j',
    async (path) => {
      const client = new SlipwayClient({
        baseUrl: server.url,
        fetch: () => Promise.reject(new Error('nothing is to be sent')),
      });
      const root = { artifactUri: 'mlflow-artifacts:/1/abc/artifacts' };
      for (const call of [client.artifacts.bytes(root, path), client.artifacts.delete(root, path)]) {
        await expect(call).rejects.toMatchObject({ errorCode: 'INVALID_PARAMETER_VALUE' });
      }
    },
  );

  it('belong to logged models and to versions of registered models as well', async () => {
    const { client } = server;
    const experimentId = await client.experiments.create({ name: newName('experiment') });
    const model = await client.loggedModels.create({ experimentId, name: 'classifier' });
    await client.artifacts.upload(model, 'MLmodel', 'flavors: {}');
    await client.loggedModels.setStatus(model.modelId, 'LOGGED_MODEL_READY');
    expect(await client.artifacts.text({ modelId: model.modelId }, 'MLmodel')).toBe('flavors: {}');
    const name = newName('model');
    await client.registeredModels.create({ name });
    const { version } = await client.modelVersions.create({
      name,
      source: `models:/${model.modelId}`,
      modelId: model.modelId,
    });
    expect(await client.artifacts.text({ modelName: name, version }, 'MLmodel')).toBe('flavors: {}');
  });

  it('that lie elsewhere are not asked of the server', async () => {
    const elsewhere = { artifactUri: 's3://bucket/run/artifacts' };
    await expect(server.client.artifacts.list(elsewhere).page()).rejects.toMatchObject({
      errorCode: 'NOT_IMPLEMENTED',
    });
  });
});
