import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from './logger.ts';

const ANSWERS: Readonly<Record<string, { readonly status: number; readonly message: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'The request took too long to arrive.' },
  HPE_HEADER_OVERFLOW: { status: 431, message: 'The headers of the request are too large.' },
};
const UNREADABLE = { status: 400, message: 'This is no HTTP request that can be read.' };

/** Answers what came over a connection and is no whole HTTP request, and closes the connection. */
export function createBrokenRequestHandler(
  logger: Logger,
  newRequestId: () => string,
): (error: Error & { readonly code?: string }, socket: Socket) => void {
  return (error, socket) => {
    const { code } = error;
    // Amid an answer another one would be taken for a part of it. Node's own handler asks in the same way.
    const { _httpMessage: answering } = socket as Socket & { readonly _httpMessage?: ServerResponse | null };
    if (code === 'ECONNRESET' || !socket.writable || answering?.headersSent) {
      socket.destroy();
      return;
    }
    const { status, message } = ANSWERS[code ?? ''] ?? UNREADABLE;
    const id = newRequestId();
    const body = JSON.stringify({ error_code: 'INVALID_PARAMETER_VALUE', message });
    logger.request({ id, method: 'none', path: '', status, ms: 0 });
    const text = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${id}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n');
    // A sender that does not read may not keep the connection open either.
    socket.end(text, () => socket.destroy());
  };
}
