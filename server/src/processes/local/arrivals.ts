import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFrameReader, FRAME_HEADER_BYTES, FRAME_TYPES, readJson } from '../frames.ts';

/** The socket that programs connect to when they have started: each three times, with the token that it was given. */
export interface Arrivals {
  /** Path of the socket. */
  readonly path: string;
  /** An empty folder, in which each program builds a root of its own that nobody else sees. */
  readonly rootFolder: string;
  /** What arrives with this token, until the returned function is called. */
  expect(token: string, take: (arrival: Arrival) => void): () => void;
  close(): Promise<void>;
}

export interface Arrival {
  readonly stream: 'out' | 'err' | 'channel';
  readonly hello: Readonly<Record<string, unknown>>;
  /** Paused; what was sent behind the first frame is still to be read. */
  readonly socket: Socket;
  /** 'failed' where the program has said at once why it cannot go on. */
  readonly type: 'hello' | 'failed';
}

const MAX_HELLO_BYTES = 65_536;
const HELLO_MS = 60_000;
/** A path of a Unix socket has 108 bytes on Linux and 104 elsewhere. */
const MAX_SOCKET_PATH = 100;

/** @param folder where the socket is put; one of the system's temporary ones where its path is too long for that */
export async function openArrivals(folder: string | undefined): Promise<Arrivals> {
  const parent = folder !== undefined && folder.length + 20 <= MAX_SOCKET_PATH ? folder : tmpdir();
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const own = await mkdtemp(path.join(parent, 'slipway-'));
  const expected = new Map<string, (arrival: Arrival) => void>();
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Those who follow hear of its end.
    socket.on('error', () => undefined);
    greet(socket, (token) => expected.get(token));
  });
  const socketPath = path.join(own, 'socket');
  await listen(server, socketPath);
  return {
    path: socketPath,
    rootFolder: own,
    expect(token, take) {
      expected.set(token, take);
      return () => expected.delete(token);
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(own, { recursive: true, force: true });
    },
  };
}

function greet(socket: Socket, find: (token: string) => ((arrival: Arrival) => void) | undefined): void {
  let heard = Buffer.alloc(0);
  const late = setTimeout(() => socket.destroy(), HELLO_MS);
  socket.on('close', () => clearTimeout(late));
  const listen = (piece: Buffer) => {
    heard = Buffer.concat([heard, piece]);
    if (heard.length < FRAME_HEADER_BYTES) return;
    const length = FRAME_HEADER_BYTES + heard.readUInt32LE(0);
    if (length > MAX_HELLO_BYTES) {
      socket.destroy();
      return;
    }
    if (heard.length < length) return;
    clearTimeout(late);
    socket.off('data', listen);
    socket.pause();
    try {
      const [frame] = createFrameReader(MAX_HELLO_BYTES).read(heard.subarray(0, length));
      const hello = readJson(frame!);
      const take = find(String(hello.token));
      if (take === undefined) throw new Error('a token that nobody expects');
      if (heard.length > length) socket.unshift(heard.subarray(length));
      take({
        stream: hello.stream === 'out' || hello.stream === 'err' ? hello.stream : 'channel',
        hello,
        socket,
        type: frame!.type === FRAME_TYPES.hello ? 'hello' : 'failed',
      });
    } catch {
      // A stranger, or one who came too late.
      socket.destroy();
    }
  };
  socket.on('data', listen);
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
