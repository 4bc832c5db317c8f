import { queryOptions } from '@tanstack/react-query';
import { addressOf } from './address.ts';
import { queryClient } from './query-client.ts';
import { getFrom, sendTo } from './request.ts';
import type { TokenInfo } from './tokens.ts';

export type PrincipalKind = 'user' | 'group' | 'service-principal';

export interface Reference {
  readonly id: string;
  readonly name: string;
  /** Undefined where the server does not tell. */
  readonly kind: PrincipalKind | undefined;
}

/** Somebody who rights can be given to. */
export interface Principal {
  readonly kind: PrincipalKind;
  readonly id: string;
  /** By which grants name them: user name, name of the group, application id. */
  readonly name: string;
  /** As people call them; the name where they have no other. */
  readonly displayName: string;
  readonly isActive: boolean;
  readonly groups: readonly Reference[];
  readonly members: readonly Reference[];
}

interface ScimReference {
  readonly value: string;
  readonly display?: string;
  readonly $ref?: string;
}

interface ScimResource {
  readonly id: string;
  readonly userName?: string;
  readonly displayName?: string;
  readonly applicationId?: string;
  readonly active?: boolean;
  readonly groups?: readonly ScimReference[];
  readonly members?: readonly ScimReference[];
}

const SCIM = '/api/2.0/preview/scim/v2';
const FOLDERS = { user: 'Users', group: 'Groups', 'service-principal': 'ServicePrincipals' } as const;
const NAMES = { user: 'userName', group: 'displayName', 'service-principal': 'applicationId' } as const;
/** What is searched by what was typed. */
const SOUGHT = { user: 'userName', group: 'displayName', 'service-principal': 'displayName' } as const;
export const KINDS: readonly PrincipalKind[] = ['user', 'group', 'service-principal'];
/** As many as the server gives at once; the search finds the others. */
const MOST_PRINCIPALS = 10_000;

function principalOf(kind: PrincipalKind, resource: ScimResource): Principal {
  const name = resource[NAMES[kind]] ?? resource.id;
  return {
    kind,
    id: resource.id,
    name,
    displayName: resource.displayName || name,
    isActive: resource.active ?? true,
    groups: (resource.groups ?? []).map(referenceOf),
    members: (resource.members ?? []).map(referenceOf),
  };
}

const referenceOf = ({ value, display, $ref = '' }: ScimReference): Reference => ({
  id: value,
  name: display ?? value,
  kind: KINDS.find((kind) => $ref.startsWith(`${FOLDERS[kind]}/`)),
});

interface PrincipalList {
  readonly principals: readonly Principal[];
  /** Of all that match. */
  readonly total: number;
}

/** Those whose name has the text in it, by name. */
export const principalsQuery = (kind: PrincipalKind, text: string, most = MOST_PRINCIPALS) =>
  queryOptions({
    queryKey: ['principals', 'list', kind, text, most],
    queryFn: async ({ signal }): Promise<PrincipalList> => {
      const address = addressOf(`${SCIM}/${FOLDERS[kind]}`, {
        attributes: 'id,userName,displayName,applicationId,active',
        count: most,
        filter: text === '' ? undefined : `${SOUGHT[kind]} co "${text.replaceAll(/["\\]/g, '\\$&')}"`,
      });
      const { totalResults, Resources = [] } = await getFrom<{
        readonly totalResults: number;
        readonly Resources?: readonly ScimResource[];
      }>(address, signal);
      return {
        total: totalResults,
        principals: Resources.map((each) => principalOf(kind, each)).sort((a, b) =>
          byName.compare(a.displayName, b.displayName),
        ),
      };
    },
  });

const byName = new Intl.Collator('en', { numeric: true });
const SUGGESTED = 20;

/** Of every kind, for fields that take a principal. */
export const suggestedPrincipalsQuery = (text: string) =>
  queryOptions({
    queryKey: ['principals', 'suggested', text],
    queryFn: async (): Promise<readonly Principal[]> =>
      (
        await Promise.all(KINDS.map((kind) => queryClient.fetchQuery(principalsQuery(kind, text, SUGGESTED))))
      ).flatMap(({ principals }) => principals),
  });

export const principalQuery = (kind: PrincipalKind, id: string) =>
  queryOptions({
    queryKey: ['principals', 'one', kind, id],
    placeholderData: undefined,
    queryFn: async ({ signal }) => principalOf(kind, await getFrom<ScimResource>(pathOf(kind, id), signal)),
  });

