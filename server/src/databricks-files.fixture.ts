import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, type Program } from './compose.ts';
import { readConfig } from './config.ts';

const ADMIN_TOKEN = 'dapi-of-the-administrator-of-this-test-0001';

export interface FilesServer {
  readonly program: Program;
  readonly url: string;
  /** What a client of Databricks sends, as the administrator unless it names another token. */
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
  /** The same for calls that must succeed; the JSON of the answer. */
  ok<T = Record<string, unknown>>(method: string, path: string, body?: object, token?: string): Promise<T>;
  /** A service principal with a token of its own. */
  newPrincipal(name: string): Promise<{ readonly name: string; readonly token: string }>;
  grant(type: string, fullName: string, principal: string, ...privileges: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

interface CallOptions {
  readonly body?: string | Buffer | FormData | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string | undefined;
}

/** The whole server with identities, on a folder of its own. */
export async function startFilesServer(...args: readonly string[]): Promise<FilesServer> {
  const home = mkdtempSync(join(tmpdir(), 'slipway-files-server-'));
  const program = await compose(
    readConfig(['--home', home, '--log-level', 'silent', '--auth', 'true', ...args], {
      SLIPWAY_ADMIN_TOKEN: ADMIN_TOKEN,
    }),
  );
  const url = await program.server.listen({ host: '127.0.0.1', port: 0 });

  const call: FilesServer['call'] = (method, path, { body, headers, token = ADMIN_TOKEN } = {}) =>
    fetch(path.startsWith('http') ? path : url + path, {
      method,
      ...(body !== undefined && { body }),
      headers: {
        'user-agent': 'databricks-sdk-py/0.156.0 python/3.11',
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    });

  async function ok<T>(method: string, path: string, body?: object, token?: string): Promise<T> {
    const answer = await call(method, path, {
      body: body && JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      token,
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json() as Promise<T>;
  }

  return {
    program,
    url,
    call,
    ok,
    async newPrincipal(name) {
      const { applicationId } = await ok<{ applicationId: string }>(
        'POST',
        '/api/2.0/preview/scim/v2/ServicePrincipals',
        { schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal'], displayName: name },
      );
      const { token_value: token } = await ok<{ token_value: string }>(
        'POST',
        '/api/2.0/token-management/on-behalf-of/tokens',
        { application_id: applicationId },
      );
      return { name: applicationId, token };
    },
    async grant(type, fullName, principal, ...privileges) {
      await ok('PATCH', `/api/2.1/unity-catalog/permissions/${type}/${fullName}`, {
        changes: [{ principal, add: privileges }],
      });
    },
    async close() {
      await program.close();
      rmSync(home, { recursive: true });
    },
  };
}

/** The status of an answer and the code of its error. */
export async function codeOf(answer: Response): Promise<readonly [number, string | undefined]> {
  const text = await answer.text();
  return [answer.status, text === '' ? undefined : (JSON.parse(text) as { error_code?: string }).error_code];
}
