/** How an attempt ended. */
export type AttemptOutcome =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfter: string | undefined }
  | { readonly kind: 'unreachable'; readonly error: string }
  /** Our own rules forbid the target: another attempt would end alike. */
  | { readonly kind: 'refused'; readonly error: string };

export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'given up' }
  | { readonly kind: 'again'; readonly afterMs: number };

/** The first attempt and three repetitions. */
const MAX_ATTEMPTS = 4;
const REPEATED: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 60_000;
const JITTER_MS = 1_000;
/** A receiver may ask for more patience than we would have, up to this. */
const MAX_RETRY_AFTER_MS = 60 * 60_000;

/**
 * What follows from an attempt. A repetition is safe, because receivers know a delivery by its id.
 * @param attempts how many there have been, this one included.
 * @param random from 0 to 1, spreads the repetitions of deliveries that failed together.
 */
export function decideNext(
  outcome: AttemptOutcome,
  { attempts, random, nowMs }: { readonly attempts: number; readonly random: number; readonly nowMs: number },
): Verdict {
  switch (outcome.kind) {
    case 'refused':
      return { kind: 'given up' };
    case 'answered':
      if (outcome.status >= 200 && outcome.status < 300) return { kind: 'delivered' };
      if (!REPEATED.has(outcome.status)) return { kind: 'given up' };
      break;
    case 'unreachable':
      break;
  }
  if (attempts >= MAX_ATTEMPTS) return { kind: 'given up' };
  const backoffMs = Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), MAX_WAIT_MS) + random * JITTER_MS;
  const askedMs = outcome.kind === 'answered' ? parseRetryAfter(outcome.retryAfter, nowMs) : 0;
  return { kind: 'again', afterMs: Math.round(Math.max(backoffMs, Math.min(askedMs, MAX_RETRY_AFTER_MS))) };
}

/** Seconds, or a date; 0 for what is neither. */
function parseRetryAfter(text: string | undefined, nowMs: number): number {
  if (text === undefined) return 0;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, at - nowMs);
}
