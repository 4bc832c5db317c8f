import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';

/** Failures within this time are counted together. */
const WINDOW_MS = 5 * 60_000;
/** Who guesses one name from one address is stopped first; the other two stop many names and many addresses. */
const MOST = { pair: 10, address: 50, name: 100 } as const;
/** Entries of each kind. The longest unused goes first: whoever makes others go has met the limit of its address. */
const MAX_ENTRIES = 20_000;

interface Count {
  failures: number;
  untilMs: number;
}

export type LoginLimits = ReturnType<typeof createLoginLimits>;

/** Counts failed sign-ins by name and by address. */
export function createLoginLimits({ clock }: { readonly clock: Clock }) {
  const counts = {
    pair: new Map<string, Count>(),
    address: new Map<string, Count>(),
    name: new Map<string, Count>(),
  };

  function keysOf(name: string, address: string) {
    return [
      ['pair', `${address} ${name}`],
      ['address', address],
      ['name', name],
    ] as const;
  }

  function countOf(kind: keyof typeof counts, key: string): Count {
    const nowMs = clock.nowMs();
    const map = counts[kind];
    let count = map.get(key);
    if (count === undefined || count.untilMs <= nowMs) count = { failures: 0, untilMs: nowMs + WINDOW_MS };
    // To the end of the order in which entries go.
    map.delete(key);
    map.set(key, count);
    if (map.size > MAX_ENTRIES) map.delete(map.keys().next().value!);
    return count;
  }

  return {
    /**
     * Counts a try as failed before it is known to be: tries that run at once cannot all slip through.
     * @returns takes the count back, for one that succeeds.
     * @throws AppError LimitExceeded, whether or not there is such a name.
     */
    begin(name: string, address: string): () => void {
      const found = keysOf(name, address).map(([kind, key]) => ({ kind, count: countOf(kind, key) }));
      if (found.some(({ kind, count }) => count.failures >= MOST[kind])) {
        throw new AppError('LimitExceeded', 'Too many failed sign-ins. Wait five minutes, then try again.');
      }
      for (const { count } of found) count.failures += 1;
      return () => {
        for (const { count } of found) count.failures -= 1;
      };
    },

    /** For tests and metrics: entries that are kept, of all kinds. */
    size: () => counts.pair.size + counts.address.size + counts.name.size,
  };
}
