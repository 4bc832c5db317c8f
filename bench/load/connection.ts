import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly bodyBytes: number;
  /** Empty unless the exchange was told to keep it. */
  readonly body: Buffer;
}

export interface ExchangeOptions {
  readonly keepBody?: boolean;
  /** Called with every piece of the body; the piece is only valid during the call. */
  readonly onBody?: (piece: Buffer) => void;
}

export interface Connection {
  /** Sends one prepared request and waits for its answer; one at a time. */
  exchange(request: Buffer, options?: ExchangeOptions): Promise<Answer>;
  /** The socket under it, connected, for a body too large to prepare. */
  socket(): Promise<Socket>;
  close(): void;
}

interface Pending {
  readonly options: ExchangeOptions;
  readonly pieces: Buffer[];
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);
const ANSWER_TIMEOUT_MS = 300_000;

/**
 * A keep-alive HTTP/1.1 connection on a bare socket that knows just enough of the protocol to find the end of an
 * answer (Content-Length or chunks). A general client costs several times its CPU, which a server under measurement
 * on the same machine would pay for. Reconnects when the server has closed the connection between answers.
 */
export function openConnection(port: number): Connection {
  let socket: Socket | undefined;
  let connected: Promise<Socket> | undefined;
  let pending: Pending | undefined;
  // State of the answer that is being read.
  let head: Buffer = NOTHING;
  let inHead = true;
  let status = 0;
  let bodyBytes = 0;
  let remaining = 0;
  let chunked = false;
  let chunkPart: 'size' | 'data' | 'tail' = 'size';
  let chunkText = '';
  let closesAfter = false;

  function fail(error: Error): void {
    socket?.destroy();
    socket = undefined;
    connected = undefined;
    const waiting = pending;
    pending = undefined;
    waiting?.reject(error);
  }

  function open(): Promise<Socket> {
    connected ??= new Promise((resolve, reject) => {
      const made = connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: {
          buffer: Buffer.allocUnsafe(256 * 1024),
          callback: (size, buffer) => {
            read(Buffer.from(buffer.buffer, buffer.byteOffset, size));
            return true;
          },
        },
      });
      socket = made;
      made.setTimeout(ANSWER_TIMEOUT_MS, () => {
        if (pending) fail(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`));
      });
      made.once('connect', () => resolve(made));
      made.on('error', (error) => {
        reject(error);
        if (socket === made) fail(error);
      });
      made.on('close', () => {
        if (socket === made) fail(new Error('the server closed the connection'));
      });
    });
    return connected;
  }

  function read(data: Buffer): void {
    let at = 0;
    while (at < data.length) {
      if (inHead) at = readHead(data, at);
      else if (chunked) at = readChunk(data, at);
      else at = readBody(data, at);
    }
  }

  function readHead(data: Buffer, at: number): number {
    const joined = head.length === 0 ? data.subarray(at) : Buffer.concat([head, data.subarray(at)]);
    const end = joined.indexOf(END_OF_HEAD);
    if (end < 0) {
      head = Buffer.from(joined);
      return data.length;
    }
    const before = head.length;
    head = NOTHING;
    const text = joined.toString('latin1', 0, end).toLowerCase();
    status = Number(text.slice(9, 12));
    // An interim answer has no body, and the real one follows.
    if (status === 100) return at + end + 4 - before;
    const length = /\r\ncontent-length: *(\d+)/.exec(text);
    chunked = length === null && text.includes('\r\ntransfer-encoding: chunked');
    closesAfter = text.includes('\r\nconnection: close');
    remaining = length === null ? 0 : Number(length[1]);
    bodyBytes = 0;
    chunkPart = 'size';
    chunkText = '';
    inHead = false;
    if (!chunked && remaining === 0) finish();
    return at + end + 4 - before;
  }

  function readBody(data: Buffer, at: number): number {
    const end = Math.min(data.length, at + remaining);
    take(data.subarray(at, end));
    remaining -= end - at;
    if (remaining === 0) finish();
    return end;
  }

  function readChunk(data: Buffer, at: number): number {
    if (chunkPart === 'data') {
      const end = Math.min(data.length, at + remaining);
      take(data.subarray(at, end));
      remaining -= end - at;
      if (remaining === 0) chunkPart = 'tail';
      return end;
    }
    const newline = data.indexOf(10, at);
    const end = newline < 0 ? data.length : newline + 1;
    chunkText += data.toString('latin1', at, end);
    if (newline < 0) return end;
    const line = chunkText.trim();
    chunkText = '';
    if (chunkPart === 'tail') {
      chunkPart = 'size';
      if (remaining < 0) finish();
    } else {
      remaining = Number.parseInt(line, 16);
      // The last chunk is empty; one empty line follows it (no server here sends trailers).
      chunkPart = remaining === 0 ? 'tail' : 'data';
      if (remaining === 0) remaining = -1;
    }
    return end;
  }

  function take(piece: Buffer): void {
    bodyBytes += piece.length;
    if (pending?.options.keepBody) pending.pieces.push(Buffer.from(piece));
    pending?.options.onBody?.(piece);
  }

  function finish(): void {
    inHead = true;
    const answered = pending;
    pending = undefined;
    if (closesAfter) {
      const closing = socket;
      socket = undefined;
      connected = undefined;
      closing?.destroy();
    }
    answered?.resolve({
      status,
      bodyBytes,
      body: answered.pieces.length === 0 ? NOTHING : Buffer.concat(answered.pieces),
    });
  }

  return {
    async exchange(request, options = {}) {
      const ready = await open();
      return new Promise((resolve, reject) => {
        inHead = true;
        head = NOTHING;
        pending = { options, pieces: [], resolve, reject };
        if (request.length > 0) ready.write(request);
      });
    },
    socket: open,
    close() {
      const open = socket;
      socket = undefined;
      connected = undefined;
      open?.destroy();
    },
  };
}

/** The bytes of a request; `body` is JSON text. */
export function prepareRequest(method: string, path: string, body?: string): Buffer {
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
  if (body === undefined) return Buffer.from(`${head}\r\n`);
  const length = Buffer.byteLength(body);
  return Buffer.from(`${head}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`);
}

/** The same request with one more header. */
export function addHeader(request: Buffer, name: string, value: string): Buffer {
  const end = request.indexOf('\r\n') + 2;
  const header = Buffer.from(`${name}: ${value}\r\n`);
  return Buffer.concat([request.subarray(0, end), header, request.subarray(end)]);
}
