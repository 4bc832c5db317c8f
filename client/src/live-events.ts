import { watchSource } from './byte-streams.ts';
import { invalidResponse, SlipwayError } from './errors.ts';
import { EventStreamParser } from './event-stream.ts';
import { readOptionalText, readTexts, readWord, toObject } from './fields.ts';
import { type Http, timedOut } from './http.ts';
import { parseJson } from './json.ts';
import { decideRetry, pause } from './retry-policy.ts';

/** `reset`: it is not known what was missed; read anew what you show. */
export type LiveEventKind =
  | 'experiment'
  | 'run'
  | 'points'
  | 'trace'
  | 'logged_model'
  | 'registered_model'
  | 'model_version'
  | 'reset';

/** Something has changed; ask again for what you show of it. */
export interface LiveEvent {
  /** Where in the stream it stands: `lastEventId` of a later subscription goes on behind it. */
  readonly id: string;
  readonly kind: LiveEventKind;
  /** Undefined for what belongs to no experiment. */
  readonly experimentId: string | undefined;
  /** A run's, a trace's or a logged model's id, a model's name, an experiment's id; undefined for a reset. */
  readonly subject: string | undefined;
  /** For `points` the metrics that grew, for `model_version` its number. */
  readonly keys: readonly string[];
}

export interface LiveEventSubscription {
  /** Everything without it. */
  readonly experimentIds?: readonly string[] | undefined;
  /** Goes on behind this event; from now on without it. */
  readonly lastEventId?: string | undefined;
  /** Ends the iteration without an error. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told of every connection that is made: from then on nothing is missed. Who shows a state reads it now, and then
   * follows the events.
   */
  readonly onConnected?: (() => void) | undefined;
  /** Told of every lost connection, before the wait for the next: for a page that shows that it is offline. */
  readonly onDisconnected?: ((error: unknown) => void) | undefined;
}

/** Three of the server's heartbeats. */
const SILENCE_MS = 45_000;
const PATH = 'api/2.0/slipway/events';

/**
 * What changes on the server, within a second: `client.events`. Slipway only.
 *
 * @example
 * ```ts
 * const stop = new AbortController();
 * for await (const event of client.events.subscribe({ experimentIds: ['1'], signal: stop.signal })) {
 *   if (event.kind === 'points') console.log(`${event.subject} has new points of ${event.keys.join(', ')}`);
 * }
 * ```
 */
export class LiveEvents {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /**
   * Changes as they happen, until the signal is aborted or the loop is left. When the connection is lost it comes back, as
   * often as needed, and goes on where it was: nothing is missed silently. @throws SlipwayError where the server refuses
   */
  async *subscribe(subscription: LiveEventSubscription = {}): AsyncGenerator<LiveEvent, void, undefined> {
    const parser = new EventStreamParser(subscription.lastEventId);
    // Leaving the loop ends the connection, also while it is being made.
    const left = new AbortController();
    const signals = subscription.signal === undefined ? [] : [subscription.signal];
    const signal = AbortSignal.any([...signals, left.signal]);
    let failures = 0;
    try {
      while (!signal.aborted) {
        try {
          for await (const event of this.#connect(parser, subscription, signal)) {
            failures = 0;
            yield event;
          }
          throw connectionLost();
        } catch (error) {
          if (signal.aborted) return;
          const random = Math.random();
          const retries = Number.POSITIVE_INFINITY;
          const waitMs = decideRetry({ error, attempt: failures, retries, resend: 'always', random });
          if (waitMs === undefined) throw error;
          subscription.onDisconnected?.(error);
          failures += 1;
          await pause(Math.max(parser.retryMs ?? 0, waitMs), signal).catch(() => undefined);
        }
      }
    } finally {
      left.abort();
    }
  }

  /** One connection, until it ends or breaks. */
  async *#connect(
    parser: EventStreamParser,
    { experimentIds, onConnected }: LiveEventSubscription,
    signal: AbortSignal,
  ): AsyncGenerator<LiveEvent, void, undefined> {
    const { lastEventId } = parser;
    const stream = await this.#http.send(
      {
        method: 'GET',
        path: PATH,
        query: { experiment_ids: experimentIds },
        headers: {
          accept: 'text/event-stream',
          ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        },
        signal,
        resend: 'never',
      },
      async ({ body, headers }, attempt) => {
        if (body === null || !headers.get('content-type')?.startsWith('text/event-stream')) {
          throw invalidResponse('The server answers no stream of events: it may not be a Slipway server.');
        }
        const onStall = () => attempt.abandon(timedOut(`GET /${PATH}`, SILENCE_MS));
        return watchSource(body, { stallMs: SILENCE_MS, onStall });
      },
    );
    const reader = stream.getReader();
    const decoder = new TextDecoder();
    parser.restart();
    onConnected?.();
    try {
      for (;;) {
        const { done, value } = await reader.read().catch((error: unknown) => {
          throw error instanceof SlipwayError ? error : connectionLost(error);
        });
        if (done) return;
        for (const { event, data, id } of parser.read(decoder.decode(value, { stream: true }))) {
          yield readEvent(event, data, id);
        }
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }
}

const connectionLost = (cause?: unknown) =>
  new SlipwayError('The stream of events ended.', { errorCode: 'NETWORK_ERROR', cause });

function readEvent(event: string, data: string, id: string | undefined): LiveEvent {
  const message = { ...toObject(parseJson(data), 'data'), kind: event };
  return {
    id: id ?? '',
    kind: readWord(message, 'kind'),
    experimentId: readOptionalText(message, 'experiment_id'),
    subject: readOptionalText(message, 'subject'),
    keys: readTexts(message, 'keys'),
  };
}
