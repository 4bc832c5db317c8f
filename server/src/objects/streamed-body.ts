import { Readable } from 'node:stream';
import { type Batch, createBodyReader } from './body-reader.ts';
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
  const chunks = chunksOf(reader.batches(), (error) => {
    failure = { error };
    request.abort(error);
  });
  const stream = Readable.from(chunks, { objectMode: false });
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

/**
 * The chunks one by one. `onFailure` hears the body's own error only, and not what a stream throws into its source when
 * it is destroyed.
 */
export async function* chunksOf(
  batches: AsyncIterator<Batch, void, undefined>,
  onFailure: (error: unknown) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    let next: IteratorResult<Batch, void>;
    try {
      next = await batches.next();
    } catch (error) {
      onFailure(error);
      throw error;
    }
    if (next.done === true) return;
    // Not `yield*`: an array's iterator has no `throw`, by which a destroyed stream ends its source.
    for (const chunk of next.value.chunks) yield chunk;
  }
}
