import { AppError } from '../kernel/errors.ts';
import type { ByteRange } from './port.ts';

/** First byte and number of bytes, inside the object. */
export interface ResolvedRange {
  readonly start: number;
  readonly lengthBytes: number;
}

/** @throws AppError RangeNotSatisfiable when no byte of the object lies in the range. */
export function resolveRange(range: ByteRange | undefined, sizeBytes: number): ResolvedRange {
  if (range === undefined) return { start: 0, lengthBytes: sizeBytes };
  const start = 'lastBytes' in range ? Math.max(0, sizeBytes - range.lastBytes) : range.start;
  const end = 'lastBytes' in range ? sizeBytes - 1 : Math.min(range.end ?? sizeBytes - 1, sizeBytes - 1);
  if (start < 0 || start > end) throw rangeNotSatisfiable(sizeBytes);
  return { start, lengthBytes: end - start + 1 };
}

export const rangeNotSatisfiable = (sizeBytes?: number, cause?: unknown): AppError =>
  new AppError(
    'RangeNotSatisfiable',
    sizeBytes === undefined ? 'The object has no such bytes.' : `The object has only ${sizeBytes} bytes.`,
    { details: sizeBytes === undefined ? undefined : { sizeBytes }, cause },
  );

/** The value of a `Range` header. @throws AppError RangeNotSatisfiable for ranges that no object can satisfy */
export function renderRangeHeader(range: ByteRange): string {
  if ('lastBytes' in range) {
    if (!(range.lastBytes > 0)) throw rangeNotSatisfiable();
    return `bytes=-${range.lastBytes}`;
  }
  // Servers ignore a header whose end is before its start and send everything.
  if (!(range.start >= 0) || (range.end !== undefined && range.end < range.start))
    throw rangeNotSatisfiable();
  return `bytes=${range.start}-${range.end ?? ''}`;
}

/** Reads `bytes 0-9/100`. */
export function parseContentRange(
  text: string,
): (ResolvedRange & { readonly sizeBytes: number }) | undefined {
  const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(text) ?? [];
  if (start === undefined || end === undefined || size === undefined) return undefined;
  return { start: Number(start), lengthBytes: Number(end) - Number(start) + 1, sizeBytes: Number(size) };
}
