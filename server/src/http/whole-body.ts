import type { FastifyRequest } from 'fastify';
import type { AppError } from '../kernel/errors.ts';
import { bodyOf } from './request-body.ts';

/**
 * The body of a request, of a size that memory can hold.
 * @throws what `tooLarge` makes. The request stays answerable: a stream that is left early would take its connection along.
 */
export async function readWholeBody(
  request: FastifyRequest,
  maxBytes: number,
  tooLarge: () => AppError,
): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of bodyOf(request)) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      // What is left is read away: a sender listens only when all is sent.
      request.raw.resume();
      throw tooLarge();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
