import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SlipwayClient, type SlipwayClientOptions, type SlipwayError } from '../src/index.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that gives these answers one after another, the last one again and again. */
async function serve(...answers: Handler[]) {
  const requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]!;
    const { method = '', url = '', headers } = request;
    const seen = { method, url, headers, body: '' };
    requests.push(seen);
    try {
      for await (const chunk of request) seen.body += String(chunk);
    } catch {
      // The caller went away.
    }
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (options: Partial<SlipwayClientOptions> = {}) => new SlipwayClient({ baseUrl, ...options });
  return { baseUrl, requests, client };
}

const json =
  (status: number, body: object, headers: Record<string, string> = {}): Handler =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
const html =
  (status: number): Handler =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>nginx</h1>');
  };
const cut: Handler = (request) => request.socket.destroy();
const silence: Handler = () => undefined;
const cutInBody: Handler = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"experiment_id":', () => response.destroy());
};
const created = json(200, { experiment_id: '7' });
const refused = (status: number, code: string) => json(status, { error_code: code, message: 'not now' });

describe('a call', () => {
  it.each([
    ['503', refused(503, 'TEMPORARILY_UNAVAILABLE')],
    ['a 502 of a proxy', html(502)],
    ['429', refused(429, 'REQUEST_LIMIT_EXCEEDED')],
    ['504', refused(504, 'DEADLINE_EXCEEDED')],
    ['a connection that is cut', cut],
    ['an answer that is cut', cutInBody],
  ])('is sent again after %s', async (_, failure) => {
    const { client, requests } = await serve(failure, failure, created);
    expect(await client().experiments.create({ name: 'a' })).toBe('7');
    expect(requests.map(({ body }) => body)).toEqual(Array(3).fill('{"name":"a","tags":[]}'));
  });

  it.each([400, 401, 403, 404, 409, 500, 501])('is not sent again after %i', async (status) => {
    const { client, requests } = await serve(refused(status, 'SOME_CODE'));
    await expect(client().runs.get('a')).rejects.toMatchObject({
      errorCode: 'SOME_CODE',
      status,
      message: 'not now',
    });
    expect(requests).toHaveLength(1);
  });

  it('is given up after so many retries', async () => {
    const { client, requests } = await serve(refused(503, 'TEMPORARILY_UNAVAILABLE'));
    await expect(client({ retries: 2 }).runs.get('a')).rejects.toMatchObject({ status: 503 });
    expect(requests).toHaveLength(3);
    await expect(client({ retries: 0 }).runs.get('a')).rejects.toMatchObject({ status: 503 });
    expect(requests).toHaveLength(4);
  });

  it('waits as long as the server asks', async () => {
    const { client } = await serve(json(429, {}, { 'retry-after': '1' }), created);
    const startedAt = performance.now();
    await client().experiments.create({ name: 'a' });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  it('does not wait for minutes, but tells how long the server asks for', async () => {
    const { client, requests } = await serve(json(503, {}, { 'retry-after': '3600' }));
    await expect(client().runs.get('a')).rejects.toMatchObject({
      errorCode: 'HTTP_503',
      retryAfterMs: 3_600_000,
    });
    expect(requests).toHaveLength(1);
  });

  it('that would be done twice is sent again only where nothing was done', async () => {
    const webhook = { name: 'a', url: 'https://b.example', events: [] };
    const lost = await serve(cut, created);
    await expect(lost.client().webhooks.create(webhook)).rejects.toMatchObject({
      errorCode: 'NETWORK_ERROR',
    });
    expect(lost.requests).toHaveLength(1);
    const cloned = await serve(html(502), created);
    await expect(cloned.client().runs.clone('a')).rejects.toMatchObject({ errorCode: 'HTTP_502' });
    expect(cloned.requests).toHaveLength(1);
    const answer = { webhook: { webhook_id: 'w', name: 'a', url: 'https://b.example', status: 'ACTIVE' } };
    const busy = await serve(refused(503, 'TEMPORARILY_UNAVAILABLE'), json(200, answer));
    expect((await busy.client().webhooks.create(webhook)).webhookId).toBe('w');
  });

  it('has a time-out for each attempt', async () => {
    const { client, requests } = await serve(silence, created);
    expect(await client({ timeoutMs: 100 }).experiments.create({ name: 'a' })).toBe('7');
    const never = await serve(silence);
    const call = never.client({ retries: 0 }).runs.get('a', { timeoutMs: 50 });
    await expect(call).rejects.toMatchObject({ errorCode: 'TIMEOUT', status: undefined });
    expect(requests).toHaveLength(2);
  });

  it('ends with its signal, while it is sent and between retries', async () => {
    const { client, requests } = await serve(silence);
    const reason = new Error('the page was left');
    const sent = new AbortController();
    const call = client().runs.get('a', { signal: sent.signal });
    await expect.poll(() => requests.length).toBe(1);
    sent.abort(reason);
    await expect(call).rejects.toBe(reason);
    const waiting = new AbortController();
    const busy = await serve(json(503, {}, { 'retry-after': '30' }));
    const retried = busy.client().runs.get('a', { signal: waiting.signal });
    await expect.poll(() => busy.requests.length).toBe(1);
    waiting.abort(reason);
    await expect(retried).rejects.toBe(reason);
    await expect(client().runs.get('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(requests).toHaveLength(1);
  });

  it('reports an answer that is none of this protocol', async () => {
    const { client } = await serve(html(200), json(200, {}), json(200, { run: { info: { run_id: 5 } } }));
    for (const part of ['not JSON', "'run'", "'run_id'"]) {
      const error: SlipwayError = await client()
        .runs.get('a')
        .catch((thrown) => thrown);
      expect(error).toMatchObject({ errorCode: 'INVALID_RESPONSE' });
      expect(error.message).toContain(part);
    }
  });

  it('reports a search whose pages never end', async () => {
    const { client } = await serve(json(200, { next_page_token: 'same' }));
    const search = client().experiments.search().toArray();
    await expect(search).rejects.toMatchObject({ errorCode: 'INVALID_RESPONSE' });
  });

  it('tells the request id of an error', async () => {
    const { client } = await serve(
      json(500, { error_code: 'INTERNAL_ERROR', message: 'oh' }, { 'x-request-id': 'r-9' }),
    );
    await expect(client().runs.get('a')).rejects.toMatchObject({ requestId: 'r-9' });
  });
});

describe('authorization', () => {
  it('goes along with every request, as a token or as name and password', async () => {
    const { client, requests, baseUrl } = await serve(created);
    await client({ token: 'secret-token' }).experiments.create({ name: 'a' });
    await client({ username: 'jané', password: 'pass:word' }).experiments.create({ name: 'a' });
    const withUser = baseUrl.replace('//', '//jane:p%40ss@');
    await new SlipwayClient({ baseUrl: withUser }).experiments.create({ name: 'a' });
    await client().experiments.create({ name: 'a' });
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer secret-token',
      basic('jané:pass:word'),
      basic('jane:p@ss'),
      undefined,
    ]);
  });

  it('is in no error', async () => {
    const { client, baseUrl } = await serve(html(401));
    const errors = [
      await client({ token: 'secret-token' })
        .runs.get('a')
        .catch((error: unknown) => error),
      await new SlipwayClient({ baseUrl: 'http://jane:secret-token@127.0.0.1:1', retries: 0 }).runs
        .get('a')
        .catch((error: unknown) => error),
    ];
    try {
      new SlipwayClient({ baseUrl: 'ftp://jane:secret-token@host' });
    } catch (error) {
      errors.push(error);
    }
    expect(errors).toHaveLength(3);
    for (const error of errors) {
      const { message, stack, cause } = error as SlipwayError;
      expect(`${message} ${stack} ${String(cause)} ${JSON.stringify(error)}`).not.toMatch(
        /secret-token|c2VjcmV0/,
      );
    }
    expect(baseUrl).not.toBe('');
  });

  it('does not follow a signed address of a store', async () => {
    const store = await serve((_, response) => response.writeHead(200, { etag: '"e"' }).end());
    const server = await serve(
      json(200, { multipart_uploads_enabled: true }),
      json(200, {
        upload_id: 'u',
        credentials: [
          { url: `${store.baseUrl}/1`, part_number: 1, headers: { 'x-part': 'one' } },
          { url: `${store.baseUrl}/2`, part_number: 2, headers: {} },
        ],
      }),
      json(200, {}),
    );
    const client = server.client({ token: 'secret-token' });
    const root = { artifactUri: 'mlflow-artifacts:/1/run/artifacts' };
    await client.artifacts.upload(root, 'big.bin', 'abcdef', { multipartFromBytes: 1, partSizeBytes: 4 });
    expect(store.requests.map(({ method, body }) => `${method} ${body}`).sort()).toEqual([
      'PUT abcd',
      'PUT ef',
    ]);
    expect(store.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    expect(server.requests.at(-1)).toMatchObject({
      url: '/api/2.0/mlflow-artifacts/mpu/complete/1/run/artifacts',
      headers: { authorization: 'Bearer secret-token' },
    });
    expect(JSON.parse(server.requests.at(-1)!.body)).toMatchObject({
      path: 'big.bin',
      upload_id: 'u',
      parts: [
        { part_number: 1, etag: '"e"' },
        { part_number: 2, etag: '"e"' },
      ],
    });
  });
});

describe('the base URL', () => {
  it('may have a path, and a slash at its end', async () => {
    const { baseUrl, requests } = await serve(created);
    await new SlipwayClient({ baseUrl: `${baseUrl}/ml/flow/` }).experiments.create({ name: 'a' });
    await new SlipwayClient({ baseUrl: new URL(baseUrl) }).experiments.create({ name: 'a' });
    const path = '/api/2.0/mlflow/experiments/create';
    expect(requests.map(({ url }) => url)).toEqual([`/ml/flow${path}`, path]);
  });

  it.each(['', '/', 'host:5000', 'ftp://host', 'not a url'])('may not be %j outside of a page', (baseUrl) => {
    expect(() => new SlipwayClient({ baseUrl })).toThrow(/base URL/);
  });
});

describe('a transfer', () => {
  const root = { artifactUri: 'mlflow-artifacts:/1/run/artifacts' };
  const stalled: Handler = (_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('begun');
  };

  it('is abandoned when the bytes stop coming', async () => {
    const { client } = await serve(stalled);
    const response = await client().artifacts.download(root, 'a', { timeoutMs: 100 });
    await expect(response.text()).rejects.toMatchObject({ errorCode: 'TIMEOUT' });
  });

  it('may take longer than the time-out while bytes come', async () => {
    const slow: Handler = (_, response) => {
      response.writeHead(200, { 'content-length': '10' });
      let sent = 0;
      const timer = setInterval(() => {
        sent += 1;
        response.write('x');
        if (sent < 10) return;
        clearInterval(timer);
        response.end();
      }, 40);
    };
    const { client, requests } = await serve(slow, slow);
    expect(await client().artifacts.text(root, 'a', { timeoutMs: 250 })).toBe('x'.repeat(10));
    const response = await client().artifacts.download(root, 'a', { timeoutMs: 250 });
    expect(await response.text()).toBe('x'.repeat(10));
    expect(requests).toHaveLength(2);
  });

  it('of a whole file is tried again when the bytes stop coming', async () => {
    const { client } = await serve(stalled, (_, response) => response.end('whole'));
    expect(await client().artifacts.text(root, 'a', { timeoutMs: 100 })).toBe('whole');
  });

  it('of a stream is abandoned when the server does not answer, and not sent again', async () => {
    const { client, requests } = await serve(silence);
    const stream = new Blob(['abc']).stream();
    await expect(client().artifacts.upload(root, 'a', stream, { timeoutMs: 100 })).rejects.toMatchObject({
      errorCode: 'TIMEOUT',
    });
    expect(requests).toHaveLength(1);
  });

  it('of bytes is sent again after a failure', async () => {
    const { client, requests } = await serve(cut, json(200, {}));
    await client().artifacts.upload(root, 'a', 'abc');
    expect(requests.map(({ method, url, body }) => `${method} ${url} ${body}`).at(-1)).toBe(
      'PUT /api/2.0/mlflow-artifacts/artifacts/1/run/artifacts/a abc',
    );
  });

  it('to this place is read again whole when its connection breaks', async () => {
    const { client } = await serve(cutInBody, (_, response) => response.end('whole'));
    expect(await client().artifacts.text(root, 'a')).toBe('whole');
  });
});

it('logs every value once in spite of answers that are lost', async () => {
  const batches: string[] = [];
  const info = {
    run_id: 'r',
    experiment_id: '1',
    status: 'RUNNING',
    artifact_uri: 'x:',
    lifecycle_stage: 'active',
  };
  const { client } = await serve(
    json(200, { run: { info } }),
    cut,
    json(200, {}),
    json(200, { run_info: info }),
  );
  const run = await client({
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (url.endsWith('log-batch')) batches.push(String(init.body));
      return response;
    },
  }).runs.create({ experimentId: '1' });
  run.logMetric('loss', 1, { timestampMs: 5 });
  await run.end();
  expect(batches.map((body) => JSON.parse(body))).toEqual([
    { run_id: 'r', metrics: [{ key: 'loss', value: 1, timestamp: 5, step: 0 }], params: [], tags: [] },
  ]);
});
