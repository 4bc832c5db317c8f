import { hash } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';

/** Failures within this time are counted together. */
const WINDOW_MS = 5 * 60_000;
/** Who guesses one name from one address is stopped first; the other two stop many names and many addresses. */
const MOST = { pair: 10, address: 50, name: 100 } as const;
/** Entries of each kind. The longest unused goes first: whoever makes others go does so from many addresses. */
const MAX_ENTRIES = 20_000;
/** Longer keys are kept as their hashes: names are as long as callers like. */
const MAX_KEY_CHARS = 100;

interface Count {
  failures: number;
  untilMs: number;
}

/** One try, counted as failed until it is known to be something else. */
export interface Try {
  succeeded(): void;
  /** It was never judged. */
  withdrawn(): void;
}

export type LoginLimits = ReturnType<typeof createLoginLimits>;

/** Counts failed sign-ins by name and by address. */
export function createLoginLimits({ clock }: { readonly clock: Clock }) {
  const counts = {
    pair: new Map<string, Count>(),
    address: new Map<string, Count>(),
    name: new Map<string, Count>(),
  };
  /** From where who has signed in: nobody is shut out of there by those who guess elsewhere. */
  const known = new Set<string>();

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
     * Counts a try before it is judged: tries that run at once cannot all slip through.
     * @throws AppError LimitExceeded, whether or not there is such a name.
     */
    begin(name: string, address: string): Try {
      const pair = shortened(`${address} ${name}`);
      const ofAddress = countOf('address', address);
      // Before anything is kept of the name: what is refused anyway pushes nobody else's count out.
      if (ofAddress.failures >= MOST.address) throw tooMany();
      const found = {
        pair: countOf('pair', pair),
        address: ofAddress,
        name: countOf('name', shortened(name)),
      };
      if (found.pair.failures >= MOST.pair || (found.name.failures >= MOST.name && !known.has(pair)))
        throw tooMany();
      const all = Object.values(found);
      for (const count of all) count.failures += 1;
      const withdrawn = () => {
        for (const count of all) count.failures -= 1;
      };
      return {
        withdrawn,
        succeeded() {
          withdrawn();
          known.delete(pair);
          known.add(pair);
          if (known.size > MAX_ENTRIES) known.delete(known.values().next().value!);
        },
      };
    },
  };
}

const shortened = (key: string): string =>
  key.length <= MAX_KEY_CHARS ? key : hash('sha256', key, 'base64');

const tooMany = (): AppError =>
  new AppError('LimitExceeded', 'Too many failed sign-ins. Wait five minutes, then try again.');
