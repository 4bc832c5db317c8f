import { AppError } from '../kernel/errors.ts';

export interface PlaceLimits {
  readonly maxProcesses: number;
  /** Queries that wait for a process; more are refused. */
  readonly maxWaiting: number;
  /** Of those that wait, how many may be one principal's. */
  readonly maxWaitingOfOne: number;
}

interface Waiting {
  readonly owner: string | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

export type ProcessPlaces = ReturnType<typeof createProcessPlaces>;

/**
 * Who may use a process now. Nobody has all of them: one place is left for the others, whoever came first. An undefined
 * owner is everybody at once, where callers have no identities, and has no share.
 */
export function createProcessPlaces({ maxProcesses, maxWaiting, maxWaitingOfOne }: PlaceLimits) {
  const maxOfOne = Math.max(1, maxProcesses - 1);
  const waiting: Waiting[] = [];
  const inUse = new Map<string | undefined, number>();
  let busy = 0;

  const mayGo = (owner: string | undefined): boolean =>
    busy < maxProcesses && (owner === undefined || (inUse.get(owner) ?? 0) < maxOfOne);

  function take(owner: string | undefined): void {
    busy += 1;
    inUse.set(owner, (inUse.get(owner) ?? 0) + 1);
  }

  /** Lets those go who may, the longest waiting first. */
  function letGo(): void {
    for (;;) {
      const at = waiting.findIndex(({ owner }) => mayGo(owner));
      if (at < 0) return;
      const [next] = waiting.splice(at, 1);
      take(next!.owner);
      next!.resolve();
    }
  }

  return {
    /**
     * Resolves once there is a place, which `leave` gives back.
     * @throws AppError LimitExceeded when too many wait; the signal's reason
     */
    async enter(owner: string | undefined, signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      if (mayGo(owner)) {
        take(owner);
        return;
      }
      if (waiting.length >= maxWaiting)
        throw new AppError('LimitExceeded', 'Too many queries wait to be run; try again in a moment.');
      if (owner !== undefined && waiting.filter((each) => each.owner === owner).length >= maxWaitingOfOne)
        throw new AppError(
          'LimitExceeded',
          `${maxWaitingOfOne} of your queries wait to be run already; try again in a moment.`,
        );
      await new Promise<void>((resolve, reject) => {
        const entry = { owner, resolve, reject };
        waiting.push(entry);
        signal.addEventListener('abort', () => {
          const at = waiting.indexOf(entry);
          if (at >= 0) waiting.splice(at, 1);
          reject(signal.reason);
        });
      });
    },

    leave(owner: string | undefined): void {
      busy -= 1;
      const left = (inUse.get(owner) ?? 0) - 1;
      if (left > 0) inUse.set(owner, left);
      else inUse.delete(owner);
      letGo();
    },

    /** Refuses all who wait. */
    close(): void {
      for (const { reject } of waiting.splice(0))
        reject(new AppError('Unavailable', 'The server is shutting down.'));
    },
  };
}
