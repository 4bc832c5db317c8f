import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';

const PIECE = 64 * 1024;

/** Bytes that do not repeat and can be made again: `seed` tells two bodies of one size apart. */
export function bytes(sizeBytes: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  let state = (seed * 2_654_435_761) | 1;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return Buffer.from(words.buffer, 0, sizeBytes);
}

/** A body in pieces, as a socket would give it. */
export async function* body(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += PIECE) yield content.subarray(start, start + PIECE);
}

/** A body whose sender goes away after so many bytes. */
export async function* brokenBody(sizeBytes: number): AsyncGenerator<Uint8Array> {
  yield* body(bytes(sizeBytes));
  throw new Error('the sender went away');
}

/** A body whose sender says nothing more after so many bytes. */
export async function* stalledBody(sizeBytes: number): AsyncGenerator<Uint8Array> {
  yield* body(bytes(sizeBytes));
  await new Promise(() => undefined);
}

export async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
