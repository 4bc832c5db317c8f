/** An answer of the server that is not what was asked for, in words for the person at the screen. */
export class RequestError extends Error {
  /** MLflow's error code, or `UNREACHABLE` where no answer came. */
  readonly code: string;
  readonly status: number | undefined;
  /** To find the request in the server's log. */
  readonly requestId: string | undefined;
  /** Where in a filter or order the mistake stands, counted from 0, if the server says so. */
  readonly position: number | undefined;

  constructor(
    message: string,
    facts: { code: string; status?: number; requestId?: string | undefined; position?: number | undefined },
  ) {
    super(message);
    this.name = 'RequestError';
    this.code = facts.code;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.position = facts.position;
  }
}

type Parameter = string | number | boolean | undefined | readonly string[];

/** Asks one of the read models that only these pages use. @throws RequestError */
export function getJson<Answer>(
  path: string,
  query: Readonly<Record<string, Parameter>>,
  signal?: AbortSignal,
): Promise<Answer> {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) parameters.append(name, one);
    else if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return send<Answer>(text === '' ? path : `${path}?${text}`, { method: 'GET', signal });
}

/** @throws RequestError */
export function sendJson<Answer>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  message: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  return send<Answer>(path, {
    method,
    signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
  });
}

/** @throws RequestError */
export function postJson<Answer>(path: string, message: unknown, signal?: AbortSignal): Promise<Answer> {
  return sendJson<Answer>('POST', path, message, signal);
}

async function send<Answer>(path: string, init: RequestInit & { signal?: AbortSignal | undefined }) {
  let response: Response;
  try {
    response = await fetch(`/ajax-api/slipway/v1/${path}`, init as RequestInit);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new RequestError('The server does not answer. What you see may be out of date.', {
      code: 'UNREACHABLE',
    });
  }
  if (response.ok) return (await response.json()) as Answer;
  throw await readError(response);
}

async function readError(response: Response): Promise<RequestError> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const text = await response.text();
  const { code, message } = parseError(text) ?? {
    code: 'INTERNAL_ERROR',
    message: `The server answered ${response.status} ${response.statusText}.`,
  };
  return new RequestError(message, {
    code,
    status: response.status,
    requestId,
    position: positionIn(message),
  });
}

function parseError(text: string): { code: string; message: string } | undefined {
  try {
    const { error_code, message } = JSON.parse(text) as { error_code?: unknown; message?: unknown };
    if (typeof error_code !== 'string' || typeof message !== 'string') return undefined;
    return { code: error_code, message };
  } catch {
    // A proxy in between answers in HTML.
    return undefined;
  }
}

/** The filter language's messages name the place as "at position 17", counted from 0. */
function positionIn(message: string): number | undefined {
  const found = /\bposition (\d+)/.exec(message);
  return found ? Number(found[1]) : undefined;
}
