import { invalidArgument } from '../kernel/errors.ts';
import { checkKey, checkLength, truncate } from '../tracking/key-rules.ts';
import { MetadataKey, TagKey } from './trace.ts';
import { COST, readAmounts, TOKENS, writeAmounts } from './usage.ts';

const MAX_TAG_VALUE = 8000;
const MAX_NAME = 4096;
const MAX_SESSION = 250;
export const MAX_LINKED_TRACES = 100;

/** Tags that say where the spans are: only the server sets them. */
const SERVER_TAGS: ReadonlySet<string> = new Set([
  TagKey.spansLocation,
  'mlflow.trace.archiveLocation',
  'mlflow.trace.archivalFailure',
]);

/**
 * A tag as it may be stored: a long value is cut at 8000 characters, a long name of the trace is refused.
 * @throws AppError InvalidArgument
 */
export function checkedTag(key: string, value: string): string {
  checkKey(key, 'Tag', 'key');
  if (key === TagKey.name) checkLength(value, MAX_NAME, 'Trace name');
  return truncate(value, MAX_TAG_VALUE);
}

/** @throws AppError InvalidArgument for a tag that is the server's own. */
export function checkTagIsMutable(key: string, verb: 'set' | 'deleted'): void {
  const clearsFailure = verb === 'deleted' && key === 'mlflow.trace.archivalFailure';
  if (SERVER_TAGS.has(key) && !clearsFailure) {
    throw invalidArgument(`Tag '${key}' is immutable and cannot be ${verb} on a trace.`, { field: 'key' });
  }
}

/**
 * Metadata as it is stored: token usage and cost in one spelling, without what is no amount.
 * @throws AppError InvalidArgument for a session id of more than 250 characters.
 */
export function storedMetadata(metadata: ReadonlyMap<string, string>): Map<string, string> {
  const session = metadata.get(MetadataKey.session);
  if (session !== undefined) checkLength(session, MAX_SESSION, 'Session ID');
  const stored = new Map(metadata);
  for (const [key, kind] of [
    [MetadataKey.tokenUsage, TOKENS],
    [MetadataKey.cost, COST],
  ] as const) {
    if (!stored.has(key)) continue;
    const amounts = readAmounts(stored.get(key), kind);
    if (amounts === undefined) stored.delete(key);
    else stored.set(key, writeAmounts(amounts, kind));
  }
  return stored;
}

/** How many spans the client says the trace has; 0 where it does not say. */
export function announcedSpans(metadata: ReadonlyMap<string, string>): number {
  const stats = metadata.get(MetadataKey.sizeStats);
  if (stats === undefined) return 0;
  try {
    const { num_spans: count } = JSON.parse(stats) as { num_spans?: unknown };
    return typeof count === 'number' ? count : 0;
  } catch {
    return 0;
  }
}
