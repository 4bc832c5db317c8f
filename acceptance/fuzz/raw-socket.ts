import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection ended without an answer. */
  readonly status: number;
  readonly body: string;
}

/**
 * Sends bytes as they are and gives the first answer. Resolves when the server has answered and ended the connection,
 * or after `quietMs` without a byte.
 */
export function sendRaw(
  url: string,
  chunks: readonly (string | Uint8Array)[],
  { quietMs = 3000 }: { readonly quietMs?: number } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port) });
    const finish = () => {
      socket.destroy();
      const text = Buffer.concat(received).toString('latin1');
      const headerEnd = text.indexOf('\r\n\r\n');
      resolve({
        status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
        body: headerEnd < 0 ? '' : text.slice(headerEnd + 4),
      });
    };
    socket.setTimeout(quietMs, finish);
    socket.on('data', (chunk) => received.push(chunk));
    // A server may refuse and close before it has read everything: what it said before counts.
    socket.on('error', () => undefined);
    socket.on('close', finish);
    socket.on('connect', () => {
      for (const chunk of chunks) socket.write(chunk);
    });
  });
}

export interface RequestText {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** A complete request that asks to close the connection after the answer. */
export function requestOf({ method = 'POST', path, headers = {}, body }: RequestText): Uint8Array[] {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const lines = Object.entries({
    host: '127.0.0.1',
    connection: 'close',
    'content-type': 'application/json',
    'content-length': String(bytes.byteLength),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return [Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), bytes];
}
