import { invalidArgument } from './errors.ts';

/**
 * Page tokens in the real server's form: base64 of JSON with the offset of the next row. `after` is an addition of
 * ours: the sort key of the last row seen, so that the next page starts there instead of counting up to the offset.
 */
export interface PageToken {
  readonly offset: number;
  readonly after?: readonly (string | number | null)[];
}

export function renderPageToken(token: PageToken): string {
  return Buffer.from(JSON.stringify(token)).toString('base64');
}

/** @throws AppError InvalidArgument for a text that is no token, or one without an offset. */
export function parsePageToken(text: string | undefined, field = 'page_token'): PageToken {
  if (text === undefined || text === '') return { offset: 0 };
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch (cause) {
    throw invalidArgument('Invalid page token, could not decode it as base64 JSON.', { field, cause });
  }
  if (typeof decoded !== 'object' || decoded === null || !('offset' in decoded)) {
    throw invalidArgument('Invalid page token, parsed value has no offset.', { field });
  }
  const { offset, after } = decoded as { offset: unknown; after?: unknown };
  if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) {
    throw invalidArgument('Invalid page token, its offset is not a whole number.', { field });
  }
  if (after === undefined) return { offset };
  if (
    !Array.isArray(after) ||
    !after.every((v) => v === null || typeof v === 'string' || typeof v === 'number')
  ) {
    throw invalidArgument('Invalid page token, its position is malformed.', { field });
  }
  return { offset, after: after as (string | number | null)[] };
}
