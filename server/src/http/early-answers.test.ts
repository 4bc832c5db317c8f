import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fullAccess } from '../governance/access.ts';
import { wrongCredentials } from '../governance/passwords.ts';
import { type Authenticate, callerOf } from './authenticate.ts';
import { readJsonBody } from './json-body.ts';
import { type ServerFixture, startServer } from './server.fixture.ts';

const MIB = 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, 'x');
const CHUNK = Buffer.concat([Buffer.from('10000\r\n'), PIECE, Buffer.from('\r\n')]);
const leave = { bytes: 6 * MIB, ms: 1000, strangers: 20 };

const nobody = { id: '', kind: 'user', name: '', isAdmin: false } as const;
const jane = { id: '1', kind: 'user', name: 'jane', isAdmin: true } as const;

const authenticate: Authenticate = (request, rule) => {
  if (rule === 'open') return callerOf(request, fullAccess(nobody));
  if (request.headers.authorization !== 'Bearer good') throw wrongCredentials();
  return callerOf(request, fullAccess(jane));
};

describe('an answer that is ready before the body has come', () => {
  let door: ServerFixture;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    door = await startServer({
      authenticate,
      leave,
      rawRoutes: [
        {
          method: 'PUT',
          path: '/file',
          access: 'filtered',
          async handle(request, reply) {
            let size = 0;
            for await (const chunk of request.raw) size += (chunk as Buffer).length;
            return reply.send(String(size));
          },
        },
        {
          method: 'POST',
          path: '/open',
          access: 'open',
          handle: async (request, reply) => reply.send(await readJsonBody(request, 1000)),
        },
        {
          method: 'PUT',
          path: '/refused',
          access: 'filtered',
          async handle() {
            throw wrongCredentials();
          },
        },
      ],
    });
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(() => door.server.close());

  interface Sender {
    readonly socket: Socket;
    /** All that was answered so far. */
    heard(): string;
    /** When there is nothing more to hear; what ended it, if that was no orderly end. */
    readonly over: Promise<string | undefined>;
  }

  async function begin(head: string): Promise<Sender> {
    const socket = connect(door.port, '127.0.0.1');
    sockets.push(socket);
    let heard = '';
    let fault: string | undefined;
    socket.on('data', (data) => {
      heard += String(data);
    });
    socket.on('error', ({ message }) => {
      fault = message;
    });
    const over = new Promise<string | undefined>((resolve) => socket.once('close', () => resolve(fault)));
    await once(socket, 'connect');
    socket.write(`${head}\r\ncontent-type: application/json\r\n\r\n`);
    return { socket, over, heard: () => heard };
  }

  /** Sends pieces, never more than the other end takes, until so many bytes are sent or the connection is closed. */
  async function pour({ socket, over }: Sender, bytes: number, piece = PIECE): Promise<number> {
    let sent = 0;
    let isOver = false;
    let go = () => {};
    const drained = () => go();
    socket.on('drain', drained);
    void over.then(() => {
      isOver = true;
      go();
    });
    while (sent < bytes && !isOver) {
      sent += piece.length;
      if (socket.write(piece)) continue;
      await new Promise<void>((resolve) => {
        go = resolve;
      });
    }
    socket.off('drain', drained);
    return sent;
  }

  const HOST = 'host: 127.0.0.1';
  const LONG = `content-length: ${4 * MIB}`;

  it.each([
    ['bad credentials', `PUT /file HTTP/1.1\r\n${HOST}\r\nauthorization: Bearer bad\r\n${LONG}`, 401],
    ['no credentials', `PUT /file HTTP/1.1\r\n${HOST}\r\n${LONG}`, 401],
    ['an old version of HTTP', `PUT /file HTTP/1.0\r\n${HOST}\r\n${LONG}`, 401],
    ['a path that is not there', `PUT /nowhere HTTP/1.1\r\n${HOST}\r\n${LONG}`, 404],
    ['a method that is not there', `POST /file HTTP/1.1\r\n${HOST}\r\n${LONG}`, 405],
    ['a foreign host', `PUT /file HTTP/1.1\r\nhost: evil.example\r\n${LONG}`, 403],
    ['a route that is open to all', `POST /open HTTP/1.1\r\n${HOST}\r\n${LONG}`, 413],
  ])('reaches a sender that listens only when all is sent: %s', async (_, head, status) => {
    const sender = await begin(head);
    sender.socket.pause();
    expect(await pour(sender, 4 * MIB)).toBe(4 * MIB);
    sender.socket.resume();
    expect(await sender.over).toBeUndefined();
    const [answer = '', body = ''] = sender.heard().split('\r\n\r\n');
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer.toLowerCase()).toContain(`content-length: ${body.length}`);
    expect(JSON.parse(body)).toHaveProperty('error_code');
  });

  it.each([
    ['of a length that is too much anyway', `content-length: ${1024 * MIB}`, PIECE],
    ['in chunks without an end', 'transfer-encoding: chunked', CHUNK],
  ])('lets strangers send so many bytes of a body %s, and keeps none of them', async (_, header, piece) => {
    const before = process.memoryUsage().arrayBuffers;
    const sent = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const sender = await begin(`PUT /file HTTP/1.1\r\n${HOST}\r\n${header}`);
        const bytes = await pour(sender, 1024 * MIB, piece);
        await sender.over;
        expect(sender.heard()).toMatch(/^HTTP\/1\.1 401 /);
        return bytes;
      }),
    );
    // What the system's buffers between both ends hold was sent as well, and never arrived.
    for (const bytes of sent) expect(bytes).toBeLessThan(leave.bytes + 16 * MIB);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * MIB);
  });

  it('lets a stranger who sends slowly go on for so long', async () => {
    const sender = await begin(`PUT /file HTTP/1.1\r\n${HOST}\r\n${LONG}`);
    const trickle = setInterval(() => sender.socket.write('x'), 20);
    await sender.over;
    clearInterval(trickle);
    expect(sender.heard()).toMatch(/^HTTP\/1\.1 401 /);
    expect(sender.socket.bytesWritten).toBeLessThan(10_000);
  });

  it('lets so many strangers go on at once, and others after them', async () => {
    const head = `PUT /file HTTP/1.1\r\n${HOST}\r\n${LONG}`;
    const many = await Promise.all(Array.from({ length: leave.strangers }, () => begin(head)));
    await Promise.all(many.map(({ socket }) => once(socket, 'data')));
    const oneMore = await begin(head);
    await oneMore.over;
    expect(oneMore.heard()).toMatch(/^HTTP\/1\.1 401 /);
    expect(many.every(({ socket }) => !socket.destroyed)).toBe(true);
    await Promise.all(many.map(({ over }) => over));
    const later = await begin(head);
    await pour(later, 4 * MIB);
    expect(await later.over).toBeUndefined();
  });

  it('leaves the connection open behind a known caller, whose body is read away', async () => {
    const known = `${HOST}\r\nauthorization: Bearer good`;
    const sender = await begin(`PUT /refused HTTP/1.1\r\n${known}\r\n${LONG}`);
    await once(sender.socket, 'data');
    await pour(sender, 4 * MIB);
    sender.socket.write(`PUT /file HTTP/1.1\r\n${known}\r\ncontent-length: 3\r\n\r\nabc`);
    await expect.poll(sender.heard).toMatch(/^HTTP\/1\.1 401 [\s\S]*HTTP\/1\.1 200 [\s\S]*\r\n\r\n3$/);
  });

  it('stands in its place among those of requests that were sent without waiting', async () => {
    const put = (token: string, body: string) =>
      `PUT /file HTTP/1.1\r\n${HOST}\r\nauthorization: Bearer ${token}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const sender = await begin('GET /nowhere HTTP/1.1\r\nhost: 127.0.0.1');
    sender.socket.write(put('good', 'abcd') + put('bad', 'ab') + put('good', 'a'));
    await expect
      .poll(() => sender.heard().match(/HTTP\/1\.1 \d+/g))
      .toEqual(['HTTP/1.1 404', 'HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200']);
  });

  describe('and whose sender waits for leave to send it', () => {
    const EXPECT = 'expect: 100-continue';

    it('comes instead of the leave', async () => {
      for (const token of ['', 'authorization: Bearer bad\r\n']) {
        const sender = await begin(`PUT /file HTTP/1.1\r\n${HOST}\r\n${token}${EXPECT}\r\n${LONG}`);
        expect(await sender.over).toBeUndefined();
        expect(sender.heard()).toMatch(/^HTTP\/1\.1 401 /);
        expect(sender.heard()).not.toContain('100 Continue');
      }
    });

    it('gives the leave to a known caller', async () => {
      const sender = await begin(
        `PUT /file HTTP/1.1\r\n${HOST}\r\nauthorization: Bearer good\r\n${EXPECT}\r\ncontent-length: 3`,
      );
      await once(sender.socket, 'data');
      expect(sender.heard()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
      sender.socket.write('abc');
      await expect.poll(sender.heard).toMatch(/HTTP\/1\.1 200 [\s\S]*\r\n\r\n3$/);
    });

    it('is not asked for by an old version of HTTP', async () => {
      const sender = await begin(
        `PUT /file HTTP/1.0\r\n${HOST}\r\nauthorization: Bearer good\r\n${EXPECT}\r\ncontent-length: 3`,
      );
      sender.socket.write('abc');
      await sender.over;
      expect(sender.heard()).toMatch(/^HTTP\/1\.1 200 /);
    });
  });
});
