import { RequestError, readError } from './request-error.ts';
import { fetchSignedIn } from './session.ts';

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

/** Asks an address of the public API that the client has no method for. @throws RequestError */
export function getFrom<Answer>(address: string, signal?: AbortSignal): Promise<Answer> {
  return ask<Answer>(address, { method: 'GET', signal });
}

/** @throws RequestError */
export function sendTo<Answer>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  address: string,
  message: unknown,
): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return ask<Answer>(address, { method, headers, body: JSON.stringify(message) });
}

type Asked = RequestInit & { signal?: AbortSignal | undefined };

const send = <Answer>(path: string, init: Asked): Promise<Answer> =>
  ask<Answer>(`/ajax-api/slipway/v1/${path}`, init);

/** A short text that the server tells of itself, such as `/version`. @throws RequestError */
export async function getText(address: string, signal?: AbortSignal): Promise<string> {
  return (await answerOf(address, { method: 'GET', signal })).text();
}

async function ask<Answer>(address: string, init: Asked): Promise<Answer> {
  const response = await answerOf(address, init);
  // 204: done, and nothing to tell.
  return response.status === 204 ? (undefined as Answer) : ((await response.json()) as Answer);
}

async function answerOf(address: string, init: Asked): Promise<Response> {
  let response: Response;
  try {
    response = await fetchSignedIn(address, init as RequestInit);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new RequestError('The server does not answer.', { code: 'UNREACHABLE' });
  }
  if (!response.ok) throw await readError(response);
  return response;
}
