import { invalidResponse, SlipwayError } from './errors.ts';
import { toObject } from './fields.ts';
import { type JsonObject, type Message, type MessageValue, parseJson } from './json.ts';
import { decideRetry, parseRetryAfter, pause, type Resend } from './retry-policy.ts';

/** What every call takes as its last argument. */
export interface CallOptions {
  /** Ends the call, its retries included: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long one attempt may take, in ms, instead of the client's `timeoutMs`; Infinity for no end. */
  readonly timeoutMs?: number | undefined;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpOptions {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly authorization: string | undefined;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly retries: number;
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpRequest extends CallOptions {
  readonly method: Method;
  /** Below the base URL: `api/2.0/mlflow/runs/get`. */
  readonly path: string;
  /** A signed address elsewhere, which then gets no authorization of ours; `path` is what errors call it. */
  readonly signedUrl?: string | undefined;
  readonly query?: Message | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: RequestInit['body'] | undefined;
  readonly resend?: Resend | undefined;
  /** Statuses that are answers and no errors, besides 2xx. */
  readonly expected?: readonly number[] | undefined;
}

export interface MessageOptions extends CallOptions {
  readonly resend?: Resend | undefined;
}

/** The attempt whose answer is being read. */
export interface Attempt {
  /** Ends it, as a failure. */
  abandon(reason: SlipwayError): void;
  /** Its time-out counts no longer: whoever reads on takes care of silence. */
  stopClock(): void;
}

/** The one place that calls `fetch`: addresses, authorization, JSON, time-outs, retries, errors. */
export class Http {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  get timeoutMs(): number {
    return this.#options.timeoutMs;
  }

  get(path: string, query: Message, options: CallOptions = {}): Promise<JsonObject> {
    return this.send({ ...options, method: 'GET', path, query }, readMessage);
  }

  /** Sends a message as JSON and reads the one that is answered. */
  call(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    message: Message,
    options: MessageOptions = {},
  ): Promise<JsonObject> {
    const headers = { 'content-type': 'application/json' };
    return this.send({ ...options, method, path, headers, body: JSON.stringify(message) }, readMessage);
  }

  post(path: string, message: Message, options: MessageOptions = {}): Promise<JsonObject> {
    return this.call('POST', path, message, options);
  }

  /**
   * Sends a request as often as it takes and hands the answer to `read`, which belongs to the attempt: when it fails
   * because the connection broke, the request is sent again.
   */
  async send<Result>(
    request: HttpRequest,
    read: (response: Response, attempt: Attempt) => Promise<Result>,
  ): Promise<Result> {
    const { retries } = this.#options;
    const { resend = 'always', signal } = request;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#attempt(request, read);
      } catch (error) {
        signal?.throwIfAborted();
        const waitMs = decideRetry({ error, attempt, retries, resend, random: Math.random() });
        if (waitMs === undefined) throw error;
        await pause(waitMs, signal);
      }
    }
  }

  async #attempt<Result>(
    request: HttpRequest,
    read: (response: Response, attempt: Attempt) => Promise<Result>,
  ): Promise<Result> {
    const { method, path, signedUrl, query, headers, body, signal, expected = [] } = request;
    const { baseUrl, fetch } = this.#options;
    const authorization = signedUrl === undefined ? this.#options.authorization : undefined;
    const timeoutMs = request.timeoutMs ?? this.#options.timeoutMs;
    const what = `${method} /${path}`;
    const ended = new AbortController();
    const attempt: Attempt = {
      abandon: (reason) => ended.abort(reason),
      stopClock: () => clearTimeout(timer),
    };
    const timer =
      timeoutMs === Number.POSITIVE_INFINITY
        ? undefined
        : setTimeout(() => attempt.abandon(timedOut(what, timeoutMs)), timeoutMs);
    try {
      const response = await fetch(signedUrl ?? `${baseUrl}/${path}${renderQuery(query)}`, {
        method,
        headers: { ...headers, ...(authorization !== undefined && { authorization }) },
        signal: signal === undefined ? ended.signal : AbortSignal.any([signal, ended.signal]),
        ...(body !== undefined && { body }),
        // Node's fetch refuses a streamed body without it; the types of browsers do not know it yet.
        ...(body instanceof ReadableStream && { duplex: 'half' }),
      });
      if (!response.ok && !expected.includes(response.status)) throw await readError(response, what);
      return await read(response, attempt);
    } catch (error) {
      throw signal?.aborted ? signal.reason : asSlipwayError(error, ended.signal, what);
    } finally {
      clearTimeout(timer);
    }
  }
}

export const timedOut = (what: string, timeoutMs: number) =>
  new SlipwayError(`${what}: no answer within ${timeoutMs} ms.`, { errorCode: 'TIMEOUT' });

function asSlipwayError(error: unknown, ended: AbortSignal, what: string): unknown {
  if (ended.aborted) return ended.reason;
  if (error instanceof SlipwayError) return error;
  return new SlipwayError(`${what}: the server could not be reached, or the connection broke.`, {
    errorCode: 'NETWORK_ERROR',
    cause: error,
  });
}

function renderQuery(query: Message | undefined): string {
  const params = new URLSearchParams();
  const add = (name: string, value: MessageValue) => {
    if (Array.isArray(value)) for (const one of value) add(name, one);
    else if (value !== undefined) params.append(name, String(value));
  };
  for (const [name, value] of Object.entries(query ?? {})) add(name, value);
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

async function readMessage(response: Response): Promise<JsonObject> {
  const text = await response.text();
  let value: ReturnType<typeof parseJson>;
  try {
    value = parseJson(text === '' ? '{}' : text);
  } catch (cause) {
    throw invalidResponse(
      'The answer is not JSON: does the base URL lead to a Slipway or MLflow server?',
      cause,
    );
  }
  return toObject(value, 'answer');
}

/** The error that an answer tells. An answer without the protocol's fields comes from something in between. */
async function readError(response: Response, what: string): Promise<SlipwayError> {
  const { status, headers } = response;
  let errorCode = `HTTP_${status}`;
  let message = `${what}: the server answered ${status} ${response.statusText}`.trim();
  try {
    const body = toObject(parseJson(await response.text()), 'answer');
    if (typeof body.error_code === 'string') errorCode = body.error_code;
    if (typeof body.message === 'string' && body.message !== '') message = body.message;
  } catch {
    // What came is no message of the protocol: its status is all that it tells.
  }
  return new SlipwayError(message, {
    errorCode,
    status,
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfterMs: parseRetryAfter(headers.get('retry-after'), Date.now()),
  });
}
