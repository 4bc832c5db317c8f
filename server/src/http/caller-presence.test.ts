import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { JsonText, type MlflowCall } from './mlflow/routes.ts';
import type { RawRoute } from './routes.ts';
import { mlflowRoute, type ServerFixture, startServer } from './server.fixture.ts';

let fixture: ServerFixture;
afterEach(() => fixture.server.close());

const post = (path: string, body: string, length = body.length) =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${body}`;

async function sendTo(port: number, text: string) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

const turns = (ms = 50) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the signal of a call', () => {
  it('stays silent while the caller waits, also long after the body was read', async () => {
    const seen: boolean[] = [];
    let signal: AbortSignal | undefined;
    fixture = await startServer({
      mlflowRoutes: [
        mlflowRoute('slow', async (call) => {
          signal = call.signal;
          await turns();
          seen.push(call.signal.aborted);
          return { same: call.signal === signal };
        }),
      ],
    });
    const url = `${fixture.url}/api/slow`;
    const headers = { 'content-type': 'application/json' };
    for (const body of ['{"a":1}', undefined]) {
      const answer = await fetch(url, { method: 'POST', headers, ...(body !== undefined && { body }) });
      expect(await answer.json()).toEqual({ same: true });
      await turns(20);
      seen.push(signal!.aborted);
    }
    expect(seen).toEqual([false, false, false, false]);
  });

  it.each(['{"a":1}', ''])('aborts when the caller leaves before the answer (body %j)', async (body) => {
    const started = Promise.withResolvers<MlflowCall>();
    const ended = Promise.withResolvers<void>();
    fixture = await startServer({
      mlflowRoutes: [
        mlflowRoute('slow', async (call) => {
          const { signal } = call;
          signal.addEventListener('abort', () => ended.resolve());
          started.resolve(call);
          await ended.promise;
          return {};
        }),
      ],
    });
    const socket = await sendTo(fixture.port, post('/api/slow', body));
    const { signal } = await started.promise;
    await turns();
    expect(signal.aborted).toBe(false);
    socket.destroy();
    await ended.promise;
    expect(signal.aborted).toBe(true);
  });

  it('aborts when the caller leaves amid a streamed answer', async () => {
    const ended = Promise.withResolvers<void>();
    fixture = await startServer({
      mlflowRoutes: [
        mlflowRoute('stream', async ({ signal }) => {
          signal.addEventListener('abort', () => ended.resolve());
          const pieces = async function* () {
            for (;;) {
              yield 'x'.repeat(1000);
              await turns(1);
            }
          };
          return new JsonText(pieces());
        }),
      ],
    });
    const socket = await sendTo(fixture.port, post('/api/stream', '{}'));
    await once(socket, 'data');
    socket.destroy();
    await ended.promise;
  });

  it('is aborted from the start for whoever asks for it too late', async () => {
    const asked = Promise.withResolvers<boolean>();
    fixture = await startServer({
      mlflowRoutes: [
        mlflowRoute('late', async (call) => {
          socket.destroy();
          await turns();
          asked.resolve(call.signal.aborted);
          return {};
        }),
      ],
    });
    const socket = await sendTo(fixture.port, post('/api/late', '{}'));
    expect(await asked.promise).toBe(true);
  });
});

describe('a connection that breaks', () => {
  const raw = (handle: RawRoute['handle']): RawRoute => ({
    method: 'POST',
    path: '/raw',
    access: 'open',
    handle,
  });
  const causes = () => fixture.log().filter((line) => line.message === 'unexpected error');

  it.each(['ECONNRESET', 'ABORT_ERR', 'ERR_STREAM_PREMATURE_CLOSE'])(
    'on our way to somebody else (%s) is a failure of ours, with its cause in the log',
    async (code) => {
      fixture = await startServer({
        mlflowRoutes: [
          mlflowRoute('outgoing', async () => {
            throw Object.assign(new Error(`the store is gone: ${code}`), { code });
          }),
        ],
      });
      const answer = await fetch(`${fixture.url}/api/outgoing`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      expect(answer.status).toBe(500);
      expect(causes()).toEqual([expect.objectContaining({ error: `the store is gone: ${code}` })]);
    },
  );

  it('of an object store that answers 403 is a failure of ours as well', async () => {
    fixture = await startServer({
      mlflowRoutes: [
        mlflowRoute('outgoing', async () => {
          throw Object.assign(new Error('the store forbids it'), { statusCode: 403, code: 'Forbidden' });
        }),
      ],
    });
    const answer = await fetch(`${fixture.url}/api/outgoing`, { method: 'POST' });
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('forbids');
  });

  it('on our way to a store while the body still comes is a failure of ours', async () => {
    const store = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    store.listen(0, '127.0.0.1');
    await once(store, 'listening');
    fixture = await startServer({
      rawRoutes: [
        raw(async (request) => {
          await pipeline(request.raw, connect((store.address() as AddressInfo).port, '127.0.0.1'));
        }),
      ],
    });
    const socket = await sendTo(fixture.port, post('/raw', 'x'.repeat(1000), 1_000_000));
    socket.on('error', () => undefined);
    await expect.poll(causes).toHaveLength(1);
    socket.destroy();
    store.close();
  });

  it('within the caller’s body is the caller’s doing: nothing of it is logged as a defect', async () => {
    const finished = Promise.withResolvers<unknown>();
    fixture = await startServer({
      rawRoutes: [
        raw(async (request) => {
          const taken = pipeline(request.raw, new PassThrough().resume());
          await taken.catch((error) => {
            finished.resolve((error as { code?: unknown }).code);
            throw error;
          });
        }),
      ],
    });
    const socket = await sendTo(fixture.port, post('/raw', 'x', 1000));
    await turns();
    socket.destroy();
    expect(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']).toContain(await finished.promise);
    await turns();
    expect(causes()).toEqual([]);
  });

  it('within a message is the caller’s doing, too', async () => {
    fixture = await startServer({ mlflowRoutes: [mlflowRoute('message', async () => ({}))] });
    const socket = await sendTo(fixture.port, post('/api/message', '{', 1000));
    await turns();
    socket.destroy();
    await expect.poll(() => fixture.log().length).toBeGreaterThan(0);
    expect(causes()).toEqual([]);
  });

  it('ends work that heeds the signal without a line about a defect', async () => {
    const started = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    fixture = await startServer({
      mlflowRoutes: [
        mlflowRoute('work', async ({ signal }) => {
          started.resolve();
          await new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              ended.resolve();
              reject(Object.assign(new Error('The operation was aborted'), { code: 'ABORT_ERR' }));
            });
          });
          return {};
        }),
      ],
    });
    const socket = await sendTo(fixture.port, post('/api/work', '{}'));
    await started.promise;
    socket.destroy();
    await ended.promise;
    await turns();
    expect(causes()).toEqual([]);
  });
});
