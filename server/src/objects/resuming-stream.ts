import { Readable } from 'node:stream';
import { AppError, internal, unavailable } from '../kernel/errors.ts';
import { pauseBeforeRetry } from './outage.ts';

export interface ResumingStreamOptions {
  /** The stream that is open already, from `start` on. */
  readonly first: Readable;
  readonly start: number;
  readonly lengthBytes: number;
  /** Opens the same bytes of the same version of the object again. Reading is idempotent, so this may be tried again. */
  reopen(start: number, lengthBytes: number): Promise<Readable>;
  /** SDK errors in our words. */
  translate(error: unknown): Error;
  readonly signal?: AbortSignal;
}

const ATTEMPTS = 4;
const BUFFER_BYTES = 512 * 1024;

/** A download that goes on where the connection broke. It ends only with all its bytes or with an error. */
export function resumingStream(options: ResumingStreamOptions): Readable {
  const { start, lengthBytes, reopen, translate, signal } = options;
  let current: Readable | undefined = options.first;
  let closed = false;
  const use = (stream: Readable): Readable => {
    current = stream;
    // An error after nobody reads any more must not end the process.
    stream.on('error', () => undefined);
    if (closed) stream.destroy();
    return stream;
  };

  // At once, since the caller may destroy the stream unread.
  let source: Readable | undefined = use(options.first);

  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    let done = 0;
    for (let attempt = 0; !closed; ) {
      try {
        source ??= use(await reopen(start + done, lengthBytes - done));
        for await (const chunk of source) {
          done += chunk.length;
          attempt = 0;
          yield chunk;
        }
        if (done === lengthBytes) return;
        throw endedEarly(done, lengthBytes);
      } catch (error) {
        signal?.throwIfAborted();
        const known = error instanceof AppError ? error : translate(error);
        attempt++;
        if (!(known instanceof AppError && known.code === 'Unavailable') || attempt === ATTEMPTS) throw known;
        source = undefined;
        await pauseBeforeRetry(attempt, signal);
      }
    }
  }

  const stream = Readable.from(read(), { objectMode: false, highWaterMark: BUFFER_BYTES });
  stream.once('close', () => {
    closed = true;
    current?.destroy();
  });
  if (signal !== undefined) {
    const abort = () => stream.destroy(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    stream.once('close', () => signal.removeEventListener('abort', abort));
  }
  return stream;
}

const endedEarly = (done: number, lengthBytes: number): AppError =>
  done < lengthBytes
    ? unavailable('The download broke off. Try again later.')
    : internal('The artifact store sent more bytes than the object has.', { details: { done, lengthBytes } });
