import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** How long a caller may take, in ms. A body may take any time as long as bytes come. */
export interface PatienceLimits {
  /** From the first byte of a request, or from connecting, to the end of its headers. */
  readonly headersMs: number;
  /** Without any byte of a body that is not complete. */
  readonly bodySilenceMs: number;
  /** How often it is looked for requests that are over a limit. */
  readonly checkMs: number;
}

export const DEFAULT_PATIENCE: PatienceLimits = { headersMs: 15_000, bodySilenceMs: 60_000, checkMs: 2000 };

interface Arriving {
  readonly request: IncomingMessage;
  bytesRead: number;
  /** When the last byte came, as far as the looks tell. */
  heardAt: number;
}

export interface SlowRequests {
  /** To be called for every request when its headers are there. */
  watch(request: IncomingMessage): void;
}

/**
 * Ends connections whose sender falls silent within a body: they would hold memory and a socket for ever. Node's own
 * limits know only the headers and the whole request. One look at all of them in a while costs less than a timer each.
 */
export function createSlowRequests(server: Server, limits: PatienceLimits): SlowRequests {
  const arriving = new Map<Socket, Arriving>();

  const timer = setInterval(() => {
    const now = performance.now();
    for (const [socket, entry] of arriving) {
      const { request } = entry;
      if (request.complete || request.destroyed || socket.destroyed) {
        arriving.delete(socket);
        continue;
      }
      // What has come and was not taken yet: then it is us who are slow.
      if (socket.bytesRead !== entry.bytesRead || request.readableLength > 0) {
        entry.bytesRead = socket.bytesRead;
        entry.heardAt = now;
        continue;
      }
      if (now - entry.heardAt < limits.bodySilenceMs) continue;
      arriving.delete(socket);
      server.emit('clientError', new SilentBodyError(), socket);
    }
  }, limits.checkMs).unref();
  server.once('close', () => clearInterval(timer));

  return {
    watch(request) {
      const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
      if (coding === undefined && (length === undefined || length === '0')) return;
      const { socket } = request;
      arriving.set(socket, { request, bytesRead: socket.bytesRead, heardAt: performance.now() });
    },
  };
}

/** With the code that Node gives to requests which take too long. */
class SilentBodyError extends Error {
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT';
  constructor() {
    super('The sender fell silent within the body.');
  }
}
