import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AppError } from '../kernel/errors.ts';
import { type EgressGuard, hostOf } from './egress-guard.ts';

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface PostAnswer {
  readonly status: number;
  /** At most the first 64 KiB. */
  readonly body: string;
  readonly retryAfter: string | undefined;
}

const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * Posts where the guard allows, on a connection of its own, past proxies, and follows no redirect: each would be a way
 * around the guard.
 * @throws AppError InvalidArgument or PermissionDenied when the guard refuses, DeadlineExceeded after `timeoutMs`;
 * what the network or `signal` throws.
 */
export async function post(
  guard: EgressGuard,
  { url, headers, body, timeoutMs, signal }: Post,
): Promise<PostAnswer> {
  const target = guard.parseUrl(url);
  const deadline = AbortSignal.timeout(timeoutMs);
  const bytes = Buffer.from(body);
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  try {
    return await new Promise<PostAnswer>((resolve, reject) => {
      const outgoing: ClientRequest = send({
        method: 'POST',
        hostname: hostOf(target),
        port: target.port === '' ? undefined : Number(target.port),
        path: target.pathname + target.search,
        auth: authOf(target),
        headers: { 'Content-Type': 'application/json', 'Content-Length': bytes.length, ...headers },
        lookup: guard.lookup,
        agent: false,
        signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      });
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => readAnswer(incoming).then(resolve, reject));
      outgoing.end(bytes);
    });
  } catch (error) {
    if (deadline.aborted && !signal?.aborted) {
      throw new AppError('DeadlineExceeded', `No answer within ${timeoutMs / 1000} s.`, { cause: error });
    }
    throw error;
  }
}

function authOf(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  return `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
}

async function readAnswer(incoming: IncomingMessage): Promise<PostAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size >= MAX_ANSWER_BYTES) break;
  }
  return {
    status: incoming.statusCode ?? 0,
    body: Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8'),
    retryAfter: incoming.headers['retry-after'],
  };
}
