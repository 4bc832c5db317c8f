import type { FastifyRequest } from 'fastify';

/**
 * The body of a request as it comes in. Some take hours: before the end is told the call is judged once more, so that
 * nothing lands for whose right or credentials were taken away meanwhile.
 * @throws AppError as the rule of the route. The request stays answerable: a stream that is left early would take its
 * connection along.
 */
export async function* bodyOf(
  request: FastifyRequest,
  judgeAgain = request.judgeAgain,
): AsyncGenerator<Buffer, void, undefined> {
  yield* request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  await judgeAgain?.();
}
