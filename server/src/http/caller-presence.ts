import type { FastifyReply, FastifyRequest } from 'fastify';

/** Aborts when the caller goes away before it has the whole answer, and never otherwise. */
export function callerSignal(reply: FastifyReply): AbortSignal {
  const left = new AbortController();
  const { raw } = reply;
  const look = () => {
    if (!raw.writableFinished) left.abort();
  };
  if (raw.closed || raw.destroyed) look();
  else raw.once('close', look);
  return left.signal;
}

/** Whether the caller's connection is gone. */
export const callerLeft = ({ raw }: FastifyRequest): boolean => raw.socket.destroyed || brokeOff(raw);

/** Whether the caller's connection ended within the request's body. */
export const bodyBrokeOff = ({ raw }: FastifyRequest): boolean => brokeOff(raw);

/**
 * Node gives an incomplete request this error when its connection closes. That the stream is destroyed tells nothing: a
 * pipeline of ours destroys it, too, when what it feeds has failed.
 */
const brokeOff = (raw: FastifyRequest['raw']): boolean =>
  raw.complete === false && raw.errored !== null && raw.errored.message === 'aborted';
