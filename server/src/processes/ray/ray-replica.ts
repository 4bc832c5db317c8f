import { AppError } from '../../kernel/errors.ts';
import { answerOf } from '../channel.ts';
import { createMask, type OutputLog } from '../child-output.ts';
import { FRAME_TYPES } from '../frames.ts';
import { isolationOf, loadRequest, readLoaded } from '../loaded.ts';
import type { Channel, EnvironmentRef, GoneReason, Loaded, SetSpec } from '../port.ts';
import {
  type Ending,
  endingOf,
  type ProcessEnd,
  type Replica,
  type ReplicaListener,
  tooMuchMemory,
} from '../replica.ts';
import { uploadModel } from './model-upload.ts';
import type { Slot } from './slot.ts';
import { createSlotLink, type SlotLink } from './slot-link.ts';
import type { Slots } from './slots.ts';

export interface RayReplicaOptions {
  readonly id: string;
  readonly spec: SetSpec;
  readonly environment: EnvironmentRef;
  readonly slots: Slots;
  readonly log: OutputLog;
  readonly isolation: 'require' | 'auto' | 'off';
  readonly listener: ReplicaListener;
  /** Milliseconds, never going back. */
  now(): number;
}

const WATCH_MS = 20_000;
const PAUSE_MS = 300;
/** Without a word from a slot for so long, what runs in it is given up. */
const SILENT_MS = 15_000;
const END_MS = 12_000;
const END_TRIES = 3;
/** Where the slot has its files no more, they are brought once again. */
const START_TRIES = 2;

