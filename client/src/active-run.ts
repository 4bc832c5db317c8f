// Who compiles for an older library still finds `Symbol.asyncDispose` in the declarations.
/// <reference lib="esnext.disposable" preserve="true" />
import { SlipwayError } from './errors.ts';
import { type Texts, wirePairs } from './fields.ts';
import type { Int64 } from './json.ts';
import { type LogEntry, LogQueue, type LogQueueOptions } from './log-queue.ts';
import { type NewMetric, type RunInfo, type RunStatus, wireMetric } from './run-messages.ts';

/** When values logged to a run are sent. */
export interface LoggingOptions {
  /** How long a value may wait for others before it is sent, in ms; 500 without it. */
  readonly flushIntervalMs?: number | undefined;
  /** Values in the queue beyond which logging waits; 10,000 without it. */
  readonly maxQueued?: number | undefined;
}

export interface RunEnd {
  /** `FINISHED` without it. */
  readonly status?: RunStatus | undefined;
  /** ms since 1970; now without it. */
  readonly endTimeMs?: Int64 | undefined;
}

export interface ActiveRunOptions extends Required<LoggingOptions> {
  readonly info: RunInfo;
  send: LogQueueOptions['send'];
  end(end: Required<RunEnd>): Promise<void>;
}

/**
 * A run that is being logged to. Values are gathered and sent in the background, in their order, up to 1000 in one
 * request; `flush` and `end` tell what was refused. The promise of a logging call resolves as soon as the value is in the
 * queue: await it and fast loops slow down to what the server takes.
 *
 * @example
 * ```ts
 * await using run = await client.runs.create({ experimentId, name: 'baseline' });
 * await run.logParams({ depth: 3, criterion: 'gini' });
 * for (let step = 0; step < 1000; step++) await run.logMetric('loss', 1 / (step + 1), { step });
 * await run.end();   // or leave it to `await using`
 * ```
 */
export class ActiveRun {
  readonly info: RunInfo;
  readonly #options: ActiveRunOptions;
  readonly #queue: LogQueue;
  #ended: Promise<void> | undefined;

  constructor(options: ActiveRunOptions) {
    this.#options = options;
    this.info = options.info;
    this.#queue = new LogQueue(options);
  }

  get runId(): string {
    return this.info.runId;
  }

  /** Where its files are: a run can stand wherever `client.artifacts` wants to know the place. */
  get artifactUri(): string {
    return this.info.artifactUri;
  }

  /** @throws SlipwayError INVALID_PARAMETER_VALUE for a step that is no whole number, INVALID_STATE after `end` */
  logMetric(key: string, value: number, about: Omit<NewMetric, 'key' | 'value'> = {}): Promise<void> {
    return this.#add([{ kind: 'metrics', message: wireMetric({ ...about, key, value }) }]);
  }

  /** Several metrics of one step. */
  logMetrics(
    values: Readonly<Record<string, number>>,
    about: Omit<NewMetric, 'key' | 'value'> = {},
  ): Promise<void> {
    const shared = { timestampMs: Date.now(), ...about };
    return this.#add(
      Object.entries(values).map(([key, value]) => ({
        kind: 'metrics',
        message: wireMetric({ ...shared, key, value }),
      })),
    );
  }

  /** A param keeps its first value: another one is refused. */
  logParam(key: string, value: ParamValue): Promise<void> {
    return this.logParams({ [key]: value });
  }

  logParams(params: Readonly<Record<string, ParamValue>>): Promise<void> {
    return this.#add(
      Object.entries(params).map(([key, value]) => ({
        kind: 'params',
        message: { key, value: String(value) },
      })),
    );
  }

  setTag(key: string, value: string): Promise<void> {
    return this.setTags({ [key]: value });
  }

  setTags(tags: Texts): Promise<void> {
    return this.#add(wirePairs(tags).map((message) => ({ kind: 'tags', message })));
  }

  /** Resolves when the server has everything logged so far. @throws SlipwayError what was refused since the last flush */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /**
   * Sends what is left and ends the run, in this order; the run is ended even if values were refused. A second call does
   * nothing more.
   * @throws SlipwayError what was refused, or why the run could not be ended
   */
  end({ status = 'FINISHED', endTimeMs = Date.now() }: RunEnd = {}): Promise<void> {
    this.#ended ??= this.#end({ status, endTimeMs });
    return this.#ended;
  }

  /** `await using` ends the run as finished: it cannot see an error that leaves the block. `runs.track` can. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #end(end: Required<RunEnd>): Promise<void> {
    try {
      await this.#queue.flush();
    } finally {
      await this.#options.end(end);
    }
  }

  #add(entries: readonly LogEntry[]): Promise<void> {
    if (this.#ended === undefined) return this.#queue.add(entries);
    throw new SlipwayError(`The run ${this.runId} has ended: nothing more can be logged to it.`, {
      errorCode: 'INVALID_STATE',
    });
  }
}

/** Params are texts on the server; numbers and flags become their text. */
export type ParamValue = string | number | bigint | boolean;
