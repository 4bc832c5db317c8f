import type { FastifyRequest } from 'fastify';
import type { AppError } from '../kernel/errors.ts';

/**
 * The body of a request, of a size that memory can hold.
 * @throws what `tooLarge` makes. The request stays answerable: a stream that is left early would take its connection along.
 */
export async function readWholeBody(
  { raw }: FastifyRequest,
  maxBytes: number,
  tooLarge: () => AppError,
): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      // What is left is read away: a sender listens only when all is sent.
      raw.resume();
      throw tooLarge();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
