import { queryOptions } from '@tanstack/react-query';
import { addressOf } from './address.ts';
import { queryClient } from './query-client.ts';
import { getFrom, getJson, sendTo } from './request.ts';

export const PERMISSIONS = ['READ', 'WRITE', 'MANAGE'] as const;
export type ScopePermission = (typeof PERMISSIONS)[number];

/** A secret, as far as it is told here: never its value. */
export interface SecretInfo {
  readonly key: string;
  /** ms since 1970 */
  readonly last_updated_timestamp: number;
}

export interface ScopeAcl {
  readonly principal: string;
  readonly permission: ScopePermission;
}

const PATH = '/api/2.0/secrets';

/** The names of the scopes that the reader may read. */
export const scopesQuery = queryOptions({
  queryKey: ['secrets', 'scopes'],
  queryFn: async ({ signal }): Promise<readonly string[]> => {
    const { scopes = [] } = await getFrom<{ scopes?: readonly { readonly name: string }[] }>(
      `${PATH}/scopes/list`,
      signal,
    );
    return scopes.map(({ name }) => name).sort(byName.compare);
  },
});

const byName = new Intl.Collator('en', { numeric: true });

export const secretsQuery = (scope: string) =>
  queryOptions({
    queryKey: ['secrets', 'keys', scope],
    placeholderData: undefined,
    queryFn: async ({ signal }): Promise<readonly SecretInfo[]> =>
      (await getFrom<{ secrets?: readonly SecretInfo[] }>(addressOf(`${PATH}/list`, { scope }), signal))
        .secrets ?? [],
  });

/** Who may do what with a scope; refused to those who do not manage it. */
export const aclsQuery = (scope: string) =>
  queryOptions({
    queryKey: ['secrets', 'acls', scope],
    placeholderData: undefined,
    queryFn: async ({ signal }): Promise<readonly ScopeAcl[]> =>
      (await getFrom<{ items?: readonly ScopeAcl[] }>(addressOf(`${PATH}/acls/list`, { scope }), signal))
        .items ?? [],
  });

/** What the reader may do with a scope besides reading it. */
export const scopeRightsQuery = (scope: string) =>
  queryOptions({
    queryKey: ['secrets', 'rights', scope],
    placeholderData: undefined,
    queryFn: async ({ signal }) => {
      // Scopes are the same in any case, and kept in small letters.
      const ask = (action: string) =>
        getJson<{ readonly allowed: boolean }>(
          'access/explain',
          { action: `secret-scope.${action}`, securable: scope.toLowerCase() },
          signal,
        );
      const [write, manage] = await Promise.all([ask('write'), ask('manage')]);
      return { writes: write.allowed, manages: manage.allowed };
    },
  });

async function send(path: string, message: object): Promise<void> {
  await sendTo('POST', `${PATH}/${path}`, message);
  await queryClient.invalidateQueries({ queryKey: ['secrets'] });
}

/** @throws RequestError */
export const createScope = (scope: string): Promise<void> => send('scopes/create', { scope });

/** With its secrets. @throws RequestError */
export async function deleteScope(scope: string): Promise<void> {
  await sendTo('POST', `${PATH}/scopes/delete`, { scope });
  for (const kind of ['keys', 'acls']) queryClient.removeQueries({ queryKey: ['secrets', kind, scope] });
  await queryClient.invalidateQueries({ queryKey: scopesQuery.queryKey });
}

/** In place of the value that the key had, if there was one. @throws RequestError */
export const putSecret = (scope: string, key: string, value: string): Promise<void> =>
  send('put', { scope, key, string_value: value });

/** @throws RequestError */
export const deleteSecret = (scope: string, key: string): Promise<void> => send('delete', { scope, key });

/** @throws RequestError */
export const putAcl = (scope: string, acl: ScopeAcl): Promise<void> => send('acls/put', { scope, ...acl });

/** @throws RequestError */
export const deleteAcl = (scope: string, principal: string): Promise<void> =>
  send('acls/delete', { scope, principal });
