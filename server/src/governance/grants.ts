import type { Database, Sql, Transaction } from '../db/port.ts';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import type { Access } from './access.ts';
import type { GovernedWrite, NoteChange } from './governed-writes.ts';
import * as repository from './grants-repository.ts';
import { nameKeyOf, noSuchPrincipal } from './principal-rules.ts';
import { ADMINS, type PrincipalKind, USERS } from './principals.ts';
import { findByNameKey, type PrincipalRow } from './principals-repository.ts';
import { APPLICABLE, comingDown, setOf } from './privilege-rules.ts';
import {
  type Action,
  keyOf,
  PRIVILEGES,
  type Privilege,
  parentOf,
  type Securable,
  type SecurableType,
} from './privileges.ts';

/** What one principal holds on one securable. */
export interface Assignment {
  readonly principal: string;
  readonly principalKind: PrincipalKind;
  readonly principalId: string;
  readonly privileges: readonly Privilege[];
}

export interface EffectiveAssignment {
  readonly principal: string;
  readonly principalKind: PrincipalKind;
  readonly principalId: string;
  readonly privileges: readonly {
    readonly privilege: Privilege;
    /** Where it was granted; undefined for the securable itself. */
    readonly inheritedFrom: Securable | undefined;
  }[];
}

/** By a principal's name. */
export interface GrantChange {
  readonly principal: string;
  readonly add: readonly Privilege[];
  readonly remove: readonly Privilege[];
}

/** What is to be written of a securable, all of it or nothing. */
export interface OwnedGrants<Item> {
  readonly grants: readonly Item[];
  /** The new owner's name; undefined where the owner stays. */
  readonly owner: string | undefined;
}

/** Made of the owner's name as it is when the turn has come; it may be asked again. */
export type GrantPlan<Item> = (owner: string) => OwnedGrants<Item>;

export interface GrantsOf {
  readonly on: Securable;
  /** The names of principals to tell of; everybody where undefined. */
  readonly principal?: string | undefined;
}

export interface Grants {
  /** By principal's name; without owners. @throws AppError NotFound for an unknown principal. */
  list(of: GrantsOf): Promise<readonly Assignment[]>;
  /** Also what is held above and comes down. @throws AppError NotFound for an unknown principal. */
  listEffective(of: GrantsOf): Promise<readonly EffectiveAssignment[]>;
  /**
   * All of the changes or none; removals last. What is there already, or is not there, stays as it is.
   * Whether the securable exists is for the caller to know.
   * @throws AppError NotFound for an unknown principal; InvalidArgument for a privilege that the type does not have;
   *   PermissionDenied unless `by` owns the securable or has MANAGE (CAN_MANAGE) on it or above it.
   */
  change(on: Securable, changes: readonly GrantChange[], by: Access): Promise<void>;
  /** As `change`, together with the owner. @throws AppError as `change`. */
  changeOwned(on: Securable, plan: GrantPlan<GrantChange>, by: Access): Promise<void>;
  /** Makes these, and only these, the grants on the securable. @throws AppError as `change`. */
  replace(
    on: Securable,
    plan: GrantPlan<{ readonly principal: string; readonly privileges: readonly Privilege[] }>,
    by: Access,
  ): Promise<void>;
  /** The owner's name; `admins` where nobody else is. */
  ownerOf(on: Securable): Promise<string>;
  /** Of many at once, by `keyOf`. */
  ownersOf(on: readonly Securable[]): Promise<ReadonlyMap<string, string>>;
  /** @throws AppError NotFound for an unknown principal; PermissionDenied as `change`. */
  setOwner(on: Securable, principal: string, by: Access): Promise<void>;
}

export interface GrantsDependencies {
  readonly db: Database;
  readonly write: GovernedWrite;
}

const MAX_CHANGES = 1000;

