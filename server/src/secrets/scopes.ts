import type { Database, Sql, Transaction } from '../db/port.ts';
import type { Access } from '../governance/access.ts';
import type { GrantChange, Grants } from '../governance/grants.ts';
import type { Ownership } from '../governance/ownership.ts';
import { nameKeyOf } from '../governance/principal-rules.ts';
import { ADMINS } from '../governance/principals.ts';
import type { Privilege, Securable } from '../governance/privileges.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, alreadyExists, notFound } from '../kernel/errors.ts';
import { checkScopeName, checkSecretKey, checkSecretValue, MAX_SCOPES, MAX_SECRETS } from './scope-rules.ts';
import * as repository from './scopes-repository.ts';
import type { Sealer } from './sealer.ts';

export type ScopePermission = 'READ' | 'WRITE' | 'MANAGE';

export interface ScopeAcl {
  /** The name of a user, group or service principal. */
  readonly principal: string;
  readonly permission: ScopePermission;
}

export interface SecretInfo {
  readonly key: string;
  readonly updatedAtMs: number;
}

export interface SecretScopesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly grants: Pick<Grants, 'list' | 'change' | 'changeOwned' | 'ownerOf'>;
  readonly ownership: Pick<Ownership, 'claim' | 'drop'>;
}

const PRIVILEGE: Readonly<Record<ScopePermission, Privilege>> = {
  READ: 'CAN_READ',
  WRITE: 'CAN_EDIT',
  MANAGE: 'CAN_MANAGE',
};
/** The strongest first. */
const PERMISSIONS = ['MANAGE', 'WRITE', 'READ'] as const;

/** Scopes are the same in any case. */
export const scopeSecurable = (name: string): Securable => ({
  type: 'secret-scope',
  name: name.toLowerCase(),
});

export const noScope = (name: string): AppError =>
  notFound(`Scope ${name.slice(0, 150)} does not exist.`, { field: 'scope' });

const noSecret = (scope: string, key: string): AppError =>
  notFound(`Scope ${scope.slice(0, 150)} has no secret ${key.slice(0, 150)}.`, { field: 'key' });

export type SecretScopes = ReturnType<typeof createSecretScopes>;

/**
 * Named scopes of secrets, sealed before they reach the database. Who may do what with a scope is kept as grants on it:
 * CAN_READ, CAN_EDIT and CAN_MANAGE are READ, WRITE and MANAGE. Callers are judged before they come here.
 */
