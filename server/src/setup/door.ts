import { AppError, unavailable } from '../kernel/errors.ts';

/** A running server's API, wherever it runs. */
export interface Door {
  /** @param path from the root, with its query. */
  call(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object): Promise<Reply>;
}

export interface Reply {
  readonly status: number;
  /** `{}` for an answer without JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 30_000;

/** A server over the network. @throws AppError Unavailable where nobody answers. */
export function openRemoteDoor(options: { readonly url: string; readonly token: string | undefined }): Door {
  const base = options.url.replace(/\/+$/, '');
  return {
    async call(method, path, body) {
      let response: Response;
      try {
        response = await fetch(base + path, {
          method,
          // A token must not follow to wherever a server might send it.
          redirect: 'error',
          signal: AbortSignal.timeout(TIMEOUT_MS),
          headers: {
            ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
      } catch (cause) {
        throw unavailable(`No server answers at ${base}: check --url, and that it runs.`, { cause });
      }
      return { status: response.status, body: parseBody(await response.text()) };
    },
  };
}

export function parseBody(text: string): Reply['body'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Reply['body']) : {};
  } catch {
    return {};
  }
}

/** The answer's fields. @throws AppError with what the server said, for every status but 2xx. */
export async function ask(door: Door, ...call: Parameters<Door['call']>): Promise<Reply['body']> {
  const { status, body } = await door.call(...call);
  if (status >= 200 && status < 300) return body;
  throw refusal(status, body);
}

/** The same, and undefined for what does not exist. */
export async function find(door: Door, path: string): Promise<Reply['body'] | undefined> {
  const { status, body } = await door.call('GET', path);
  if (status === 404) return undefined;
  if (status >= 200 && status < 300) return body;
  throw refusal(status, body);
}

function refusal(status: number, body: Reply['body']): AppError {
  const said = body.message ?? body.detail;
  const message = typeof said === 'string' ? said : `the server answered ${status}.`;
  if (status === 401)
    return new AppError(
      'Unauthenticated',
      `${message} Give an administrator's token by --token or SLIPWAY_TOKEN.`,
    );
  return new AppError(status === 403 ? 'PermissionDenied' : 'InvalidArgument', message);
}
