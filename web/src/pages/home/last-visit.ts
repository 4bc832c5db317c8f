/** When the reader last looked at the start page, kept in this browser alone. Times in ms since 1970. */
export interface Visit {
  /** The end of the visit before this one; undefined for a first visit. */
  readonly since: number | undefined;
  /** When this visit was last known to go on. */
  readonly seen: number;
}

/** Whoever comes back within this time goes on with the same visit: what is new stays new over a reload. */
const SAME_VISIT_MS = 30 * 60_000;

export function continueVisit(known: Visit | undefined, nowMs: number): Visit {
  if (known === undefined) return { since: undefined, seen: nowMs };
  if (nowMs - known.seen > SAME_VISIT_MS) return { since: known.seen, seen: nowMs };
  return { since: known.since, seen: nowMs };
}

const KEY = 'slipway.visit';

/** What is stored, however it came there. */
export function parseVisit(text: string | null): Visit | undefined {
  try {
    const { since, seen } = JSON.parse(text ?? 'null') as { since?: unknown; seen?: unknown };
    if (typeof seen !== 'number' || !Number.isFinite(seen)) return undefined;
    return { since: typeof since === 'number' && Number.isFinite(since) ? since : undefined, seen };
  } catch {
    // Nothing is stored, or something that is not ours: this is a first visit.
    return undefined;
  }
}

/** Notes that the reader looks now; since when things are new to them. */
export function noteVisit(nowMs: number): number | undefined {
  const visit = continueVisit(parseVisit(localStorage.getItem(KEY)), nowMs);
  localStorage.setItem(KEY, JSON.stringify(visit));
  return visit.since;
}