export function createSecretScopes({ db, clock, sealer, grants, ownership }: SecretScopesDependencies) {
  async function getScope(sql: Sql, name: string): Promise<repository.ScopeRow> {
    const scope = await repository.findScope(sql, name.toLowerCase());
    if (scope === undefined) throw noScope(name);
    return scope;
  }

  async function lockScope(tx: Transaction, name: string): Promise<repository.ScopeRow> {
    const scope = await repository.lockScope(tx, name.toLowerCase());
    if (scope === undefined) throw noScope(name);
    return scope;
  }

  async function readAcls(name: string): Promise<ScopeAcl[]> {
    await db.read((sql) => getScope(sql, name));
    const on = scopeSecurable(name);
    const [owner, assignments] = await Promise.all([grants.ownerOf(on), grants.list({ on })]);
    const acls = new Map<string, ScopePermission>([[owner, 'MANAGE']]);
    for (const { principal, privileges } of assignments) {
      const permission = PERMISSIONS.find((each) => privileges.includes(PRIVILEGE[each]));
      if (permission !== undefined && !acls.has(principal)) acls.set(principal, permission);
    }
    return [...acls].map(([principal, permission]) => ({ principal, permission }));
  }

  async function getAcl(scopeName: string, principal: string): Promise<ScopeAcl> {
    const acls = await readAcls(scopeName);
    const acl = acls.find((each) => nameKeyOf(each.principal) === nameKeyOf(principal));
    if (acl === undefined)
      throw notFound(`${principal.slice(0, 150)} has no permission on scope ${scopeName.slice(0, 150)}.`);
    return acl;
  }

  /** A principal has one permission on a scope; none for undefined. */
  async function setPermission(
    name: string,
    {
      principal,
      permission,
    }: { readonly principal: string; readonly permission: ScopePermission | undefined },
    by: Access,
  ): Promise<void> {
    await db.read((sql) => getScope(sql, name));
    const kept = permission === undefined ? undefined : PRIVILEGE[permission];
    const change: GrantChange = {
      principal,
      add: kept === undefined ? [] : [kept],
      remove: Object.values(PRIVILEGE).filter((privilege) => privilege !== kept),
    };
    await grants.changeOwned(
      scopeSecurable(name),
      (owner) => {
        if (nameKeyOf(owner) !== nameKeyOf(principal)) return { grants: [change], owner: undefined };
        const stays = permission === 'MANAGE' || owner === ADMINS;
        return stays ? { grants: [], owner: undefined } : { grants: [change], owner: ADMINS };
      },
      by,
    );
  }

  return {
    /**
     * The caller owns it; `everybody` may manage it besides where the caller says so.
     * @throws AppError AlreadyExists; InvalidArgument for a bad name; InvalidState for too many scopes.
     */
    async create(
      { name, managedByUsers }: { readonly name: string; readonly managedByUsers: boolean },
      by: Access,
    ): Promise<void> {
      checkScopeName(name);
      const on = scopeSecurable(name);
      await db.write(async (tx) => {
        if ((await repository.countScopes(tx)) >= MAX_SCOPES)
          throw new AppError('InvalidState', `A workspace has at most ${MAX_SCOPES} scopes.`, {
            reason: 'RESOURCE_LIMIT_EXCEEDED',
          });
        const row = { name, nameKey: name.toLowerCase(), nowMs: clock.nowMs() };
        if ((await repository.insertScope(tx, row)) === undefined)
          throw alreadyExists(`Scope ${name} already exists.`, { field: 'scope' });
        await ownership.claim(tx, on, by.principal);
      });
      if (managedByUsers)
        await grants.change(on, [{ principal: 'users', add: ['CAN_MANAGE'], remove: [] }], by);
    },

    /** With its secrets and its grants. @throws AppError NotFound */
    async delete(name: string): Promise<void> {
      await db.write(async (tx) => {
        const scope = await lockScope(tx, name);
        await repository.deleteScope(tx, scope.scope_no);
        await ownership.drop(tx, [scopeSecurable(name)]);
      });
    },

    /** The names of those that the caller may read, in order. */
    async list(access: Access): Promise<readonly string[]> {
      const names = access.visibleNames({ type: 'secret-scope' });
      const scopes = await db.read((sql) => repository.listScopes(sql, { names, limit: MAX_SCOPES }));
      return scopes.map(({ name }) => name);
    },

    /** @throws AppError NotFound for the scope; InvalidArgument; InvalidState for too many secrets. */
    async put(scopeName: string, key: string, value: Uint8Array): Promise<void> {
      checkSecretKey(key);
      checkSecretValue(value);
      const sealed = sealer.seal(Buffer.from(value).toString('base64'));
      await db.write(async (tx) => {
        const { scope_no: scopeNo } = await lockScope(tx, scopeName);
        const isNew = (await repository.findSealed(tx, scopeNo, key)) === undefined;
        if (isNew && (await repository.countSecrets(tx, scopeNo)) >= MAX_SECRETS)
          throw new AppError('InvalidState', `A scope has at most ${MAX_SECRETS} secrets.`, {
            reason: 'RESOURCE_LIMIT_EXCEEDED',
          });
        await repository.upsertSecret(tx, { scopeNo, key, sealed, nowMs: clock.nowMs() });
      });
    },

    /** The value, as base64. @throws AppError NotFound for the scope or the key. */
    async get(scopeName: string, key: string): Promise<string> {
      const sealed = await db.read(async (sql) => {
        const { scope_no: scopeNo } = await getScope(sql, scopeName);
        return repository.findSealed(sql, scopeNo, key);
      });
      if (sealed === undefined) throw noSecret(scopeName, key);
      return sealer.open(sealed);
    },

    /** By key. @throws AppError NotFound for the scope. */
    async listSecrets(scopeName: string): Promise<readonly SecretInfo[]> {
      const rows = await db.read(async (sql) => {
        const { scope_no: scopeNo } = await getScope(sql, scopeName);
        return repository.listSecrets(sql, scopeNo, MAX_SECRETS);
      });
      return rows.map((row) => ({ key: row.key, updatedAtMs: row.updated_at }));
    },

    /** @throws AppError NotFound for the scope or the key. */
    async deleteSecret(scopeName: string, key: string): Promise<void> {
      await db.write(async (tx) => {
        const { scope_no: scopeNo } = await lockScope(tx, scopeName);
        if (!(await repository.deleteSecret(tx, scopeNo, key))) throw noSecret(scopeName, key);
      });
    },

    /** The owner, who may do everything, first. @throws AppError NotFound for the scope. */
    listAcls: readAcls,

    /** @throws AppError NotFound for the scope, and for a principal that has no permission of its own on it. */
    getAcl,

    /**
     * Gives the principal this permission instead of what it had. An owner that is given less owns it no longer.
     * @throws AppError NotFound for the scope or the principal; PermissionDenied as `Grants.change`.
     */
    putAcl: setPermission,

    /** @throws AppError as `putAcl`; NotFound as `getAcl`. */
    async deleteAcl(scopeName: string, principal: string, by: Access): Promise<void> {
      await getAcl(scopeName, principal);
      await setPermission(scopeName, { principal, permission: undefined }, by);
    },
  };
}
