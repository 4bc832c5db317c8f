import type { Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';

export type Encoding = 'br' | 'gzip';

/** Smaller answers gain nothing. In characters. */
export const WORTH_COMPRESSING = 8 * 1024;

/**
 * The best encoding that a caller takes, by its `accept-encoding`; undefined for none. One with `q=0` is refused, and
 * `*` stands for all that are not named.
 */
export function chooseEncoding(header: string | undefined): Encoding | undefined {
  if (header === undefined) return undefined;
  const accepted = new Map<string, boolean>();
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim());
    accepted.set(name, !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)));
  }
  const takes = (name: Encoding) => accepted.get(name) ?? accepted.get('*') ?? false;
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : undefined;
}

/** Compresses in the thread pool, at the level where columns of numbers cost the least time in all. */
export function createCompression(encoding: Encoding): Transform {
  return encoding === 'br'
    ? createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })
    : createGzip({ level: 1 });
}
