import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, invalidArgument, notFound, unavailable } from '../../kernel/errors.ts';
import { parseJson, type WireObject } from './rest-json.ts';

export interface RestServer {
  /** `https://host:port/prefix`; a user and password in it are sent as such. */
  readonly url: string;
  /** A bearer token. */
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

export interface RestClient {
  /** Without user and password. */
  readonly url: string;
  get(path: string, query: Readonly<Record<string, string | number | undefined>>): Promise<WireObject>;
  post(path: string, body: WireObject): Promise<WireObject>;
  /** As `post`; sent once, because the server would do it twice. */
  create(path: string, body: WireObject): Promise<WireObject>;
  patch(path: string, body: WireObject): Promise<WireObject>;
  delete(path: string, body: WireObject): Promise<WireObject>;
  /** The bytes behind a path that is not JSON. */
  download(path: string, query: Readonly<Record<string, string>>): Promise<ReadableStream<Uint8Array>>;
  upload(path: string, body: AsyncIterable<Uint8Array>): Promise<void>;
}

const TIMEOUT_MS = 120_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: WireObject;
  readonly attempts: number;
}

/**
 * MLflow's REST protocol, from the side of a client. Reading, and writing what may be written twice, is tried again after
 * network faults, 429 and 5xx.
 * Errors: NotFound for RESOURCE_DOES_NOT_EXIST and unknown routes, AlreadyExists for RESOURCE_ALREADY_EXISTS,
 * InvalidArgument for other refusals, Unavailable where the server does not answer.
 */
export function createRestClient(server: RestServer): RestClient {
  const base = new URL(server.url);
  const authorization = authorizationOf(server, base);
  base.username = '';
  base.password = '';
  const root = base.href.replace(/\/+$/, '');
  const headers = { ...(authorization !== undefined && { authorization }) };

  function addressOf(path: string, query: Call['query'] = {}): string {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') params.append(name, String(value));
    }
    const text = params.toString();
    return `${root}${path}${text === '' ? '' : `?${text}`}`;
  }

  async function once({ method, path, query, body }: Call): Promise<WireObject> {
    const response = await send(addressOf(path, query), {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: renderBody(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw refusalOf(response.status, text, `${method} ${path}`);
    return parseJson(text, `${method} ${path}`);
  }

  async function call(order: Call): Promise<WireObject> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(order);
      } catch (error) {
        const transient = error instanceof AppError && error.code === 'Unavailable';
        if (!transient || attempt >= order.attempts) throw error;
        await sleep(FIRST_PAUSE_MS * 2 ** attempt);
      }
    }
  }

  async function send(address: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(address, init);
    } catch (cause) {
      throw unavailable(`The server ${root} does not answer.`, { cause });
    }
  }

  return {
    url: root,
    get: (path, query) => call({ method: 'GET', path, query, attempts: ATTEMPTS }),
    post: (path, body) => call({ method: 'POST', path, body, attempts: ATTEMPTS }),
    create: (path, body) => call({ method: 'POST', path, body, attempts: 1 }),
    patch: (path, body) => call({ method: 'PATCH', path, body, attempts: ATTEMPTS }),
    delete: (path, body) => call({ method: 'DELETE', path, body, attempts: ATTEMPTS }),
    async download(path, query) {
      const response = await send(addressOf(path, query), { headers });
      if (!response.ok || response.body === null) {
        throw refusalOf(response.status, await response.text(), `GET ${path}`);
      }
      return response.body;
    },
    async upload(path, body) {
      // Node sends what it gets from an iterator as it comes; the types of `fetch` do not know of it.
      const init = { method: 'PUT', headers, body: ReadableStream.from(body), duplex: 'half' };
      const response = await send(addressOf(path), init as RequestInit);
      const text = await response.text();
      if (!response.ok) throw refusalOf(response.status, text, `PUT ${path}`);
    },
  };
}

const renderBody = (body: WireObject): string =>
  JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'bigint' ? JSON.rawJSON(String(value)) : value,
  );

function authorizationOf({ token, username, password }: RestServer, base: URL): string | undefined {
  if (token !== undefined) return `Bearer ${token}`;
  const user = base.username === '' ? username : decodeURIComponent(base.username);
  if (user === undefined) return undefined;
  const secret = base.username === '' ? (password ?? '') : decodeURIComponent(base.password);
  return `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`;
}

function refusalOf(status: number, text: string, what: string): AppError {
  const { code, message } = readError(text);
  const words = `${what} was answered with ${status}${code === '' ? '' : ` ${code}`}: ${message.slice(0, 500)}`;
  if (status === 429 || status >= 500) return unavailable(words);
  if (status === 404 || code === 'RESOURCE_DOES_NOT_EXIST') return notFound(words);
  if (code === 'RESOURCE_ALREADY_EXISTS') return new AppError('AlreadyExists', words);
  if (status === 401 || status === 403) return new AppError('PermissionDenied', words);
  return invalidArgument(words);
}

function readError(text: string): { code: string; message: string } {
  try {
    const error = JSON.parse(text) as { error_code?: unknown; message?: unknown };
    return { code: String(error.error_code ?? ''), message: String(error.message ?? '') };
  } catch {
    return { code: '', message: text };
  }
}
