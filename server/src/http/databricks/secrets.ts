import { AppError, invalidArgument } from '../../kernel/errors.ts';
import { noScope, type ScopePermission, type SecretScopes, scopeSecurable } from '../../secrets/scopes.ts';
import { missing, optionalString, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { Need } from '../route-access.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

const PATH = '/api/2.0/secrets';

/**
 * Secrets in scopes. Who may create a scope may see all of them, so that a name that is taken tells nothing new:
 * that takes CAN_MANAGE on the workspace. No message holds anything of a value.
 */
export function secretRoutes(scopes: SecretScopes): readonly DatabricksRoute[] {
  return [
    {
      method: 'POST',
      path: `${PATH}/scopes/create`,
      summary: 'Creates a scope of secrets',
      access: [
        {
          action: 'secret-scope.manage',
          target: () => ({ on: { type: 'workspace' }, missing: mayNotCreate }),
        },
      ],
      async handle({ body, caller }) {
        const name = requiredString(body, 'scope');
        refuseOtherBackends(body);
        const manager = optionalString(body, 'initial_manage_principal');
        if (manager !== undefined && manager !== 'users' && manager !== '')
          throw invalidArgument("'initial_manage_principal' can only be 'users'.", {
            field: 'initial_manage_principal',
          });
        await scopes.create({ name, managedByUsers: manager === 'users' }, caller.access);
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/scopes/delete`,
      summary: 'Deletes a scope with its secrets',
      access: [inBody('secret-scope.manage')],
      async handle({ body }) {
        await scopes.delete(requiredString(body, 'scope'));
        return {};
      },
    },
    {
      method: 'GET',
      path: `${PATH}/scopes/list`,
      summary: 'Lists the scopes that the caller may read',
      access: 'filtered',
      async handle({ caller }) {
        const names = await scopes.list(caller.access);
        return { scopes: names.map((name) => ({ name, backend_type: 'DATABRICKS' })) };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/put`,
      summary: 'Stores a secret under a key of a scope',
      access: [inBody('secret-scope.write')],
      async handle({ body }) {
        await scopes.put(requiredString(body, 'scope'), requiredString(body, 'key'), readValue(body));
        return {};
      },
    },
    {
      method: 'GET',
      path: `${PATH}/get`,
      summary: 'Tells a secret, as base64',
      access: [inQuery('secret-scope.read')],
      async handle({ query }) {
        const key = requiredString(query, 'key');
        return { key, value: await scopes.get(requiredString(query, 'scope'), key) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/list`,
      summary: 'Lists the keys of a scope',
      access: [inQuery('secret-scope.read')],
      async handle({ query }) {
        const secrets = await scopes.listSecrets(requiredString(query, 'scope'));
        return {
          secrets: secrets.map(({ key, updatedAtMs }) => ({ key, last_updated_timestamp: updatedAtMs })),
        };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/delete`,
      summary: 'Deletes a secret',
      access: [inBody('secret-scope.write')],
      async handle({ body }) {
        await scopes.deleteSecret(requiredString(body, 'scope'), requiredString(body, 'key'));
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/acls/put`,
      summary: 'Gives a principal a permission on a scope',
      access: [inBody('secret-scope.manage')],
      async handle({ body, caller }) {
        const acl = { principal: requiredString(body, 'principal'), permission: readPermission(body) };
        await scopes.putAcl(requiredString(body, 'scope'), acl, caller.access);
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/acls/delete`,
      summary: "Takes a principal's permission on a scope away",
      access: [inBody('secret-scope.manage')],
      async handle({ body, caller }) {
        const principal = requiredString(body, 'principal');
        await scopes.deleteAcl(requiredString(body, 'scope'), principal, caller.access);
        return {};
      },
    },
    {
      method: 'GET',
      path: `${PATH}/acls/list`,
      summary: 'Lists who may do what with a scope',
      access: [inQuery('secret-scope.manage')],
      handle: async ({ query }) => ({ items: await scopes.listAcls(requiredString(query, 'scope')) }),
    },
    {
      method: 'GET',
      path: `${PATH}/acls/get`,
      summary: 'Tells what a principal may do with a scope',
      access: [inQuery('secret-scope.manage')],
      handle: async ({ query }) =>
        scopes.getAcl(requiredString(query, 'scope'), requiredString(query, 'principal')),
    },
  ];
}

const mayNotCreate = () =>
  new AppError('PermissionDenied', 'Permission denied: to create a scope takes CAN_MANAGE on the workspace.');

type ScopeAction = 'secret-scope.read' | 'secret-scope.write' | 'secret-scope.manage';

function ofScope(action: ScopeAction, read: (call: DatabricksCall) => JsonObject): Need<DatabricksCall> {
  return {
    action,
    target(call) {
      const name = requiredString(read(call), 'scope');
      return { on: scopeSecurable(name), missing: () => noScope(name) };
    },
  };
}

const inBody = (action: ScopeAction) => ofScope(action, ({ body }) => body);
const inQuery = (action: ScopeAction) => ofScope(action, ({ query }) => query);

/** Terraform says `scope_backend_type`, others leave it out. */
function refuseOtherBackends(body: JsonObject): void {
  const backend = optionalString(body, 'scope_backend_type') ?? optionalString(body, 'backend_type');
  if (backend !== undefined && backend !== 'DATABRICKS')
    throw invalidArgument(
      `Scopes of the kind '${backend.slice(0, 50)}' are not kept here: only DATABRICKS.`,
      {
        field: 'scope_backend_type',
      },
    );
}

/** By hand, as the usual readers would repeat a value of the wrong kind. */
function readValue({ string_value: text, bytes_value: bytes }: JsonObject): Uint8Array {
  if (text !== undefined && text !== null && bytes !== undefined && bytes !== null)
    throw invalidArgument("Send the secret as 'string_value' or as 'bytes_value', not as both.");
  if (typeof text === 'string') return Buffer.from(text);
  if (typeof bytes === 'string') {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(bytes))
      throw invalidArgument("'bytes_value' is not base64.", { field: 'bytes_value' });
    return Buffer.from(bytes, 'base64');
  }
  if (text === undefined && bytes === undefined) throw missing('string_value');
  throw invalidArgument('The secret must be a text.', { field: 'string_value' });
}

function readPermission(body: JsonObject): ScopePermission {
  const permission = requiredString(body, 'permission');
  if (permission === 'READ' || permission === 'WRITE' || permission === 'MANAGE') return permission;
  throw invalidArgument("'permission' must be READ, WRITE or MANAGE.", { field: 'permission' });
}
