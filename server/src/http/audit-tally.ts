import type { AuditEntry } from '../governance/audit-record.ts';
import type { Clock } from '../kernel/clock.ts';

/** Records of what happens often: the first time at once, then a count an interval. */
export interface AuditTally {
  /** Whether the same was recorded in this interval already. */
  has(key: string): boolean;
  /** `entry` is asked for the first time only. */
  add(key: string, entry: () => AuditEntry): void;
  start(): void;
  /** Records what was counted so far. */
  stop(): void;
}

interface Counted {
  readonly entry: AuditEntry;
  again: number;
}

const INTERVAL_MS = 60_000;
const SWEEP_MS = 5_000;
/** Beyond it the oldest interval ends early. */
const MAX_KEYS = 20_000;
/** How long after its first record a count is recorded at the latest, with some room. */
export const COUNTED_FOR_MS = INTERVAL_MS + 4 * SWEEP_MS;

export function createAuditTally({
  append,
  clock,
}: {
  append(entry: AuditEntry): void;
  readonly clock: Clock;
}): AuditTally {
  // In the order in which their intervals began.
  const counts = new Map<string, Counted>();
  let timer: NodeJS.Timeout | undefined;

  function end(key: string, { entry, again }: Counted): void {
    counts.delete(key);
    if (again > 0) append({ ...entry, atMs: clock.nowMs(), count: again });
  }

  function sweep(): void {
    const nowMs = clock.nowMs();
    for (const [key, counted] of counts) {
      // A clock that was put back must not make an interval endless.
      if (Math.abs(nowMs - counted.entry.atMs) < INTERVAL_MS) break;
      end(key, counted);
    }
  }

  return {
    has: (key) => counts.has(key),
    add(key, entry) {
      const known = counts.get(key);
      if (known !== undefined) {
        known.again += 1;
        return;
      }
      if (counts.size >= MAX_KEYS) {
        const [oldest, counted] = counts.entries().next().value!;
        end(oldest, counted);
      }
      const first = entry();
      append(first);
      counts.set(key, { entry: first, again: 0 });
    },
    start() {
      timer = setInterval(sweep, SWEEP_MS).unref();
    },
    stop() {
      clearInterval(timer);
      for (const [key, counted] of counts) end(key, counted);
    },
  };
}
