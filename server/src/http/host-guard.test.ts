import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerFixture, startServer } from './server.fixture.ts';

let fixture: ServerFixture;
beforeAll(async () => {
  fixture = await startServer({
    hostRules: { allowedHosts: ['mlops.example'] },
    rawRoutes: [
      {
        method: 'POST',
        path: '/change',
        access: 'open',
        handle: async (_request, reply) => reply.send('changed'),
      },
    ],
  });
});
afterAll(() => fixture.server.close());

/** The status line's number and the head of the answer to a request of these lines. */
async function ask(...lines: string[]): Promise<{ status: number; head: string }> {
  const socket = connect(fixture.port, '127.0.0.1');
  socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return { status: Number(text.split(' ')[1]), head: text.toLowerCase() };
}

const change = (host: string, origin: string) =>
  ask('POST /change HTTP/1.1', `Host: ${host}`, `Origin: ${origin}`, 'Content-Length: 0');

describe('pages of this machine', () => {
  it.each(['http://localhost:8888', 'http://127.0.0.1:3000', 'http://localhost', 'http://[::1]:8888'])(
    'may change things from %s and read the answer, where they reached a server of this machine',
    async (origin) => {
      for (const host of ['127.0.0.1:5000', 'localhost:5000']) {
        const { status, head } = await change(host, origin);
        expect(status).toBe(200);
        expect(head).toContain(`access-control-allow-origin: ${origin}`);
        expect(head).toMatch(/^vary: .*origin/m);
      }
    },
  );

  it.each([
    ['mlops.example', 'http://localhost:8888'],
    ['10.0.0.5:5000', 'http://localhost:8888'],
    ['localhost:5000', 'http://localhost.evil.example'],
    ['localhost:5000', 'http://localhost@evil.example'],
    ['localhost:5000', 'http://evil.example'],
    ['localhost:5000', 'null'],
  ])('are not what asks the server %s from %s', async (host, origin) => {
    const { status, head } = await change(host, origin);
    expect(status).toBe(403);
    expect(head).not.toContain('access-control-allow-origin');
  });
});

describe('the name under which the server is asked', () => {
  it('may stand there once', async () => {
    const twice = await ask('GET /metrics HTTP/1.1', 'Host: localhost', 'Host: evil.example');
    expect(twice.status).toBe(400);
  });

  it('is checked for the numbers of the server as for all else', async () => {
    expect((await ask('GET /metrics HTTP/1.1', 'Host: evil.example')).status).toBe(403);
    expect((await ask('GET /metrics HTTP/1.1', 'Host: localhost')).status).toBe(200);
  });
});
