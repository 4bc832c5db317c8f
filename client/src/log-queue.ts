import { SlipwayError } from './errors.ts';
import type { Message } from './json.ts';

/** One value on its way to a run, in the protocol's form. */
export type LogEntry =
  | { readonly kind: 'metrics'; readonly message: Message }
  | { readonly kind: 'params' | 'tags'; readonly message: { readonly key: string; readonly value: string } };

/** What one request takes. */
export interface LogBatch {
  readonly metrics: readonly Message[];
  readonly params: readonly Message[];
  readonly tags: readonly Message[];
}

export interface LogQueueOptions {
  /** Sends one request; what it rejects with counts as the loss of its values. */
  send(batch: LogBatch): Promise<void>;
  readonly flushIntervalMs: number;
  /** Values that may wait in the queue, and again as many in calls that wait for room. */
  readonly maxQueued: number;
}

const LIMITS = { metrics: 1000, params: 100, tags: 100 } as const;
const LIMIT_TOGETHER = 1000;

interface Waiting {
  readonly entries: readonly LogEntry[];
  resolve(): void;
}

/**
 * Values gathered into requests, sent one after another in the order in which they came. Its size is bounded; errors are
 * kept until `flush` tells them.
 */
export class LogQueue {
  readonly #options: LogQueueOptions;
  #entries: LogEntry[] = [];
  readonly #waiting: Waiting[] = [];
  #waitingEntries = 0;
  /** Values ever taken in, values done with, and up to which of them there is no waiting for a full request. */
  #added = 0;
  #done = 0;
  #due = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #working: Promise<void> | undefined;
  #lost = 0;
  #failure: SlipwayError | undefined;

  constructor(options: LogQueueOptions) {
    this.#options = options;
  }

  /**
   * Takes values in. Resolves at once, or when there is room again.
   * @returns a promise that rejects with QUEUE_FULL where too many calls wait already; who does not look at it hears of
   * it from `flush`
   */
  add(entries: readonly LogEntry[]): Promise<void> {
    const { maxQueued } = this.#options;
    const fits = this.#entries.length === 0 || this.#entries.length + entries.length <= maxQueued;
    if (this.#waiting.length === 0 && fits) {
      this.#added += entries.length;
      this.#admit(entries);
      return Promise.resolve();
    }
    if (this.#waiting.length > 0 && this.#waitingEntries + entries.length > maxQueued) {
      const error = new SlipwayError(
        `More than ${2 * maxQueued} values wait to be logged: await the calls that log, or log less.`,
        { errorCode: 'QUEUE_FULL' },
      );
      this.#fail(error, entries.length);
      const refused = Promise.reject(error);
      // Told by flush() too, so nobody has to look here.
      refused.catch(() => undefined);
      return refused;
    }
    this.#added += entries.length;
    this.#waitingEntries += entries.length;
    return new Promise((resolve) => this.#waiting.push({ entries, resolve }));
  }

  /** Sends all that was added before. @throws SlipwayError what the server refused, once; with how much was lost */
  async flush(): Promise<void> {
    const upTo = this.#added;
    this.#due = Math.max(this.#due, upTo);
    while (this.#done < upTo) await this.#work();
    const failure = this.#failure;
    const lost = this.#lost;
    this.#failure = undefined;
    this.#lost = 0;
    if (failure === undefined) return;
    const { errorCode, status, requestId } = failure;
    throw new SlipwayError(`${lost} values were not logged: ${failure.message}`, {
      errorCode,
      status,
      requestId,
      cause: failure,
    });
  }

  #admit(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#entries.push(entry);
    if (this.#entries.length >= LIMIT_TOGETHER) {
      void this.#work();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#due = this.#added;
      void this.#work();
    }, this.#options.flushIntervalMs);
  }

  /** Sends what is due. Never rejects. */
  #work(): Promise<void> {
    this.#working ??= this.#sendDue().finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  async #sendDue(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#entries.length >= LIMIT_TOGETHER || (this.#entries.length > 0 && this.#done < this.#due)) {
      const count = countOfNextBatch(this.#entries);
      const batch = this.#entries.splice(0, count);
      try {
        await this.#options.send(asBatch(batch));
      } catch (error) {
        this.#fail(error, count);
      }
      this.#done += count;
      this.#letIn();
    }
    if (this.#entries.length > 0) this.#admit([]);
  }

  #letIn(): void {
    const { maxQueued } = this.#options;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const { entries, resolve } = next;
      if (this.#entries.length > 0 && this.#entries.length + entries.length > maxQueued) return;
      this.#waiting.shift();
      this.#waitingEntries -= entries.length;
      for (const entry of entries) this.#entries.push(entry);
      resolve();
    }
  }

  #fail(error: unknown, lost: number): void {
    this.#lost += lost;
    this.#failure ??=
      error instanceof SlipwayError
        ? error
        : new SlipwayError(String(error), { errorCode: 'INTERNAL_ERROR', cause: error });
  }
}

/**
 * How many of the first entries one request may hold. A param that stands twice begins a new request: the server refuses
 * both where they come together, even with equal values.
 */
export function countOfNextBatch(entries: readonly LogEntry[]): number {
  const counts = { metrics: 0, params: 0, tags: 0 };
  const params = new Set<string>();
  let count = 0;
  for (const entry of entries) {
    if (count === LIMIT_TOGETHER || counts[entry.kind] === LIMITS[entry.kind]) break;
    if (entry.kind === 'params') {
      if (params.has(entry.message.key)) break;
      params.add(entry.message.key);
    }
    counts[entry.kind] += 1;
    count += 1;
  }
  return count;
}

function asBatch(entries: readonly LogEntry[]): LogBatch {
  const of = (kind: LogEntry['kind']) =>
    entries.filter((entry) => entry.kind === kind).map((entry) => entry.message);
  return { metrics: of('metrics'), params: of('params'), tags: of('tags') };
}
