import { createHash } from 'node:crypto';
import type { PrincipalRecord } from '../../governance/principals.ts';
import { invalidArgument, notFound } from '../../kernel/errors.ts';
import {
  getOwnUser,
  getUser,
  grantOnce,
  groupsAsRoles,
  isRole,
  permissionId,
  type Role,
  type RolePermission,
  type RoleServices,
  renderPermission,
  renderRole,
  requireThing,
  withPermissions,
} from './auth-app.ts';
import { missing, optionalInt64, optionalString, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import { privilegesOf, type Resource, readResource } from './permission-levels.ts';
import type { MlflowRoute, RequestField } from './routes.ts';

const ROLE_ID: RequestField = { name: 'role_id', type: 'int64', required: true };
const PERMISSION_ID: RequestField = { name: 'role_permission_id', type: 'int64', required: true };
const text = (name: string, required = true): RequestField => ({ name, type: 'string', required });
const PAGE = 1000;

/** Roles as MLflow's own auth app has them: each is a group (contract, "Basic-auth app"). */
export function roleRoutes(services: RoleServices): readonly MlflowRoute[] {
  const { principals, grants, readModelName } = services;

  async function listGroups(): Promise<readonly PrincipalRecord[]> {
    const groups: PrincipalRecord[] = [];
    for (let offset = 0; ; offset += PAGE) {
      const { items } = await principals.list({ kind: 'group', offset, limit: PAGE });
      groups.push(...items.filter(isRole));
      if (items.length < PAGE) return groups;
    }
  }

  async function getGroup(message: JsonObject): Promise<PrincipalRecord> {
    const id = String(requiredInt(message, 'role_id'));
    const unknown = () => notFound(`Role with id=${id} not found`);
    const group = await principals.get(id).catch(() => undefined);
    if (group === undefined || !isRole(group)) throw unknown();
    return group;
  }

  const getRole = async (group: PrincipalRecord): Promise<Role> =>
    (await withPermissions(services, [group]))[0]!;

  async function getPermission(message: JsonObject): Promise<RolePermission> {
    const id = requiredInt(message, 'role_permission_id');
    for (const { permissions } of await withPermissions(services, await listGroups())) {
      const found = permissions.find((permission) => permission.id === id);
      if (found !== undefined) return found;
    }
    throw notFound(`Role permission with id=${id} not found`);
  }

  return [
    {
      method: 'POST',
      path: '3.0/mlflow/roles/create',
      access: 'admin',
      request: [text('name'), text('workspace'), text('description', false)],
      async handle({ message }) {
        checkWorkspace(requiredString(message, 'workspace'));
        const description = optionalString(message, 'description');
        const group = await principals.create({
          kind: 'group',
          name: requiredString(message, 'name'),
          ...(description !== undefined && { displayName: description }),
        });
        return { role: renderRole(await getRole(group)) };
      },
    },
    {
      method: 'GET',
      path: '3.0/mlflow/roles/get',
      access: 'admin',
      request: [ROLE_ID],
      handle: async ({ message }) => ({ role: renderRole(await getRole(await getGroup(message))) }),
    },
    {
      method: 'GET',
      path: '3.0/mlflow/roles/list',
      access: 'admin',
      request: [text('workspace', false)],
      async handle({ message }) {
        const workspace = optionalString(message, 'workspace');
        if (workspace !== undefined && workspace !== 'default') return { roles: [] };
        return { roles: (await withPermissions(services, await listGroups())).map(renderRole) };
      },
    },
    {
      method: 'PATCH',
      path: '3.0/mlflow/roles/update',
      access: 'admin',
      request: [ROLE_ID, text('name', false), text('description', false)],
      async handle({ message }) {
        const group = await getGroup(message);
        const name = optionalString(message, 'name');
        const displayName = optionalString(message, 'description');
        if (name === undefined && displayName === undefined)
          throw invalidArgument('One of name and description must be given.', { field: 'name' });
        const changed = await principals.update(group.id, {
          ...(name !== undefined && { name }),
          ...(displayName !== undefined && { displayName }),
        });
        return { role: renderRole(await getRole(changed)) };
      },
    },
    {
      method: 'DELETE',
      path: '3.0/mlflow/roles/delete',
      access: 'admin',
      request: [ROLE_ID],
      async handle({ message }) {
        await principals.delete((await getGroup(message)).id);
        return {};
      },
    },
    {
      method: 'POST',
      path: '3.0/mlflow/roles/permissions/add',
      access: 'admin',
      request: [ROLE_ID, text('resource_type'), text('resource_pattern'), text('permission')],
      async handle({ message, caller }) {
        const group = await getGroup(message);
        const pattern = requiredString(message, 'resource_pattern');
        const resource = readResource(requiredString(message, 'resource_type'), pattern, readModelName);
        const permission = requiredString(message, 'permission');
        await requireThing(services.things, resource);
        await grantOnce(services, { principal: group, resource, permission }, caller.access);
        const { permissions } = await getRole(group);
        const added = permissions.find(({ id }) => id === permissionId(group.id, asListed(resource)));
        return { role_permission: renderPermission(added!) };
      },
    },
    {
      method: 'DELETE',
      path: '3.0/mlflow/roles/permissions/remove',
      access: 'admin',
      request: [PERMISSION_ID],
      async handle({ message, caller }) {
        const { group, resource, permission } = await getPermission(message);
        await grants.change(
          resource.on,
          [{ principal: group.name, add: [], remove: privilegesOf(resource, permission) }],
          caller.access,
        );
        return {};
      },
    },
    {
      method: 'GET',
      path: '3.0/mlflow/roles/permissions/list',
      access: 'admin',
      request: [ROLE_ID],
      async handle({ message }) {
        const { permissions } = await getRole(await getGroup(message));
        return { role_permissions: permissions.map(renderPermission) };
      },
    },
    {
      method: 'PATCH',
      path: '3.0/mlflow/roles/permissions/update',
      access: 'admin',
      request: [PERMISSION_ID, text('permission')],
      async handle({ message, caller }) {
        const known = await getPermission(message);
        const add = privilegesOf(known.resource, requiredString(message, 'permission'));
        const remove = privilegesOf(known.resource, known.permission).filter((one) => !add.includes(one));
        await grants.change(known.resource.on, [{ principal: known.group.name, add, remove }], caller.access);
        const { permissions } = await getRole(known.group);
        return { role_permission: renderPermission(permissions.find(({ id }) => id === known.id)!) };
      },
    },
    {
      method: 'POST',
      path: '3.0/mlflow/roles/assign',
      access: 'admin',
      request: [text('username'), ROLE_ID],
      async handle({ message }) {
        const user = await getUser(principals, requiredString(message, 'username'));
        const group = await getGroup(message);
        await principals.addMembers(group.id, [user.id]);
        return { assignment: renderAssignment(user, group) };
      },
    },
    {
      method: 'DELETE',
      path: '3.0/mlflow/roles/unassign',
      access: 'admin',
      request: [text('username'), ROLE_ID],
      async handle({ message }) {
        const user = await getUser(principals, requiredString(message, 'username'));
        await principals.removeMembers((await getGroup(message)).id, [user.id]);
        return {};
      },
    },
    {
      method: 'GET',
      path: '3.0/mlflow/users/roles/list',
      access: 'filtered',
      request: [text('username')],
      async handle({ message, caller }) {
        const user = await getOwnUser(principals, caller, requiredString(message, 'username'));
        return { roles: (await groupsAsRoles(services, user.id)).map(renderRole) };
      },
    },
    {
      method: 'GET',
      path: '3.0/mlflow/roles/users/list',
      access: 'admin',
      request: [ROLE_ID],
      async handle({ message }) {
        const group = await getGroup(message);
        const members = (await principals.membersOf(group.id)).filter(({ kind }) => kind === 'user');
        return { assignments: members.map((user) => renderAssignment(user, group)) };
      },
    },
  ];
}

/** Prompts lie among the models, and are listed with them. */
const asListed = (resource: Resource): Resource =>
  resource.type === 'prompt' ? { ...resource, type: 'registered_model' } : resource;

/** A membership has no number of its own. */
const renderAssignment = (user: PrincipalRecord, group: PrincipalRecord): object => ({
  id: createHash('sha256').update(`${user.id} ${group.id}`).digest().readUIntBE(0, 6),
  user_id: Number(user.id),
  role_id: Number(group.id),
});

function requiredInt(message: JsonObject, name: string): number {
  const value = optionalInt64(message, name);
  if (value === undefined) throw missing(name);
  return Number(value);
}

function checkWorkspace(workspace: string): void {
  if (workspace !== 'default')
    throw invalidArgument(`There is one workspace, 'default'. Got '${workspace.slice(0, 100)}'.`, {
      field: 'workspace',
    });
}
