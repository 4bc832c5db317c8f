import { MIN_PASSWORD_LENGTH, type Passwords } from '../../governance/passwords.ts';
import { ADMINS, type PrincipalRecord, type Principals } from '../../governance/principals.ts';
import type { Snapshot } from '../../governance/snapshot.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { getOwnUser, getUser, groupsAsRoles, type RoleServices, renderRole } from './auth-app.ts';
import { missing, optionalBoolean, optionalString, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import type { MlflowRoute, RequestField } from './routes.ts';

export interface UserServices extends RoleServices {
  readonly principals: Principals;
  readonly passwords: Passwords;
  readonly snapshot: Pick<Snapshot, 'accessOf' | 'refresh'>;
}

const USERNAME: RequestField = { name: 'username', type: 'string', required: true };
const PASSWORD: RequestField = { name: 'password', type: 'string', required: true };
const PAGE = 1000;

/** Users as MLflow's own auth app has them (contract, "Basic-auth app"). */
export function userRoutes(services: UserServices): readonly MlflowRoute[] {
  const { principals, passwords, snapshot } = services;
  const render = (user: PrincipalRecord) => ({
    id: Number(user.id),
    username: user.name,
    is_admin: snapshot.accessOf(user.id)?.principal.isAdmin ?? false,
  });

  return [
    {
      method: 'POST',
      path: '2.0/mlflow/users/create',
      access: 'admin',
      request: [USERNAME, PASSWORD],
      async handle({ message }) {
        const name = requiredString(message, 'username');
        const password = newPassword(message);
        const user = await principals.create({ kind: 'user', name });
        await passwords.set(user.id, password);
        return { user: render(user) };
      },
    },
    {
      method: 'GET',
      path: '2.0/mlflow/users/get',
      access: 'filtered',
      request: [USERNAME],
      async handle({ message, caller }) {
        const user = await getOwnUser(principals, caller, requiredString(message, 'username'));
        // Another process may just have made them an administrator.
        await snapshot.refresh();
        return { user: render(user) };
      },
    },
    {
      method: 'GET',
      path: '2.0/mlflow/users/list',
      access: 'admin',
      request: [],
      async handle() {
        await snapshot.refresh();
        const users: object[] = [];
        for (let offset = 0; ; offset += PAGE) {
          const { items } = await principals.list({ kind: 'user', offset, limit: PAGE });
          for (const user of items) {
            const groups = await groupsAsRoles(services, user.id);
            users.push({ ...render(user), roles: groups.map(renderRole) });
          }
          if (items.length < PAGE) return { users };
        }
      },
    },
    {
      method: 'GET',
      path: '2.0/mlflow/users/current',
      access: 'filtered',
      request: [],
      async handle({ caller }) {
        const { id, name, isAdmin } = caller.access.principal;
        return { user: { id: Number(id), username: name, is_admin: isAdmin }, is_basic_auth: true };
      },
    },
    {
      method: 'PATCH',
      path: '2.0/mlflow/users/update-password',
      access: 'filtered',
      request: [USERNAME, PASSWORD, { name: 'current_password', type: 'string' }],
      async handle({ message, caller }) {
        const user = await getOwnUser(principals, caller, requiredString(message, 'username'));
        const password = newPassword(message);
        if (user.id === caller.access.principal.id) {
          await passwords.change({
            principalId: user.id,
            oldPassword: currentPassword(message, password),
            newPassword: password,
          });
        } else {
          await passwords.set(user.id, password);
        }
        return {};
      },
    },
    {
      method: 'PATCH',
      path: '2.0/mlflow/users/update-admin',
      access: 'admin',
      request: [USERNAME, { name: 'is_admin', type: 'boolean', required: true }],
      async handle({ message }) {
        const user = await getUser(principals, requiredString(message, 'username'));
        const isAdmin = optionalBoolean(message, 'is_admin');
        if (isAdmin === undefined) throw missing('is_admin');
        const admins = (await principals.findByName(ADMINS))!;
        if (isAdmin) await principals.addMembers(admins.id, [user.id]);
        else await principals.removeMembers(admins.id, [user.id]);
        return {};
      },
    },
    {
      method: 'DELETE',
      path: '2.0/mlflow/users/delete',
      access: 'admin',
      request: [USERNAME],
      async handle({ message, caller }) {
        const user = await getUser(principals, requiredString(message, 'username'));
        if (user.id === caller.access.principal.id)
          throw invalidArgument('Nobody deletes their own account: another administrator does.', {
            field: 'username',
          });
        await principals.delete(user.id);
        return {};
      },
    },
  ];
}

/** Looked at before anybody is made, so that no user is left without one. */
function newPassword(message: JsonObject): string {
  const password = requiredString(message, 'password');
  if (password.length < MIN_PASSWORD_LENGTH)
    throw invalidArgument(`A password has at least ${MIN_PASSWORD_LENGTH} characters.`, {
      field: 'password',
    });
  return password;
}

function currentPassword(message: JsonObject, password: string): string {
  const current = optionalString(message, 'current_password');
  if (!current)
    throw invalidArgument('Whoever changes their own password says the current one in current_password.', {
      field: 'current_password',
    });
  if (current === password)
    throw invalidArgument('The new password must differ from the current one.', { field: 'password' });
  return current;
}