/** A process with a model in a slot of the cluster. */
export function startRayReplica(options: RayReplicaOptions): Replica {
  const { id, spec, environment, slots, log, listener, now } = options;
  const stop = new AbortController();
  const mask = createMask(Object.values(spec.variables));
  const { promise: ended, resolve: hasEnded } = Promise.withResolvers<void>();
  let slot: Slot | undefined;
  let run: string | undefined;
  let link: SlotLink | undefined;
  let channel: Channel | undefined;
  let draining = false;
  /** Why it ends, once that is decided by us. */
  let why: Ending | undefined;
  /** Its process does not answer any more. */
  let silent = false;
  let over = false;
  let startTimer: NodeJS.Timeout | undefined;

  const say = (text: string) =>
    log.append({ replica: id, stream: 'load', text: `${mask(text)}\n`, dropped: 0 });

  function end(reason: GoneReason, message: string): void {
    why ??= { reason, message };
    stop.abort();
    link?.close();
    if (run === undefined || over) return;
    endRun(run).catch(() => finish(undefined, { usable: false }));
  }

  /** That it has ended is told by what watches it. */
  async function endRun(started: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await slot!.json('end', { query: { run: started }, message: {}, timeoutMs: END_MS });
        return;
      } catch (error) {
        if (error instanceof AppError && error.reason === 'ended') return;
        if (tries === END_TRIES || slot!.lost.aborted) throw error;
        await pause(PAUSE_MS);
      }
    }
  }

  /** Nothing of it is left, or it is out of reach and its slot is given up. */
  function finish(how: ProcessEnd | undefined, { usable }: { readonly usable: boolean }): void {
    if (over) return;
    over = true;
    clearTimeout(startTimer);
    const loaded = channel;
    stop.abort();
    link?.close();
    if (slot !== undefined) slots.release(slot, { usable });
    const { reason, message } = endingOf({ id, draining, log }, { why, how });
    listener.gone(reason, message, loaded);
    hasEnded();
  }

  function lose(message: string): void {
    why ??= { reason: 'signal', message };
    finish(undefined, { usable: false });
  }

  async function bring(place: Slot): Promise<void> {
    const { key, python, preload, pythonVersion, versions } = environment;
    const message = { key, python, preload, pythonVersion, versions };
    for (;;) {
      stop.signal.throwIfAborted();
      const { status } = await place.json('environment', { message });
      if (status === 200) break;
    }
    await uploadModel(place, spec.model, stop.signal);
  }

  async function start(place: Slot): Promise<Record<string, unknown>> {
    const { limits, network, model } = spec;
    for (let tries = 1; ; tries += 1) {
      await bring(place);
      stop.signal.throwIfAborted();
      try {
        const { key, python, preload } = environment;
        return await place.json('start', {
          message: {
            environment: { key, python, preload },
            digest: model.digest,
            network,
            isolation: options.isolation,
            memoryBytes: limits.memoryBytes,
            limits: {
              temporaryBytes: limits.temporaryBytes,
              openFiles: limits.openFiles,
              processes: limits.processes,
            },
          },
          timeoutMs: spec.limits.startMs,
        });
      } catch (error) {
        if (!(error instanceof AppError && error.reason === 'ended') || tries === START_TRIES) throw error;
      }
    }
  }

  async function begin(): Promise<void> {
    slot = await slots.acquire(spec.resourceClass, {
      signal: stop.signal,
      tell: (what) => say(`Waiting for a place in the Ray cluster: ${what}`),
    });
    const place = slot;
    const began = now();
    const { startMs } = spec.limits;
    const started = await start(place);
    run = String(started.run);
    const startTimedOut = () => end('start-timeout', `The model was not loaded within ${startMs} ms.`);
    startTimer = setTimeout(startTimedOut, startMs);
    watch(place, run).catch((error: unknown) => lose(String(error)));
    if (why !== undefined) {
      end(why.reason, why.message);
      return;
    }
    const hello = started.hello as Readonly<Record<string, unknown>>;
    if (hello.failed === true) throw new AppError('Unavailable', String(hello.message));
    const isolation = isolationOf(hello);
    link = createSlotLink({
      slot: place,
      run,
      hung: (message) => (channel === undefined ? startTimedOut() : end('hung', message)),
      silent: () => {
        silent = true;
      },
    });
    const frame = await link.ask(FRAME_TYPES.load, loadRequest(spec), {
      deadlineMs: Math.max(1, Math.ceil(began + startMs - now())),
      signal: undefined,
      answer: FRAME_TYPES.loaded,
    });
    if (why !== undefined || silent || over) return;
    clearTimeout(startTimer);
    channel = createChannel(link, readLoaded(frame, isolation));
    listener.ready(channel);
  }

  /** Takes what the process prints and tells, until it has ended or cannot be reached. */
  async function watch(place: Slot, started: string): Promise<void> {
    let after = 0;
    let heardMs = now();
    while (!over) {
      try {
        const { news } = await place.json('watch', { query: { run: started, after }, timeoutMs: WATCH_MS });
        heardMs = now();
        for (const item of Array.isArray(news) ? (news as readonly News[]) : []) {
          after = item.number;
          take(item);
        }
      } catch (error) {
        const reason = error instanceof AppError ? error.reason : undefined;
        if (reason === 'ended') lose('The Ray cluster ended the place of the model, and began it anew.');
        else if (place.lost.aborted || now() - heardMs > SILENT_MS)
          lose('The Ray cluster has lost the place of the model.');
        else await pause(PAUSE_MS);
      }
    }
  }

  function take(item: News): void {
    if (item.kind === 'output') {
      log.append({ replica: id, stream: item.stream, text: mask(item.text), dropped: item.dropped });
    } else if (item.kind === 'event') {
      const { kind, text } = item.event;
      if (kind === 'not-row-wise' || kind === 'warning' || kind === 'children-left')
        listener.event({ kind, text: String(text) });
    } else if (item.kind === 'protocol') {
      why ??= { reason: 'protocol', message: `The program sent ${item.message}.` };
    } else {
      const { outOfMemory: bytes } = item;
      if (bytes !== null)
        why ??= { reason: 'out-of-memory', message: tooMuchMemory(bytes, spec.limits.memoryBytes) };
      finish(item, { usable: true });
    }
  }

  function createChannel(program: SlotLink, loaded: Loaded): Channel {
    return {
      id,
      capacity: 1,
      get inFlight() {
        return program.busy ? 1 : 0;
      },
      loaded,
      async send(payload, { deadlineMs, signal }) {
        if (draining)
          throw new AppError('Unavailable', 'The replica is being ended.', { reason: 'not-sent' });
        const answer = FRAME_TYPES.answer;
        return answerOf(await program.ask(FRAME_TYPES.predict, payload, { deadlineMs, signal, answer }));
      },
    };
  }

  begin().catch((error: unknown) => {
    const failure =
      error instanceof AppError ? error : new AppError('Internal', String(error), { cause: error });
    // One that ended while it loaded is told by how it ended; one that said what is wrong, by that.
    const told = failure.reason === 'replica-gone' || failure.reason === 'deadline';
    if (!told || run === undefined)
      end(failure.reason === 'deploy-timeout' ? 'start-timeout' : 'load-failed', failure.message);
    if (run === undefined) finish(undefined, { usable: failure.reason === 'slot-refused' });
  });

  return {
    id,
    get channel() {
      return draining || silent || over || why !== undefined ? undefined : channel;
    },
    drain() {
      draining = true;
      if (channel === undefined || run === undefined) {
        end('closed', 'It was told to end.');
        return;
      }
      link!
        .idle()
        .then(() => slot!.json('drain', { query: { run: run! }, message: {} }))
        .catch(() => end('closed', 'It was told to end.'));
    },
    kill: end,
    async usage() {
      if (run === undefined || over) return { replica: id, memoryBytes: 0, cpuMs: 0 };
      const { memoryBytes, cpuMs } = await slot!.json('usage', { query: { run } });
      return { replica: id, memoryBytes: Number(memoryBytes), cpuMs: Number(cpuMs) };
    },
    ended,
  };
}

type News = { readonly number: number } & (
  | {
      readonly kind: 'output';
      readonly stream: 'out' | 'err';
      readonly text: string;
      readonly dropped: number;
    }
  | { readonly kind: 'event'; readonly event: Readonly<Record<string, unknown>> }
  | { readonly kind: 'protocol'; readonly message: string }
  | ({ readonly kind: 'end'; readonly outOfMemory: number | null } & ProcessEnd)
);

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
