import { AppError, unavailable } from '../kernel/errors.ts';
import { type Resource, renderExport, type Span } from './span.ts';

export interface OtlpExporterOptions {
  /** Of the collector; spans go to `/v1/traces` below it. */
  readonly endpoint: string;
  /** Sent along, for collectors that ask who calls. Never to be logged. */
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Resource;
  /** Told once when sending begins to fail, and again after it has worked. */
  onError(error: AppError): void;
  readonly sendEveryMs?: number;
  readonly pauseMs?: number;
  readonly maxQueued?: number;
}

/**
 * What it promises: `add` never waits and never throws; what cannot be sent is counted and forgotten, and memory is
 * bounded. A batch whose answer was lost may arrive twice: collectors know spans by their ids.
 */
export interface OtlpExporter {
  add(spans: readonly Span[]): void;
  counts(): ExportCounts;
  /** Sends what there is, once, within the time. */
  close(deadlineMs: number): Promise<void>;
}

export interface ExportCounts {
  readonly sent: number;
  /** Not sent: the queue was full, or the collector refused or could not be reached. */
  readonly dropped: number;
}

const SEND_EVERY_MS = 2000;
const MAX_QUEUED = 16_384;
const MAX_BATCH = 512;
const REQUEST_MS = 10_000;
const TRIES = 4;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** Statuses after which the same may be sent again. Source: https://opentelemetry.io/docs/specs/otlp/#failures-1 */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function createOtlpExporter(options: OtlpExporterOptions): OtlpExporter {
  const { sendEveryMs = SEND_EVERY_MS, pauseMs = FIRST_PAUSE_MS, maxQueued = MAX_QUEUED } = options;
  const url = `${options.endpoint.replace(/\/+$/, '')}/v1/traces`;
  const queue: Span[] = [];
  const stop = new AbortController();
  /** At the end nobody rests between tries. */
  const hurry = new AbortController();
  let sent = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let isFailing = false;
  let isClosing = false;

  function plan(): void {
    if (isClosing || queue.length === 0) return;
    if (queue.length >= MAX_BATCH) send();
    else timer ??= setTimeout(send, sendEveryMs).unref();
  }

  function send(): void {
    clearTimeout(timer);
    timer = undefined;
    sending ??= sendAll().finally(() => {
      sending = undefined;
      plan();
    });
  }

  async function sendAll(): Promise<void> {
    while (queue.length > 0 && !stop.signal.aborted) {
      const batch = queue.splice(0, MAX_BATCH);
      try {
        const refused = await deliver(renderExport(options.resource, batch));
        sent += batch.length - refused;
        dropped += refused;
        isFailing = false;
      } catch (error) {
        dropped += batch.length;
        // Once, not for each batch: a collector may be away for days.
        if (!isFailing) options.onError(error as AppError);
        isFailing = true;
      }
    }
  }

  /** @returns how many spans the collector did not take @throws AppError */
  async function deliver(body: string): Promise<number> {
    for (let attempt = 1, waitMs = pauseMs; ; attempt += 1) {
      const answer = await post(body);
      if (answer.refused !== undefined) return answer.refused;
      if (!answer.passes || attempt === TRIES || isClosing) throw answer.error;
      await pause(Math.min(answer.retryAfterMs ?? waitMs, LONGEST_PAUSE_MS), hurry.signal);
      waitMs *= 2;
    }
  }

  async function post(body: string): Promise<Delivery> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method: 'POST',
        body,
        redirect: 'error',
        headers: { 'content-type': 'application/json', ...options.headers },
        signal: AbortSignal.any([stop.signal, AbortSignal.timeout(REQUEST_MS)]),
      });
      text = await response.text();
    } catch (cause) {
      const error = unavailable(`No collector of spans answers at ${url}.`, { cause });
      return { refused: undefined, passes: true, error, retryAfterMs: undefined };
    }
    if (response.ok) return { refused: refusedOf(text) };
    return {
      refused: undefined,
      passes: PASSING.has(response.status),
      error: new AppError(
        'Unavailable',
        `The collector of spans at ${url} answers with status ${response.status}.`,
        { details: { body: text.slice(0, 500) } },
      ),
      retryAfterMs: retryAfterOf(response.headers.get('retry-after')),
    };
  }

  return {
    add(spans) {
      const room = isClosing ? 0 : Math.max(0, maxQueued - queue.length);
      dropped += Math.max(0, spans.length - room);
      for (const span of spans.slice(0, room)) queue.push(span);
      plan();
    },
    counts: () => ({ sent, dropped }),
    async close(deadlineMs) {
      isClosing = true;
      hurry.abort();
      const late = setTimeout(() => stop.abort(), deadlineMs);
      send();
      await sending;
      clearTimeout(late);
      stop.abort();
      dropped += queue.splice(0).length;
    },
  };
}

type Delivery =
  | { readonly refused: number }
  | {
      readonly refused: undefined;
      readonly passes: boolean;
      readonly error: AppError;
      readonly retryAfterMs: number | undefined;
    };

/** Of an answer that says what of the request it did not take. */
function refusedOf(text: string): number {
  try {
    const answer = JSON.parse(text) as {
      readonly partialSuccess?: { readonly rejectedSpans?: unknown };
    } | null;
    return Number(answer?.partialSuccess?.rejectedSpans ?? 0) || 0;
  } catch {
    // Collectors that say nothing, or say it in protobuf, have taken it.
    return 0;
  }
}

function retryAfterOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? 1000 * Number(header) : undefined;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