export function createGrants({ db, write }: GrantsDependencies): Grants {
  async function listRows(sql: Sql, securables: readonly string[], principal: string | undefined) {
    const only = principal === undefined ? undefined : await getGrantee(sql, principal);
    return repository.listHeld(sql, { securables, principalNo: only?.principal_no });
  }

  const ownerWithin = async (sql: Sql, on: Securable): Promise<string> =>
    (await listOwners(sql, [on])).get(keyOf(on)) ?? ADMINS;

  async function changeOwned(on: Securable, plan: GrantPlan<GrantChange>, by: Access): Promise<void> {
    requireManagement(by, on);
    const securable = keyOf(on);
    await write(async (tx, changed) => {
      const { grants: changes, owner } = plan(await ownerWithin(tx, on));
      checkApplicable(
        on,
        changes.flatMap(({ add, remove }) => [...add, ...remove]),
      );
      const grantees: PrincipalRow[] = [];
      for (const { principal } of changes) grantees.push(await getGrantee(tx, principal));
      await repository.insertGrants(
        tx,
        changes.flatMap(({ add }, i) =>
          add.map((privilege) => [securable, grantees[i]!.principal_no, privilege] as const),
        ),
      );
      for (const [i, { remove }] of changes.entries())
        await repository.deleteGrants(tx, {
          securable,
          principalNo: grantees[i]!.principal_no,
          privileges: remove,
        });
      if (owner !== undefined) await writeOwner(tx, changed, { on, principal: owner });
      changed('grants', securable);
    });
  }

  return {
    list: ({ on, principal }) =>
      db.read(async (sql) =>
        byPrincipal(await listRows(sql, [keyOf(on)], principal)).map(({ rows, ...holder }) => ({
          ...holder,
          privileges: inOrder(rows.map(({ privilege }) => privilege)),
        })),
      ),

    listEffective: ({ on, principal }) =>
      db.read(async (sql) => {
        const path = pathOf(on);
        const levels = new Map(path.map((each) => [keyOf(each), each]));
        const rows = (await listRows(sql, [...levels.keys()], principal)).filter(
          ({ securable, privilege }) =>
            securable === keyOf(on) || comesDown(privilege, levels.get(securable)!, on),
        );
        return byPrincipal(rows).map(({ rows: held, ...holder }) => ({
          ...holder,
          privileges: path.flatMap((each) =>
            inOrder(
              held.filter(({ securable }) => securable === keyOf(each)).map(({ privilege }) => privilege),
            ).map((privilege) => ({ privilege, inheritedFrom: each === on ? undefined : each })),
          ),
        }));
      }),

    change: (on, changes, by) => changeOwned(on, () => ({ grants: changes, owner: undefined }), by),

    changeOwned,

    async replace(on, plan, by) {
      requireManagement(by, on);
      const securable = keyOf(on);
      await write(async (tx, changed) => {
        const { grants: assignments, owner } = plan(await ownerWithin(tx, on));
        checkApplicable(
          on,
          assignments.flatMap(({ privileges }) => privileges),
        );
        await repository.clearGrants(tx, securable);
        for (const { principal, privileges } of assignments) {
          const { principal_no } = await getGrantee(tx, principal);
          await repository.insertGrants(
            tx,
            privileges.map((privilege) => [securable, principal_no, privilege] as const),
          );
        }
        if (owner !== undefined) await writeOwner(tx, changed, { on, principal: owner });
        changed('grants', securable);
      });
    },

    ownerOf: (on) => db.read((sql) => ownerWithin(sql, on)),

    ownersOf: (on) => db.read((sql) => listOwners(sql, on)),

    async setOwner(on, principal, by) {
      requireManagement(by, on);
      await write((tx, changed) => writeOwner(tx, changed, { on, principal }));
    },
  };
}

/** By `keyOf`; what has no owner is the administrators'. */
export async function listOwners(sql: Sql, on: readonly Securable[]): Promise<ReadonlyMap<string, string>> {
  const owners = new Map(on.map((each) => [keyOf(each), ADMINS]));
  for (const { securable, principal } of await repository.listOwners(sql, [...owners.keys()]))
    owners.set(securable, principal);
  return owners;
}

