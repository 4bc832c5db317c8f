import type { LiveEvent } from '@slipway/client';
import { useEffect, useRef } from 'react';
import { client } from './server.ts';
import { untilShown, whileShown } from './shown-page.ts';
import { withStreamPlace } from './stream-places.ts';

/** What has changed on the server since the last time it was told. */
export interface LiveChanges {
  /** It is not known what was missed: everything may have changed. */
  readonly isReset: boolean;
  readonly runs: ReadonlySet<string>;
  /** Runs with new points, and of which metrics. */
  readonly points: ReadonlyMap<string, ReadonlySet<string>>;
  readonly experiments: ReadonlySet<string>;
  /** Kinds of all events, those of models and traces included. */
  readonly kinds: ReadonlySet<LiveEvent['kind']>;
}

type Listener = (event: LiveEvent) => void;

interface Connection {
  readonly listeners: Set<Listener>;
  readonly controller: AbortController;
}

/** One connection for all parts of a page that follow the same experiments. */
const connections = new Map<string, Connection>();

function follow(experimentIds: readonly string[], listener: Listener): () => void {
  const key = [...experimentIds].sort().join(',');
  const connection = connections.get(key) ?? open(key, experimentIds);
  connection.listeners.add(listener);
  return () => {
    connection.listeners.delete(listener);
    if (connection.listeners.size > 0) return;
    connections.delete(key);
    connection.controller.abort();
  };
}

function open(key: string, experimentIds: readonly string[]): Connection {
  const connection: Connection = { listeners: new Set(), controller: new AbortController() };
  connections.set(key, connection);
  void run(experimentIds, connection).catch(() => {
    // A server that refuses to tell of changes still answers questions: the page works, without news.
  });
  return connection;
}

/**
 * Only while the page is shown, and few at a time: a browser has six connections to one server, for all of its tabs
 * together.
 */
async function run(experimentIds: readonly string[], { listeners, controller }: Connection): Promise<void> {
  const { signal } = controller;
  const tell = (event: LiveEvent) => {
    for (const listener of listeners) listener(event);
  };
  let lastEventId: string | undefined;
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    await untilShown(signal);
    if (signal.aborted) return;
    const shown = whileShown(signal);
    await withStreamPlace(shown, async (hasWaited) => {
      // Where nothing came before the page was hidden or had to wait, it is not known behind what to go on.
      const hasGap = lastEventId === undefined && (hasWaited || !isFirst);
      const onConnected = hasGap ? () => tell(RESET) : undefined;
      const subscription = { experimentIds, lastEventId, onConnected, signal: shown };
      for await (const event of client.events.subscribe(subscription)) {
        lastEventId = event.id;
        tell(event);
      }
    }).catch((error: unknown) => {
      // Hidden or left while it waited: it begins anew when it is seen.
      if (!shown.aborted) throw error;
    });
  }
}

const RESET: LiveEvent = { id: '', kind: 'reset', experimentId: undefined, subject: undefined, keys: [] };

/**
 * Tells of changes in experiments while the calling component is shown: the first at once, then all that came together
 * every `everyMs`, so that a busy server does not make a busy page. Without experiments, of everything.
 */
export function useLiveChanges(
  experimentIds: readonly string[],
  onChanges: (changes: LiveChanges) => void,
  everyMs = 1000,
): void {
  const latest = useRef(onChanges);
  latest.current = onChanges;
  const key = experimentIds.join(',');
  useEffect(() => {
    let gathered: LiveEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let toldAt = Number.NEGATIVE_INFINITY;
    const tell = () => {
      timer = undefined;
      // A page that nobody sees catches up when it is seen.
      if (document.visibilityState === 'hidden' || gathered.length === 0) return;
      toldAt = performance.now();
      const events = gathered;
      gathered = [];
      latest.current(gather(events));
    };
    const onEvent = (event: LiveEvent) => {
      gathered.push(event);
      // A change comes as several events within a moment: the first is not told alone.
      timer ??= setTimeout(tell, Math.max(50, toldAt + everyMs - performance.now()));
    };
    const stop = follow(key === '' ? [] : key.split(','), onEvent);
    document.addEventListener('visibilitychange', tell);
    return () => {
      stop();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', tell);
    };
  }, [key, everyMs]);
}

function gather(events: readonly LiveEvent[]): LiveChanges {
  const points = new Map<string, Set<string>>();
  const subjects = (kind: LiveEvent['kind']) =>
    new Set(events.flatMap((event) => (event.kind === kind && event.subject ? [event.subject] : [])));
  for (const { kind, subject, keys } of events) {
    if (kind !== 'points' || subject === undefined) continue;
    const known = points.get(subject) ?? new Set();
    for (const key of keys) known.add(key);
    points.set(subject, known);
  }
  return {
    isReset: events.some(({ kind }) => kind === 'reset'),
    runs: subjects('run'),
    experiments: subjects('experiment'),
    points,
    kinds: new Set(events.map(({ kind }) => kind)),
  };
}
