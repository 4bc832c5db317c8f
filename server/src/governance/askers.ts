import { AsyncLocalStorage } from 'node:async_hooks';

/** Who asked for a change of rights, and by which request. */
export interface Asker {
  readonly principal: string;
  readonly principalId: string;
  /** Of the peer. */
  readonly address: string;
  readonly requestId: string;
}

/** Tells whoever writes changes of rights for which request that is, through all that lies between. */
export interface Askers {
  /** Runs `work`, and all that goes on from it; `asker` is asked once something is to be written. */
  during(asker: () => Asker, work: () => void): void;
  /** Undefined for what the program does by itself, and where no requests are recorded. */
  current(): Asker | undefined;
}

export function createAskers(): Askers {
  const store = new AsyncLocalStorage<() => Asker>();
  return {
    during: (asker, work) => store.run(asker, work),
    current: () => store.getStore()?.(),
  };
}