const pathOf = (kind: PrincipalKind, id: string): string =>
  `${SCIM}/${FOLDERS[kind]}/${encodeURIComponent(id)}`;

export interface NewPrincipal {
  readonly kind: PrincipalKind;
  readonly name: string;
  /** Of a user who signs in by one. */
  readonly password?: string | undefined;
}

/** @throws RequestError */
export async function createPrincipal({ kind, name, password }: NewPrincipal): Promise<Reference> {
  if (kind === 'user' && password !== undefined && password !== '') {
    await sendTo('POST', '/api/2.0/mlflow/users/create', { username: name, password });
    await refreshPrincipals();
    const { principals } = await queryClient.fetchQuery(principalsQuery('user', name));
    return { id: principals.find((each) => each.name === name)?.id ?? '', name, kind };
  }
  const field = kind === 'user' ? 'userName' : 'displayName';
  const made = await sendTo<ScimResource>('POST', `${SCIM}/${FOLDERS[kind]}`, { [field]: name });
  await refreshPrincipals();
  return { id: made.id, name, kind };
}

/** @throws RequestError */
export async function setPassword(name: string, password: string): Promise<void> {
  await sendTo('PATCH', '/api/2.0/mlflow/users/update-password', { username: name, password });
}

/** Whoever is not active is refused everywhere, and keeps what they own. @throws RequestError */
export async function setActive(
  { kind, id }: Pick<Principal, 'kind' | 'id'>,
  active: boolean,
): Promise<void> {
  await patch(kind, id, { op: 'replace', path: 'active', value: active });
}

/** @throws RequestError */
export const addMember = (groupId: string, memberId: string): Promise<void> =>
  patch('group', groupId, { op: 'add', path: 'members', value: [{ value: memberId }] });

/** @throws RequestError */
export const removeMember = (groupId: string, memberId: string): Promise<void> =>
  patch('group', groupId, { op: 'remove', path: `members[value eq "${memberId}"]` });

/**
 * `leave` goes where nothing of them is shown: a page that shows them would ask for them again.
 * @throws RequestError
 */
export async function deletePrincipal(
  { kind, id }: Pick<Principal, 'kind' | 'id'>,
  leave: () => Promise<void>,
): Promise<void> {
  await sendTo('DELETE', pathOf(kind, id), {});
  await leave();
  queryClient.removeQueries({ queryKey: ['principals', 'one', kind, id] });
  await refreshPrincipals();
}

async function patch(kind: PrincipalKind, id: string, operation: object): Promise<void> {
  await sendTo('PATCH', pathOf(kind, id), {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [operation],
  });
  await refreshPrincipals();
}

async function refreshPrincipals(): Promise<void> {
  await Promise.all(
    [['principals'], ['grants'], ['access']].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
  );
}

/** Anybody's token, as administrators see it. */
export interface OwnedToken extends TokenInfo {
  readonly created_by_username?: string;
  readonly owner_id: number;
}

const TOKENS = '/api/2.0/token-management';

export const allTokensQuery = queryOptions({
  queryKey: ['tokens', 'all'],
  queryFn: async ({ signal }): Promise<readonly OwnedToken[]> => {
    const { token_infos = [] } = await getFrom<{ token_infos?: readonly OwnedToken[] }>(
      `${TOKENS}/tokens`,
      signal,
    );
    return token_infos.toSorted((a, b) => b.creation_time - a.creation_time);
  },
});

/** @throws RequestError */
export async function revokeAnyToken(tokenId: string): Promise<void> {
  await sendTo('DELETE', `${TOKENS}/tokens/${encodeURIComponent(tokenId)}`, {});
  await queryClient.invalidateQueries({ queryKey: ['tokens'] });
}

/** A token of a service principal. @returns the token itself, which nobody is told again. @throws RequestError */
export async function makeTokenFor(applicationId: string, comment: string, days: number): Promise<string> {
  const { token_value } = await sendTo<{ token_value: string }>('POST', `${TOKENS}/on-behalf-of/tokens`, {
    application_id: applicationId,
    comment,
    lifetime_seconds: days * 86_400,
  });
  await queryClient.invalidateQueries({ queryKey: ['tokens'] });
  return token_value;
}
