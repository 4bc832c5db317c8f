import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Program } from '../compose.ts';
import { readConfig } from '../config.ts';
import { JsonText } from './mlflow/routes.ts';
import { mlflowRoute, type ServerFixture, startServer } from './server.fixture.ts';

/** Sends `text`, and `then` once something is answered. */
async function exchange(port: number, text: string, then?: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  if (then !== undefined) socket.once('data', () => socket.write(then));
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe('the id of a request', () => {
  let fixture: ServerFixture;
  beforeAll(async () => {
    fixture = await startServer({
      mlflowRoutes: [
        mlflowRoute('fine', async () => ({})),
        mlflowRoute('streamed', async () => {
          const pieces = async function* () {
            for (let no = 0; no < 20; no += 1) {
              yield 'piece';
              await new Promise((resolve) => setTimeout(resolve, 20));
            }
          };
          return new JsonText(pieces());
        }),
        mlflowRoute('defect', async () => {
          throw new Error('a defect');
        }),
      ],
      rawRoutes: [
        {
          method: 'GET',
          path: '/raw-defect',
          access: 'open',
          async handle() {
            throw new Error('a raw defect');
          },
        },
      ],
    });
  });
  afterAll(() => fixture.server.close());

  const send = async (path: string, { id, method = 'GET' }: { id?: string; method?: string } = {}) => {
    const headers = id === undefined ? {} : { 'x-request-id': id };
    const answer = await fetch(fixture.url + path, { method, headers });
    return { status: answer.status, id: answer.headers.get('x-request-id')!, text: await answer.text() };
  };
  const lines = (id: string) => fixture.log().filter((line) => line.id === id);

  it.each([
    ['/health', 'GET', 404],
    ['/api/fine', 'POST', 200],
    ['/api/fine', 'PUT', 405],
    ['/api/%zz', 'GET', 400],
    ['/', 'GET', 200],
    ['/metrics', 'GET', 200],
  ])('comes with the answer of %s (%s) and stands in its log line', async (path, method, status) => {
    const answer = await send(path, { method });
    expect(answer.status).toBe(status);
    expect(answer.id).toMatch(/^[0-9a-f]{8}-\d+$/);
    await expect.poll(() => lines(answer.id)).toEqual([expect.objectContaining({ method, path, status })]);
  });

  it('ends with the caller’s own where that is fit for a log, and is never that of another', async () => {
    const id = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const first = await send('/api/fine', { method: 'POST', id });
    expect(first.id).toMatch(new RegExp(`^[0-9a-f]{8}-\\d+/${id}$`));
    const second = await send('/api/fine', { method: 'POST', id: first.id });
    const third = await send('/api/fine', { method: 'POST', id });
    expect(new Set([first, second, third].map((each) => each.id.split('/', 1)[0])).size).toBe(3);
    for (const each of [first, second, third]) await expect.poll(() => lines(each.id)).toHaveLength(1);
  });

  it.each(['', 'a'.repeat(129), 'two words', '{"json":1}', '<script>', 'a,b'])(
    'is a new one where the caller’s is %j',
    async (id) => {
      expect((await send('/api/fine', { method: 'POST', id })).id).toMatch(/^[0-9a-f]{8}-\d+$/);
    },
  );

  it.each([
    ['/api/defect', 'POST'],
    ['/raw-defect', 'GET'],
  ])('leads from the answer to a defect of %s to its cause in the log', async (path, method) => {
    const answer = await send(path, { method });
    expect(answer.status).toBe(500);
    expect(answer.text).toContain(answer.id);
    await expect
      .poll(() => lines(answer.id).map((line) => line.message))
      .toEqual(expect.arrayContaining(['unexpected error', 'request']));
  });

  it('comes with the answer to what is no HTTP', async () => {
    const answer = await exchange(fixture.port, 'good morning\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    const [, id] = /x-request-id: (\S+)/i.exec(answer)!;
    expect(lines(id!)).toEqual([expect.objectContaining({ status: 400 })]);
  });

  it('comes with the answer to headers that are too large', async () => {
    const answer = await exchange(
      fixture.port,
      `GET / HTTP/1.1\r\nhost: localhost\r\nlarge: ${'x'.repeat(50_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 [\s\S]*x-request-id: \S+/i);
  });

  it('is not answered into the middle of another answer', async () => {
    const answer = await exchange(
      fixture.port,
      'POST /api/streamed HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n',
      'garbage\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('comes with the refusal of a server that shuts down', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const closing = await startServer({
      mlflowRoutes: [mlflowRoute('held', async () => held.then(() => ({})))],
    });
    const socket = connect(closing.port, '127.0.0.1');
    await once(socket, 'connect');
    const post = 'POST /api/held HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n';
    let answer = '';
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.write(post);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = closing.server.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.write(post);
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    await Promise.all([closed, once(socket, 'close')]);
    const [, first, second] = answer.split('HTTP/1.1 ');
    expect(first).toMatch(/^200 [\s\S]*x-request-id: \S+/i);
    expect(second).toMatch(/^503 [\s\S]*x-request-id: \S+[\s\S]*TEMPORARILY_UNAVAILABLE/i);
  });
});

describe('on every surface of the program', () => {
  const home = mkdtempSync(join(tmpdir(), 'slipway-ids-'));
  let program: Program;
  let url: string;
  beforeAll(async () => {
    program = await compose(readConfig(['--home', home, '--log-level', 'silent'], {}));
    await program.server.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(program.server.server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await program.close();
    rmSync(home, { recursive: true });
  });

  it('answers with the id that was sent behind its own', async () => {
    const artifact = '/api/2.0/mlflow-artifacts/artifacts/0/large.bin';
    const body = new Uint8Array(2 * 1024 * 1024);
    expect((await fetch(url + artifact, { method: 'PUT', body })).status).toBe(200);
    for (const { method, path } of program.server.routeTable) {
      const at = path.endsWith('artifacts/*') ? artifact : path.replace(/:\w+|\*/g, 'x');
      if (method === 'DELETE' && path.endsWith('artifacts/*')) continue;
      const id = `${method}${path}`.replace(/[^\w/]/g, '');
      const answer = await fetch(url + at, { method, headers: { 'x-request-id': id } });
      const answered = answer.headers.get('x-request-id')?.split('/').slice(1).join('/');
      expect([method, path, answered]).toEqual([method, path, id]);
      await answer.body?.cancel();
    }
  });
});
