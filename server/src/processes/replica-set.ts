import { MAX_LOAD_FAILURES, restartDelayMs, STEADY_MS } from './backoff.ts';
import { createOutputLog, type OutputLog } from './child-output.ts';
import type { Channel, GoneReason, ReplicaSet, SetChange, SetFailure, SetSpec } from './port.ts';
import type { Replica, ReplicaListener } from './replica.ts';

/** A set as its engine sees it. */
export interface SupervisedSet<R extends Replica> extends ReplicaSet {
  readonly spec: SetSpec;
  readonly replicas: ReadonlyMap<string, R>;
  /** Ends those of these replicas that are idle, for want of memory. */
  evict(ids: readonly string[]): void;
}

export interface SupervisedSetOptions<R extends Replica> {
  readonly spec: SetSpec;
  /** Resolves when there is memory for one more replica of the set. */
  admit(waits: () => void, signal: AbortSignal): Promise<void>;
  start(id: string, log: OutputLog, listener: ReplicaListener): R;
  onClosed(): void;
  now(): number;
}

/** A set of equal processes: as many as are wanted, started again when they end. */
export function createSupervisedSet<R extends Replica>(options: SupervisedSetOptions<R>): SupervisedSet<R> {
  const { spec, now } = options;
  const log = createOutputLog();
  const replicas = new Map<string, R>();
  /** Those that wait for memory, or for their next try. */
  const waiting = new Map<string, { readonly kind: 'memory' | 'backoff'; cancel(): void }>();
  const startedMs = new Map<string, number>();
  const listeners = new Set<(change: SetChange) => void>();
  let want = 0;
  let made = 0;
  let restarts = 0;
  let loadFailures = 0;
  let failure: SetFailure | undefined;
  let closing: Promise<void> | undefined;

  const tell = (change: SetChange) => {
    for (const listener of listeners) listener(change);
  };
  const leaving = new Set<R>();
  const kept = () => [...replicas.values()].filter((replica) => !leaving.has(replica));

  function reconcile(): void {
    if (failure !== undefined) return;
    while (kept().length + waiting.size < want) begin();
    let tooMany = kept().length + waiting.size - want;
    for (const [id, { cancel }] of waiting) {
      if (tooMany <= 0) return;
      waiting.delete(id);
      cancel();
      tooMany -= 1;
    }
    // Those that have nothing to lose first: still loading, then idle, then the youngest.
    const order = kept()
      .toReversed()
      .toSorted((a, b) => rank(a) - rank(b));
    for (const replica of order.slice(0, Math.max(0, tooMany))) leave(replica);
  }

  const rank = ({ channel }: Replica) => (channel === undefined ? 0 : channel.inFlight);

  function leave(replica: R): void {
    leaving.add(replica);
    const { channel } = replica;
    replica.drain();
    if (channel !== undefined) tell({ kind: 'draining', replica: replica.id, channel });
  }

  function begin(): void {
    made += 1;
    const id = `${spec.key}-${made}`;
    const stop = new AbortController();
    waiting.set(id, { kind: 'memory', cancel: () => stop.abort() });
    let admitted = false;
    const waits = () => {
      if (!admitted) tell({ kind: 'waits-for-memory', replica: id });
    };
    options.admit(waits, stop.signal).then(
      () => {
        admitted = true;
        if (!waiting.delete(id)) return;
        startedMs.set(id, now());
        replicas.set(id, options.start(id, log, listenerOf(id)));
        tell({ kind: 'starting', replica: id });
      },
      () => waiting.delete(id),
    );
  }

  function listenerOf(id: string): ReplicaListener {
    return {
      ready(channel) {
        loadFailures = 0;
        tell({ kind: 'ready', replica: id, channel });
      },
      event: (event) => tell({ kind: 'event', replica: id, event }),
      gone(reason, message, channel) {
        bury(id, { reason, message, channel });
      },
    };
  }

  function bury(
    id: string,
    { reason, message, channel }: { reason: GoneReason; message: string; channel: Channel | undefined },
  ): void {
    const replica = replicas.get(id);
    const told = replica !== undefined && leaving.delete(replica);
    replicas.delete(id);
    const livedMs = now() - (startedMs.get(id) ?? now());
    startedMs.delete(id);
    tell({ kind: 'gone', replica: id, channel, reason, message });
    if (told || reason === 'closed') {
      reconcile();
      return;
    }
    log.append({ replica: id, stream: 'load', text: `${message.split('\n', 1)[0]}\n`, dropped: 0 });
    if (channel === undefined) {
      loadFailures += 1;
      if (loadFailures >= MAX_LOAD_FAILURES) {
        fail({ reason, message });
        return;
      }
    }
    if (livedMs >= STEADY_MS) restarts = 0;
    backOff(id, restartDelayMs(restarts));
    restarts += 1;
  }

  function fail(found: SetFailure): void {
    failure = found;
    for (const { cancel } of waiting.values()) cancel();
    waiting.clear();
    for (const replica of kept()) if (replica.channel === undefined) leave(replica);
    tell({ kind: 'failed', failure: found });
  }

  function backOff(id: string, delayMs: number): void {
    if (kept().length + waiting.size >= want) return;
    const timer = setTimeout(() => {
      waiting.delete(id);
      reconcile();
    }, delayMs);
    waiting.set(id, { kind: 'backoff', cancel: () => clearTimeout(timer) });
  }

  const count = (kind: 'memory' | 'backoff') =>
    [...waiting.values()].filter((entry) => entry.kind === kind).length;

  async function close(drainMs: number): Promise<void> {
    want = 0;
    failure = undefined;
    reconcile();
    const late = setTimeout(() => {
      for (const replica of replicas.values()) replica.kill('closed', 'It was told to end.');
    }, drainMs);
    await Promise.all(Array.from(replicas.values(), ({ ended }) => ended));
    clearTimeout(late);
    listeners.clear();
    log.close();
    options.onClosed();
  }

  return {
    key: spec.key,
    spec,
    replicas,
    scale(number) {
      if (closing !== undefined) return;
      want = Math.max(0, Math.trunc(number));
      if (failure !== undefined) {
        failure = undefined;
        loadFailures = 0;
        restarts = 0;
      }
      reconcile();
    },
    get channels() {
      return kept().flatMap(({ channel }) => (channel === undefined ? [] : [channel]));
    },
    get status() {
      const ready = kept().filter(({ channel }) => channel !== undefined).length;
      return {
        want,
        ready,
        starting: kept().length - ready,
        backingOff: count('backoff'),
        waitsForMemory: count('memory') > 0,
        failure,
      };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    logs: () => log.read(),
    usage: () => Promise.all(Array.from(replicas.values(), (replica) => replica.usage())),
    evict(ids) {
      const idle = kept().filter(({ id, channel }) => ids.includes(id) && channel?.inFlight === 0);
      if (idle.length === 0 || closing !== undefined) return;
      want = Math.max(0, want - idle.length);
      for (const replica of idle) leave(replica);
      reconcile();
      tell({ kind: 'evicted' });
    },
    close({ drainMs }) {
      closing ??= close(drainMs);
      return closing;
    },
  };
}
