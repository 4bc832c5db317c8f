import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mlflowRoute, type ServerFixture, startServer } from './server.fixture.ts';
import { DEFAULT_PATIENCE } from './slow-requests.ts';

const patience = { headersMs: 300, bodySilenceMs: 300, checkMs: 50 };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Connection {
  readonly socket: Socket;
  readonly closed: Promise<string>;
}

async function open(port: number): Promise<Connection> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  // A connection that was cut may be written to once more.
  socket.on('error', () => undefined);
  return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve(answer))) };
}

/** Writes a piece every 40 ms until the connection is closed; how long that took, in ms. */
async function trickle({ socket, closed }: Connection, piece: (no: number) => string): Promise<number> {
  const startedAt = performance.now();
  let open = true;
  void closed.then(() => {
    open = false;
  });
  for (let no = 0; open && performance.now() - startedAt < 5000; no += 1) {
    socket.write(piece(no));
    await pause(40);
  }
  return performance.now() - startedAt;
}

describe('a caller who takes long', () => {
  let fixture: ServerFixture;
  beforeAll(async () => {
    fixture = await startServer({
      patience,
      mlflowRoutes: [
        mlflowRoute('size', async ({ message }) => ({ size: String(message.text).length })),
        mlflowRoute('slow', async () => {
          await pause(900);
          return { done: true };
        }),
      ],
      rawRoutes: [
        {
          method: 'PUT',
          path: '/raw',
          access: 'open',
          async handle(request, reply) {
            let size = 0;
            for await (const chunk of request.raw) size += (chunk as Buffer).length;
            return reply.send(String(size));
          },
        },
        {
          method: 'PUT',
          path: '/unread',
          access: 'open',
          async handle(request, reply) {
            await pause(900);
            request.raw.resume();
            await once(request.raw, 'end');
            return reply.send('read');
          },
        },
      ],
    });
  });
  afterAll(() => fixture.server.close());

  it('to send headers is cut off, however steadily they trickle', async () => {
    const connection = await open(fixture.port);
    connection.socket.write('GET /raw HTTP/1.1\r\nhost: localhost\r\n');
    const tookMs = await trickle(connection, (no) => `x-${no}: 1\r\n`);
    expect(tookMs).toBeGreaterThan(250);
    expect(tookMs).toBeLessThan(2000);
    expect(await connection.closed).toMatch(/^HTTP\/1\.1 408 [\s\S]*x-request-id/i);
  });

  it('to send anything at all is cut off', async () => {
    const { closed } = await open(fixture.port);
    expect(await closed).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  it.each([
    ['PUT', '/raw'],
    ['POST', '/api/size'],
  ])('and falls silent within a body is cut off (%s %s)', async (method, path) => {
    const { socket, closed } = await open(fixture.port);
    const startedAt = performance.now();
    socket.write(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"tex`);
    expect(await closed).toMatch(/^HTTP\/1\.1 408 [\s\S]*x-request-id/i);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(250);
    expect(tookMs).toBeLessThan(2000);
  });

  it('and falls silent within a chunked body is cut off', async () => {
    const { socket, closed } = await open(fixture.port);
    socket.write('PUT /raw HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n');
    expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('to send a body may take many times the limit as long as bytes come', async () => {
    const { socket, closed } = await open(fixture.port);
    const pieces = 20;
    socket.write(
      `PUT /raw HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ${pieces}\r\n\r\n`,
    );
    for (let sent = 0; sent < pieces; sent += 1) {
      await pause(60);
      socket.write('x');
    }
    expect(await closed).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\n20$/);
  });

  it('waits for us as long as we take', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${fixture.url}/api/slow`, { method: 'POST', headers, body: '{}' });
    expect(await answer.json()).toEqual({ done: true });
    const body = new Uint8Array(4 * 1024 * 1024);
    expect(await (await fetch(`${fixture.url}/unread`, { method: 'PUT', body })).text()).toBe('read');
  });

  it('between two requests keeps its connection', async () => {
    const { socket, closed } = await open(fixture.port);
    const get = 'PUT /raw HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n';
    socket.write(`${get}\r\nx`);
    await pause(700);
    socket.write(`${get}connection: close\r\n\r\ny`);
    expect((await closed).match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });
});

it('gives headers 15 seconds and silence a minute unless told otherwise', async () => {
  const { server } = await startServer({});
  expect(server.server.headersTimeout).toBe(15_000);
  // No limit for a whole request: artifacts may take hours.
  expect(server.server.requestTimeout).toBe(0);
  expect(DEFAULT_PATIENCE.bodySilenceMs).toBe(60_000);
  expect(DEFAULT_PATIENCE.checkMs).toBeLessThanOrEqual(5000);
  await server.close();
});
