import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fullAccess } from '../governance/access.ts';
import { wrongCredentials } from '../governance/passwords.ts';
import { type Authenticate, callerOf } from './authenticate.ts';
import { type ServerFixture, startServer } from './server.fixture.ts';

const GOOD = 'authorization: Bearer good';
const BAD = 'authorization: Bearer bad';
const MIB = 1024 * 1024;

describe('a body of a stranger', () => {
  let door: ServerFixture;
  let lets = true;
  let asked = 0;
  /** What handlers have got hold of. */
  let handled = 0;

  const authenticate: Authenticate = (request, rule) => {
    if (rule === 'open') return callerOf(request, fullAccess({ ...NOBODY, name: 'anybody' }));
    asked += 1;
    const { authorization } = request.headers;
    if (authorization === 'Bearer slow-bad') return Promise.reject(wrongCredentials());
    if (authorization !== 'Bearer good' || !lets) throw wrongCredentials();
    return callerOf(request, fullAccess({ ...NOBODY, name: 'jane' }));
  };

  beforeAll(async () => {
    const handle = async () => {
      handled += 1;
      return { done: true };
    };
    door = await startServer({
      authenticate,
      mlflowRoutes: [{ method: 'POST', path: 'json', access: 'filtered', handle }],
      databricksRoutes: [
        { method: 'POST', path: '/api/2.0/other', summary: 'Takes JSON', access: 'filtered', handle },
      ],
      rawRoutes: [
        {
          method: 'PUT',
          path: '/stream',
          access: 'filtered',
          async handle(request, reply) {
            handled += 1;
            for await (const _ of request.raw);
            return reply.send('taken');
          },
        },
      ],
    });
  });
  afterAll(() => door.server.close());

  /** Sends headers, and of the body what `send` writes until something is answered. */
  async function begin(head: string, send: (write: (text: string) => boolean) => void): Promise<string> {
    const socket = connect(door.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    socket.write(`${head}\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\r\n`);
    send((text) => socket.write(text));
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      if (answer.includes('\r\n\r\n')) break;
    }
    socket.destroy();
    return answer;
  }

  it.each([
    ['MLflow’s protocol', 'POST /api/json HTTP/1.1'],
    ['Databricks’ protocol', 'POST /api/2.0/other HTTP/1.1'],
    ['a stream', 'PUT /stream HTTP/1.1'],
  ])('is refused on %s while it is still being sent', async (_, line) => {
    const before = handled;
    for (const credentials of ['', `\r\n${BAD}`, '\r\nauthorization: Bearer slow-bad']) {
      // Neither of the bodies ever ends.
      const whole = await begin(`${line}${credentials}\r\ncontent-length: ${40 * MIB}`, (write) =>
        write('{"a":"'),
      );
      expect(whole).toMatch(/^HTTP\/1\.1 401 /);
      expect(whole.toLowerCase()).toContain('connection: close');
      const chunked = await begin(`${line}${credentials}\r\ntransfer-encoding: chunked`, (write) =>
        write('5\r\n{"a":\r\n'),
      );
      expect(chunked).toMatch(/^HTTP\/1\.1 401 /);
      expect(chunked.toLowerCase()).toContain('connection: close');
    }
    expect(handled).toBe(before);
  });

  it('costs no connection where it is short', async () => {
    const socket = connect(door.port, '127.0.0.1');
    await once(socket, 'connect');
    const answers: string[] = [];
    const heads = [BAD, GOOD];
    for (const head of heads) {
      socket.write(
        `POST /api/json HTTP/1.1\r\nhost: 127.0.0.1\r\n${head}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}`,
      );
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      answers.push(chunk.toString().slice(9, 12));
    }
    socket.destroy();
    expect(answers).toEqual(['401', '200']);
  });

  it('is judged once, and again where it took so long that the credentials may have ended', async () => {
    const send = async (pauseMs: number, then: () => void) => {
      const socket = connect(door.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `POST /api/json HTTP/1.1\r\nhost: 127.0.0.1\r\n${GOOD}\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{`,
      );
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      then();
      socket.write('}');
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return chunk.toString().slice(9, 12);
    };
    const before = asked;
    expect(await send(0, () => undefined)).toBe('200');
    expect(asked - before).toBe(1);
    try {
      expect(
        await send(700, () => {
          lets = false;
        }),
      ).toBe('401');
    } finally {
      lets = true;
    }
    expect(asked - before).toBe(3);
  });
});

const NOBODY = { id: '1', kind: 'user', isAdmin: false } as const;
