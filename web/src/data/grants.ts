import { queryOptions } from '@tanstack/react-query';
import { addressOf } from './address.ts';
import { queryClient } from './query-client.ts';
import { getFrom, getJson, sendTo } from './request.ts';
import { keyOf, METASTORE, type Securable, type SecurableType } from './securables.ts';

/** What one principal holds on a securable, by where it was granted. */
export interface Assignment {
  readonly principal: string;
  /** Granted on the securable itself. */
  readonly here: readonly string[];
  /** Granted on what it lies in, the nearest first. */
  readonly above: readonly { readonly privilege: string; readonly from: Securable }[];
}

interface EffectiveAnswer {
  readonly privilege_assignments: readonly {
    readonly principal: string;
    readonly privileges: readonly {
      readonly privilege: string;
      readonly inherited_from_type?: string;
      readonly inherited_from_name?: string;
    }[];
  }[];
}

const UC = '/api/2.1/unity-catalog';
/** Unity Catalog's name of the group that everybody is in. */
const ACCOUNT_USERS = 'account users';

const pathOf = (kind: string, { type, name }: Securable): string =>
  `${UC}/${kind}/${type}/${type === 'metastore' ? 'metastore' : encodeURIComponent(name)}`;

/** Whoever may manage the securable sees all grants, others their own and those of their groups. */
export const grantsQuery = (on: Securable) =>
  queryOptions({
    queryKey: ['grants', keyOf(on)],
    placeholderData: undefined,
    queryFn: async ({ signal }): Promise<readonly Assignment[]> => {
      const answer = await getFrom<EffectiveAnswer>(pathOf('effective-permissions', on), signal);
      return answer.privilege_assignments.map(({ principal, privileges }) => ({
        principal: principal === ACCOUNT_USERS ? 'users' : principal,
        here: privileges
          .filter((each) => each.inherited_from_type === undefined)
          .map((each) => each.privilege),
        above: privileges.flatMap(
          ({ privilege, inherited_from_type: type, inherited_from_name: name = '' }) =>
            type === undefined ? [] : [{ privilege, from: securableOf(type, name) }],
        ),
      }));
    },
  });

const securableOf = (type: string, name: string): Securable =>
  type === 'METASTORE' ? METASTORE : { type: type.toLowerCase() as SecurableType, name };

export interface GrantChange {
  readonly principal: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** @throws RequestError */
export async function changeGrants(on: Securable, change: GrantChange): Promise<void> {
  await sendTo('PATCH', pathOf('permissions', on), {
    changes: [change],
    omit_permissions_in_response: true,
  });
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['grants'] }),
    queryClient.invalidateQueries({ queryKey: ['access'] }),
  ]);
}

/** Why somebody may do something, or what they lack. */
export interface Explanation {
  readonly principal: string;
  readonly is_admin: boolean;
  readonly allowed: boolean;
  readonly grants: readonly {
    readonly privilege: string;
    readonly on: Securable;
    readonly holder: string;
  }[];
  readonly missing: readonly { readonly on: Securable; readonly one_of: readonly string[] }[];
}

/** Without a principal about whoever asks. */
export const explanationQuery = (
  on: Securable,
  { principal, action }: { readonly principal?: string | undefined; readonly action: string },
) =>
  queryOptions({
    queryKey: ['access', 'explanation', keyOf(on), action, principal ?? ''],
    placeholderData: undefined,
    queryFn: ({ signal }) =>
      getJson<Explanation>('access/explain', { principal, action, securable: on.name || undefined }, signal),
  });

/** Who could do something, now or at an earlier time. */
export interface Capable {
  readonly principal: string;
  readonly kind: string;
  readonly is_admin: boolean;
  readonly held: readonly {
    readonly holder: string;
    readonly securable: string;
    readonly privileges: readonly string[];
  }[];
}

export const capableQuery = (on: Securable, action: string, atMs: number | undefined) =>
  queryOptions({
    queryKey: ['access', 'who-could', keyOf(on), action, atMs ?? ''],
    queryFn: async ({ signal }) =>
      (
        await getFrom<{ readonly principals: readonly Capable[] }>(
          addressOf('/ajax-api/slipway/v1/access/who-could', { action, securable: keyOf(on), at: atMs }),
          signal,
        )
      ).principals,
  });
