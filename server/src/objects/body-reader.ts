import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { invalidArgument } from '../kernel/errors.ts';
import type { ObjectBody } from './port.ts';

/** Chunks as they came, together exactly `batchBytes` long but for the last batch. Nothing is copied. */
export interface Batch {
  readonly chunks: readonly Uint8Array[];
  readonly sizeBytes: number;
}

export interface BodyReaderOptions {
  readonly batchBytes: number;
  readonly expectedSizeBytes?: number;
  readonly signal?: AbortSignal;
}

export interface BodyReader {
  /** To be iterated once. Errors of the body come out unchanged, an abort as the signal's reason. */
  batches(): AsyncGenerator<Batch, void, undefined>;
  /** What was read; complete when the batches have ended. */
  readonly sizeBytes: number;
  /** Call once, after the last batch. */
  sha256(): string;
}

/** A body of single bytes must not become millions of objects: so many loose chunks are joined into one. */
const LOOSE_CHUNKS = 256;

/** Reads a body in batches, counts and hashes it on the way. @throws InvalidArgument where the size is not as expected */
export function createBodyReader(body: ObjectBody, options: BodyReaderOptions): BodyReader {
  const { batchBytes, expectedSizeBytes, signal } = options;
  const hash = createHash('sha256');
  let total = 0;

  async function* batches(): AsyncGenerator<Batch, void, undefined> {
    signal?.throwIfAborted();
    let chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    let loose = 0;
    try {
      for await (const chunk of signal === undefined ? body : untilAborted(body, signal)) {
        if (chunk.length === 0) continue;
        total += chunk.length;
        if (expectedSizeBytes !== undefined && total > expectedSizeBytes) throw wrongSize(expectedSizeBytes);
        hash.update(chunk);
        let rest = chunk;
        while (sizeBytes + rest.length >= batchBytes) {
          const taken = batchBytes - sizeBytes;
          chunks.push(rest.subarray(0, taken));
          yield { chunks, sizeBytes: batchBytes };
          chunks = [];
          sizeBytes = 0;
          loose = 0;
          rest = rest.subarray(taken);
        }
        if (rest.length === 0) continue;
        chunks.push(rest);
        sizeBytes += rest.length;
        loose++;
        if (loose === LOOSE_CHUNKS) {
          chunks.push(Buffer.concat(chunks.splice(-LOOSE_CHUNKS)));
          loose = 0;
        }
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
    signal?.throwIfAborted();
    if (expectedSizeBytes !== undefined && total !== expectedSizeBytes)
      throw wrongSize(expectedSizeBytes, total);
    if (sizeBytes > 0) yield { chunks, sizeBytes };
  }

  return {
    batches,
    get sizeBytes() {
      return total;
    },
    sha256: () => hash.digest('hex'),
  };
}

/** The body, ended with the signal's reason also while it keeps us waiting. */
async function* untilAborted(
  body: ObjectBody,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = body[Symbol.asyncIterator]();
  let finished = false;
  try {
    for (;;) {
      const next = await nextOrAbort(iterator, signal);
      finished = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    if (body instanceof Readable) body.destroy();
    // A body that keeps us waiting answers this, too, only when it goes on; so nobody waits for it.
    else if (!finished) iterator.return?.().catch(() => undefined);
  }
}

function nextOrAbort<T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T>> {
  // A signal that was given before tells nobody who listens after.
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}

const wrongSize = (expected: number, got?: number) =>
  invalidArgument(
    `The upload was announced with ${expected} bytes but has ${got === undefined ? 'more' : got}. Send it again.`,
  );
