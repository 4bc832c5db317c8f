import { Readable } from 'node:stream';
import { createBodyReader } from './body-reader.ts';
import type { ObjectBody, PartOptions } from './port.ts';

const PIECE_BYTES = 256 * 1024;

/**
 * Hands a body to an SDK that wants a Node stream, and sees to what the SDKs do not: a body that fails ends the
 * request, and its own error comes out.
 */
export async function sendStreamed<T>(
  body: ObjectBody,
  { sizeBytes, signal }: PartOptions,
  send: (stream: Readable, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const reader = createBodyReader(body, { batchBytes: PIECE_BYTES, expectedSizeBytes: sizeBytes, signal });
  const request = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  async function* pieces() {
    try {
      for await (const { chunks } of reader.batches()) yield* chunks;
    } catch (error) {
      failure = { error };
      request.abort(error);
      throw error;
    }
  }
  const stream = Readable.from(pieces(), { objectMode: false });
  // The request was told already.
  stream.on('error', () => undefined);
  try {
    return await send(stream, request.signal);
  } catch (error) {
    throw failure === undefined ? error : failure.error;
  } finally {
    stream.destroy();
  }
}
