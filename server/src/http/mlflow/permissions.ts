import type { Access } from '../../governance/access.ts';
import type { PrincipalRecord } from '../../governance/principals.ts';
import type { Action } from '../../governance/privileges.ts';
import { keyOf } from '../../governance/privileges.ts';
import type { Snapshot } from '../../governance/snapshot.ts';
import { notFound } from '../../kernel/errors.ts';
import { experimentNotFound } from '../../tracking/experiments.ts';
import { modelNotFound } from '../model-access.ts';
import type { Need, Target } from '../route-access.ts';
import {
  getOwnUser,
  getUser,
  grantOnce,
  groupsAsRoles,
  type RoleServices,
  requireThing,
} from './auth-app.ts';
import { requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import { type Level, levelOf, type Resource, readResource, resourcesOfKey } from './permission-levels.ts';
import type { MlflowCall, MlflowRoute, RequestField } from './routes.ts';

export interface PermissionServices extends RoleServices {
  readonly snapshot: Pick<Snapshot, 'accessOf' | 'refresh'>;
}

const FIELDS: readonly RequestField[] = ['username', 'resource_type', 'resource_id'].map((name) => ({
  name,
  type: 'string',
  required: true,
}));

/** What one user may do, and giving and taking it, as MLflow's own auth app has it (contract, "Basic-auth app"). */
export function permissionRoutes(services: PermissionServices): readonly MlflowRoute[] {
  const { principals, grants, held, snapshot, readModelName } = services;

  const resourceIn = (message: JsonObject): Resource => {
    const id = requiredString(message, 'resource_id');
    return readResource(requiredString(message, 'resource_type'), id, readModelName);
  };

  /** Whoever manages a thing hands out rights on it; for the workspace that is for administrators. */
  const managing: readonly Need<MlflowCall>[] = [
    { action: 'experiment.manage', target: ({ message }) => targetOf(resourceIn(message), 'experiment') },
    { action: 'model.manage', target: ({ message }) => targetOf(resourceIn(message), 'model') },
    { action: 'metastore.manage', target: ({ message }) => targetOf(resourceIn(message), 'other') },
  ];

  async function listPermissions(user: PrincipalRecord): Promise<object> {
    await snapshot.refresh();
    const isAdmin = snapshot.accessOf(user.id)?.principal.isAdmin ?? false;
    const own = (await held.of([user.id])).flatMap(({ securable, privileges }) => {
      // Their own rights stand in a role that the app makes up for each user.
      const role = { role_id: Number(user.id), role_name: `__user_${user.id}__`, workspace: 'default' };
      return resourcesWith(securable, privileges).map((row) => ({ ...role, ...row }));
    });
    const inherited = (await groupsAsRoles(services, user.id)).flatMap(({ group, permissions }) =>
      permissions.map(({ resource, permission }) => ({
        role_id: Number(group.id),
        role_name: group.name,
        workspace: 'default',
        resource_type: resource.type,
        resource_pattern: resource.pattern,
        permission,
      })),
    );
    return { is_admin: isAdmin, permissions: [...own, ...inherited] };
  }

  return [
    {
      method: 'GET',
      path: '3.0/mlflow/users/current/permissions',
      access: 'filtered',
      request: [],
      async handle({ caller }) {
        const { principal } = caller.access;
        if (principal.kind !== 'user') return { is_admin: principal.isAdmin, permissions: [] };
        return listPermissions(await getUser(principals, principal.name));
      },
    },
    {
      method: 'GET',
      path: '3.0/mlflow/users/permissions/list',
      access: 'filtered',
      request: [FIELDS[0]!],
      async handle({ message, caller }) {
        return listPermissions(await getOwnUser(principals, caller, requiredString(message, 'username')));
      },
    },
    {
      method: 'POST',
      path: '3.0/mlflow/users/permissions/grant',
      access: managing,
      request: [...FIELDS, { name: 'permission', type: 'string', required: true }],
      async handle({ message, caller }) {
        const resource = resourceIn(message);
        const permission = requiredString(message, 'permission');
        await requireThing(services.things, resource);
        const principal = await getUser(principals, requiredString(message, 'username'));
        await grantOnce(services, { principal, resource, permission }, caller.access);
        return {};
      },
    },
    {
      method: 'POST',
      path: '3.0/mlflow/users/permissions/revoke',
      access: managing,
      request: FIELDS,
      async handle({ message, caller }) {
        const resource = resourceIn(message);
        const user = await getUser(principals, requiredString(message, 'username'));
        const key = keyOf(resource.on);
        const known = (await held.of([user.id])).find(({ securable }) => securable === key);
        const given = known?.privileges.filter((one) => one !== 'OWNER') ?? [];
        if (levelOf(resource.levels, given) === undefined) {
          throw notFound(
            `${user.name} has no permission on ${resource.type} '${resource.pattern.slice(0, 200)}'.`,
          );
        }
        const level = Object.values(resource.levels).flat();
        const remove = given.filter((one) => level.includes(one) || one === 'ALL_PRIVILEGES');
        await grants.change(resource.on, [{ principal: user.name, add: [], remove }], caller.access);
        return {};
      },
    },
    {
      method: 'GET',
      path: '3.0/mlflow/users/permissions/get',
      access: 'filtered',
      request: FIELDS,
      async handle({ message, caller }) {
        const user = await getOwnUser(principals, caller, requiredString(message, 'username'));
        // What another process has granted since the last look counts as well.
        await snapshot.refresh();
        const level = effectiveLevel(snapshot.accessOf(user.id), resourceIn(message));
        // Whoever may read here may use: the app's USE is for what it proxies.
        return { allowed: level !== undefined, permission: level ?? 'NO_PERMISSIONS' };
      },
    },
  ];

  function resourcesWith(securable: string, privileges: Parameters<typeof levelOf>[1]) {
    return resourcesOfKey(securable).flatMap((resource) => {
      const permission = levelOf(resource.levels, privileges);
      if (permission === undefined) return [];
      return [{ resource_type: resource.type, resource_pattern: resource.pattern, permission }];
    });
  }
}

function targetOf({ on, pattern }: Resource, wanted: 'experiment' | 'model' | 'other'): readonly Target[] {
  switch (on.type) {
    case 'experiment':
      return wanted === 'experiment' ? [{ on, missing: () => experimentNotFound(on.experimentNo) }] : [];
    case 'model':
      return wanted === 'model' ? [{ on, missing: () => modelNotFound(pattern) }] : [];
    default:
      return wanted === 'other'
        ? [{ on: { type: 'metastore' }, missing: () => notFound('There is no such resource.') }]
        : [];
  }
}

const STEPS: Readonly<Record<'experiment' | 'model', readonly (readonly [Level, Action])[]>> = {
  experiment: [
    ['MANAGE', 'experiment.manage'],
    ['EDIT', 'experiment.edit'],
    ['READ', 'experiment.read'],
  ],
  model: [
    ['MANAGE', 'model.manage'],
    ['EDIT', 'model.create-version'],
    ['READ', 'model.see'],
  ],
};

function effectiveLevel(access: Access | undefined, { on, type }: Resource): Level | undefined {
  if (access === undefined) return undefined;
  if (access.principal.isAdmin) return 'MANAGE';
  const steps: readonly (readonly [Level, Action])[] =
    type === 'workspace'
      ? [
          ['MANAGE', 'experiment.manage'],
          ['USE', 'workspace.create-experiment'],
        ]
      : STEPS[type === 'experiment' ? 'experiment' : 'model'];
  return steps.find(([, action]) => access.decide(action, on) === 'allowed')?.[0];
}