/** Part of a transaction that has its turn; who may do it has been asked. @throws AppError NotFound for the principal. */
export async function writeOwner(
  tx: Transaction,
  changed: NoteChange,
  { on, principal }: { readonly on: Securable; readonly principal: string },
): Promise<void> {
  const { principal_no } = await getGrantee(tx, principal);
  await repository.putOwner(tx, keyOf(on), principal_no);
  changed('grants', keyOf(on));
}

/** What it takes to give away rights on a securable; those on the workspace are the administrators' to give. */
const MANAGEMENT: Readonly<Record<SecurableType, Action | undefined>> = {
  metastore: 'metastore.manage',
  workspace: undefined,
  catalog: 'catalog.manage',
  schema: 'schema.manage',
  model: 'model.manage',
  table: 'table.manage',
  volume: 'volume.manage',
  experiment: 'experiment.manage',
  job: 'job.manage',
  endpoint: 'endpoint.manage',
  'secret-scope': 'secret-scope.manage',
};

/** Whether the caller may give away rights on it. */
export function isManager(access: Access, on: Securable): boolean {
  const action = MANAGEMENT[on.type];
  return access.principal.isAdmin || (action !== undefined && access.decide(action, on) === 'allowed');
}

/** @throws AppError PermissionDenied */
export function requireManagement(by: Access, on: Securable): void {
  if (isManager(by, on)) return;
  throw new AppError(
    'PermissionDenied',
    `Permission denied: ${by.principal.name} must own the ${on.type.replace('-', ' ')}, or be allowed to manage it.`,
  );
}

/** @throws AppError InvalidArgument */
function checkApplicable(on: Securable, privileges: readonly Privilege[]): void {
  if (privileges.length > MAX_CHANGES)
    throw invalidArgument(`At most ${MAX_CHANGES} privileges can be changed at once.`, { field: 'changes' });
  const wrong = privileges.find((privilege) => !APPLICABLE[on.type].includes(privilege));
  if (wrong !== undefined) {
    throw invalidArgument(
      `Privilege ${wrong} does not apply to a ${on.type.replace('-', ' ')}: it has ${APPLICABLE[on.type].join(', ')}.`,
      { field: 'privileges' },
    );
  }
}

/** By name; everybody is `account users` to Unity Catalog. @throws AppError NotFound */
async function getGrantee(sql: Sql, name: string): Promise<PrincipalRow> {
  const key = nameKeyOf(name);
  const row = await findByNameKey(sql, key === 'account users' ? USERS : key);
  if (row === undefined) throw noSuchPrincipal(name);
  return row;
}

function pathOf(on: Securable): readonly Securable[] {
  const path: Securable[] = [];
  for (let each: Securable | undefined = on; each !== undefined; each = parentOf(each)) path.push(each);
  return path;
}

/** Whether what is granted above says something about the securable. */
function comesDown(privilege: Privilege, from: Securable, on: Securable): boolean {
  if (comingDown({ type: from.type, held: setOf([privilege]) }, on.type) === 0) return false;
  return APPLICABLE[on.type].includes(privilege) || privilege === 'USE_CATALOG' || privilege === 'USE_SCHEMA';
}

const inOrder = (privileges: readonly Privilege[]): readonly Privilege[] =>
  PRIVILEGES.filter((privilege) => privileges.includes(privilege));

interface Holder {
  readonly principal: string;
  readonly principalKind: PrincipalKind;
  readonly principalId: string;
  readonly rows: repository.HeldRow[];
}

function byPrincipal(rows: readonly repository.HeldRow[]): readonly Holder[] {
  const holders = new Map<number, Holder>();
  for (const row of rows) {
    const holder = holders.get(row.principal_no);
    if (holder !== undefined) holder.rows.push(row);
    else {
      holders.set(row.principal_no, {
        principal: row.principal,
        principalKind: row.kind,
        principalId: String(row.principal_no),
        rows: [row],
      });
    }
  }
  return [...holders.values()];
}
