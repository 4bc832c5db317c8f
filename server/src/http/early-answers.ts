import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A body up to this size is let in and thrown away: cheaper for both than another connection. */
const MAX_DISCARDED_BYTES = 1024 * 1024;

/** What strangers may still send once they are answered, before their connections are closed. */
export interface LeaveLimits {
  /** Whoever announces more is cut off at once. */
  readonly bytes: number;
  readonly ms: number;
  /** How many may do so at once; whoever comes then is cut off. */
  readonly strangers: number;
}

/** Reading costs about a millisecond of a processor a MiB, and memory that is garbage at once. */
export const DEFAULT_LEAVE: LeaveLimits = { bytes: 16 * 1024 * 1024, ms: 3000, strangers: 100 };

export interface EarlyAnswers {
  /** For every answer before it is sent. @returns what is sent in its place */
  prepare(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown;
}

/**
 * Answers that are ready before the body of their request has come. The body of a known caller is read away, whatever it
 * takes; a stranger's connection is closed. Not at once: that would reset it under a sender that listens only when all
 * is sent, and on many systems such a sender loses the answer, blames the network, and begins again. So the answer is
 * sent whole, and its end is put off while what still comes is thrown away, within limits.
 */
export function createEarlyAnswers(limits: LeaveLimits): EarlyAnswers {
  let leaving = 0;

  function endLater(text: string | Buffer, body: IncomingMessage): Readable {
    const answer = new Readable({ read: () => undefined });
    let bytes = 0;
    let ended = false;
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limits.bytes) end();
    };
    const end = () => {
      if (ended) return;
      ended = true;
      leaving -= 1;
      clearTimeout(timer);
      body.off('data', take);
      if (!answer.destroyed) answer.push(null);
    };
    const timer = setTimeout(end, limits.ms);
    leaving += 1;
    answer.push(text);
    answer.once('close', end);
    body.once('end', end).once('close', end).on('data', take);
    return answer;
  }

  return {
    prepare(request, reply, payload) {
      const { raw, headers, caller } = request;
      if (
        raw.complete ||
        !hasLongBody(request) ||
        (caller !== undefined && caller.access.principal.id !== '')
      )
        return payload;
      reply.header('connection', 'close');
      if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
      if (leaving >= limits.strangers || Number(headers['content-length']) > limits.bytes) return payload;
      // Who waits for leave to send has sent nothing.
      if (headers.expect !== undefined || request.method === 'HEAD') return payload;
      reply.header('content-length', Buffer.byteLength(payload));
      return endLater(payload, raw);
    },
  };
}

/** Also one of which nobody knows how long it is. */
export function hasLongBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'];
  return length === undefined ? 'transfer-encoding' in headers : Number(length) > MAX_DISCARDED_BYTES;
}
