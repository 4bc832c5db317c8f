import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { unavailable } from '../../kernel/errors.ts';

/** Requests to a cluster over connections that are kept for a moment. */
export interface Exchange {
  /** @throws AppError Unavailable where no whole answer came within `timeoutMs` */
  send(request: ExchangeRequest): Promise<ExchangeAnswer>;
  close(): void;
}

export interface ExchangeRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly timeoutMs: number;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Starts on a multiple of 8 bytes in its buffer. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Shorter than Serve's proxy keeps them: a connection that it has closed would lose a request. */
const KEEP_MS = 3000;
const MAX_ANSWER_BYTES = 320 * 2 ** 20;

export function createExchange(): Exchange {
  const options = { keepAlive: true, timeout: KEEP_MS, scheduling: 'lifo' } as const;
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };

  return {
    send: ({ method, url, headers, body, timeoutMs }) =>
      new Promise((resolve, reject) => {
        const secure = url.startsWith('https:');
        const request = (secure ? httpsRequest : httpRequest)(
          url,
          {
            method,
            agent: secure ? agents.https : agents.http,
            headers: { ...headers, ...(body !== undefined && { 'content-length': String(body.length) }) },
          },
          (response) => {
            const pieces: Buffer[] = [];
            let length = 0;
            response.on('data', (piece: Buffer) => {
              length += piece.length;
              if (length > MAX_ANSWER_BYTES) request.destroy(new Error('an answer without end'));
              else pieces.push(piece);
            });
            response.on('error', fail);
            response.on('end', () => {
              clearTimeout(late);
              const whole = new Uint8Array(length);
              let at = 0;
              for (const piece of pieces) {
                whole.set(piece, at);
                at += piece.length;
              }
              resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole });
            });
          },
        );
        const late = setTimeout(
          () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)),
          timeoutMs,
        );
        function fail(cause: Error): void {
          clearTimeout(late);
          // The message of a system error names the address; headers, and with them keys, stand in none.
          reject(unavailable(`The Ray cluster does not answer: ${cause.message}.`, { cause }));
        }
        request.on('error', fail);
        request.end(body);
      }),
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
