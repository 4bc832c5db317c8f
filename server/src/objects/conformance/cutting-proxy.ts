import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type Cut =
  /** The server hears nothing of the next request. */
  | 'request'
  /** The server acts on the next request, its answer is lost. */
  | 'answer'
  /** The next answer breaks off after 100 kB. */
  | 'middle';

/** A TCP proxy before a server that cuts connections on demand. */
export interface CuttingProxy {
  readonly url: string;
  /** Cuts once, at the next occasion. */
  cutNext(cut: Cut): void;
  /** How many cuts have happened. */
  readonly cuts: number;
  /** From now on nothing comes through. */
  goDown(): Promise<void>;
  close(): Promise<void>;
}

const MIDDLE_BYTES = 100_000;

export async function openCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let armed: Cut | undefined;
  let cuts = 0;

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      // Errors are what this proxy makes; the close that follows tells the other side.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    const cut = () => {
      armed = undefined;
      cuts++;
      client.resetAndDestroy();
      upstream.destroy();
    };
    let answered = 0;
    client.on('data', (chunk) => {
      answered = 0;
      if (armed === 'request') cut();
      else forward(client, upstream, chunk);
    });
    upstream.on('data', (chunk) => {
      answered += chunk.length;
      if (armed === 'answer' || (armed === 'middle' && answered > MIDDLE_BYTES)) cut();
      else forward(upstream, client, chunk);
    });
    client.on('end', () => upstream.end());
    upstream.on('end', () => client.end());
  });
  const goDown = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    if (server.listening) await closed;
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutNext(cut) {
      armed = cut;
    },
    get cuts() {
      return cuts;
    },
    goDown,
    close: goDown,
  };
}

function forward(from: Socket, to: Socket, chunk: Buffer): void {
  if (to.write(chunk)) return;
  from.pause();
  to.once('drain', () => from.resume());
}
