import { createHash } from 'node:crypto';
import type { Access } from '../../governance/access.ts';
import type { Grants } from '../../governance/grants.ts';
import type { HeldGrants } from '../../governance/held-grants.ts';
import { ADMINS, type PrincipalRecord, type Principals, USERS } from '../../governance/principals.ts';
import { keyOf } from '../../governance/privileges.ts';
import { AppError, alreadyExists, notFound } from '../../kernel/errors.ts';
import type { ReadModelName } from '../model-access.ts';
import { levelOf, privilegesOf, type Resource, resourcesOfKey } from './permission-levels.ts';
import type { Caller } from './routes.ts';

/** Whether what is granted on is there. */
export interface Things {
  /** @throws AppError NotFound */
  requireExperiment(experimentNo: number): Promise<unknown>;
  /** @throws AppError NotFound */
  requireModel(storedName: string): Promise<unknown>;
}

export interface RoleServices {
  readonly principals: Principals;
  readonly grants: Grants;
  readonly held: HeldGrants;
  readonly things: Things;
  readonly readModelName: ReadModelName;
}

/** A permission of a role: grants of its group on one securable. */
export interface RolePermission {
  readonly id: number;
  readonly group: PrincipalRecord;
  readonly resource: Resource;
  readonly permission: string;
}

export interface Role {
  readonly group: PrincipalRecord;
  readonly permissions: readonly RolePermission[];
}

/** The groups of a user that are roles, with what they give. */
export async function groupsAsRoles(services: RoleServices, userId: string): Promise<readonly Role[]> {
  return withPermissions(services, (await services.principals.groupsOf(userId)).filter(isRole));
}

export const renderRole = ({ group, permissions }: Role): object => ({
  id: Number(group.id),
  name: group.name,
  workspace: 'default',
  description: group.displayName === group.name ? null : (group.displayName ?? null),
  permissions: permissions.map(renderPermission),
});

export const renderPermission = ({ id, group, resource, permission }: RolePermission): object => ({
  id,
  role_id: Number(group.id),
  resource_type: resource.type,
  resource_pattern: resource.pattern,
  permission,
});

/** What every installation has is no role of anybody's making. */
export const isRole = ({ kind, name }: PrincipalRecord): boolean =>
  kind === 'group' && name !== ADMINS && name !== USERS;

export async function withPermissions(
  { held }: Pick<RoleServices, 'held'>,
  groups: readonly PrincipalRecord[],
): Promise<readonly Role[]> {
  const grants = Map.groupBy(await held.of(groups.map(({ id }) => id)), ({ principalId }) => principalId);
  return groups.map((group) => ({
    group,
    permissions: (grants.get(group.id) ?? []).flatMap(({ securable, privileges }) =>
      resourcesOfKey(securable).flatMap((resource): RolePermission[] => {
        const permission = levelOf(resource.levels, privileges);
        return permission === undefined
          ? []
          : [{ id: permissionId(group.id, resource), group, resource, permission }];
      }),
    ),
  }));
}

/** Grants have no numbers of their own: one that follows from what is granted to whom, below 2^48. */
export const permissionId = (groupId: string, { type, pattern }: Resource): number =>
  createHash('sha256').update(`${groupId} ${type} ${pattern}`).digest().readUIntBE(0, 6);

/** Numbers are never given twice, but a name is: nobody gets rights on what somebody else will make. */
export async function requireThing(things: Things, { on, pattern }: Resource): Promise<void> {
  if (on.type === 'experiment') await things.requireExperiment(on.experimentNo);
  if (on.type === 'model') await things.requireModel(pattern);
}

export interface NewGrant {
  readonly principal: PrincipalRecord;
  readonly resource: Resource;
  readonly permission: string;
}

/** @throws AppError AlreadyExists where the principal has a permission on the resource: it is taken away first. */
export async function grantOnce(
  { held, grants }: Pick<RoleServices, 'held' | 'grants'>,
  { principal, resource, permission }: NewGrant,
  by: Access,
): Promise<void> {
  const add = privilegesOf(resource, permission);
  const key = keyOf(resource.on);
  const known = (await held.of([principal.id])).find(({ securable }) => securable === key);
  const level =
    known &&
    levelOf(
      resource.levels,
      known.privileges.filter((one) => one !== 'OWNER'),
    );
  if (level !== undefined) {
    throw alreadyExists(
      `${principal.name} has the permission ${level} on ${resource.type} '${resource.pattern.slice(0, 200)}' already: revoke it first.`,
    );
  }
  await grants.change(resource.on, [{ principal: principal.name, add, remove: [] }], by);
}

/** @throws AppError NotFound */
export const getUser = async (principals: Principals, username: string): Promise<PrincipalRecord> =>
  userOf(await principals.findByName(username), username);

/**
 * The caller's own account, or any for administrators: who else is there is told to nobody. Compared by id, for what the
 * name finds is what will be changed.
 * @throws AppError PermissionDenied; NotFound
 */
export async function getOwnUser(
  principals: Principals,
  { access }: Caller,
  username: string,
): Promise<PrincipalRecord> {
  const found = await principals.findByName(username);
  const { id, name, isAdmin } = access.principal;
  if (!isAdmin && found?.id !== id)
    throw new AppError('PermissionDenied', `Permission denied: ${name} must be an administrator.`);
  return userOf(found, username);
}

function userOf(found: PrincipalRecord | undefined, username: string): PrincipalRecord {
  if (found === undefined || found.kind !== 'user')
    throw notFound(`User with username=${username.slice(0, 256)} not found`);
  return found;
}
