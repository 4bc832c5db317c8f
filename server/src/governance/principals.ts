import { randomUUID } from 'node:crypto';
import type { Database, Sql, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { alreadyExists, invalidArgument, invalidState } from '../kernel/errors.ts';
import type { GovernedWrite } from './governed-writes.ts';
import { giveAllOwned } from './grants-repository.ts';
import {
  checkExtras,
  checkPrincipalName,
  nameKeyOf,
  noSuchPrincipal,
  parsePrincipalNo,
  readPrincipalNo,
} from './principal-rules.ts';
import * as repository from './principals-repository.ts';

/** Users, groups and service principals share one list of names: a grant names its holder by name alone. */
export type PrincipalKind = 'user' | 'group' | 'service-principal';

export interface PrincipalRecord {
  /** Decimal text. */
  readonly id: string;
  readonly kind: PrincipalKind;
  /** A user's e-mail or name, a group's name, a service principal's application id. Unique in any case. */
  readonly name: string;
  readonly displayName: string | undefined;
  /** The id that an identity provider has for it. */
  readonly externalId: string | undefined;
  /** Whoever is inactive cannot sign in, whatever the credential. Groups are always active. */
  readonly active: boolean;
  /** JSON text that a surface keeps with the principal so that what was sent reads back; nothing here looks into it. */
  readonly extras: string | undefined;
  readonly hasPassword: boolean;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface NewPrincipal {
  readonly kind: PrincipalKind;
  /** For a service principal undefined: it gets a fresh application id (a UUID). */
  readonly name?: string | undefined;
  readonly displayName?: string | undefined;
  readonly externalId?: string | undefined;
  readonly active?: boolean | undefined;
  readonly extras?: string | undefined;
}

/** What is undefined stays. */
export interface PrincipalChange {
  readonly name?: string | undefined;
  readonly displayName?: string | undefined;
  readonly externalId?: string | undefined;
  readonly active?: boolean | undefined;
  readonly extras?: string | undefined;
}

export interface PrincipalSearch {
  readonly kind: PrincipalKind;
  /** All of which hold; texts compare in any case. */
  readonly where?: readonly PrincipalCondition[];
  /** Rows to pass over, from 0. */
  readonly offset: number;
  readonly limit: number;
}

export interface PrincipalCondition {
  readonly field: 'name' | 'displayName' | 'externalId' | 'id';
  readonly comparison: 'equals' | 'contains' | 'starts-with';
  readonly value: string;
}

/** Members of these are administrators. */
export const ADMINS = 'admins';
/** Everybody is in it, without being entered. */
export const USERS = 'users';

export interface Principals {
  /** @throws AppError AlreadyExists for a name in use by any kind; InvalidArgument for a bad one. */
  create(principal: NewPrincipal): Promise<PrincipalRecord>;
  /** @throws AppError NotFound */
  get(id: string): Promise<PrincipalRecord>;
  find(id: string): Promise<PrincipalRecord | undefined>;
  /** Of any kind, in any case. */
  findByName(name: string): Promise<PrincipalRecord | undefined>;
  /** By name; `total` counts all that match. */
  list(
    search: PrincipalSearch,
  ): Promise<{ readonly items: readonly PrincipalRecord[]; readonly total: number }>;
  /**
   * @param change or what makes it of the principal as it is when its turn has come; it may be asked again.
   * @throws AppError NotFound, AlreadyExists; InvalidState for the name of a built-in group or the last administrator's
   *   end; what `change` throws.
   */
  update(
    id: string,
    change: PrincipalChange | ((current: PrincipalRecord) => PrincipalChange),
  ): Promise<PrincipalRecord>;
  /**
   * Its grants, tokens, sessions and memberships go with it; what it owned goes to the group `admins`.
   * @throws AppError NotFound; InvalidState for a built-in group and for the last administrator.
   */
  delete(id: string): Promise<void>;
  /** Those who are in it already stay. @throws AppError NotFound; InvalidArgument for a cycle; InvalidState for `users`. */
  addMembers(groupId: string, memberIds: readonly string[]): Promise<void>;
  /** @throws AppError NotFound for the group; InvalidState where no administrator would be left. */
  removeMembers(groupId: string, memberIds: readonly string[]): Promise<void>;
  /** Exactly these. @throws AppError as the two above. */
  setMembers(groupId: string, memberIds: readonly string[]): Promise<void>;
  /** Direct members, by name. */
  membersOf(groupId: string): Promise<readonly PrincipalRecord[]>;
  /** Direct groups, by name, without `users`. */
  groupsOf(principalId: string): Promise<readonly PrincipalRecord[]>;
}

export interface PrincipalsDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly write: GovernedWrite;
}

export function createPrincipals({ db, clock, write }: PrincipalsDependencies): Principals {
  async function getRow(sql: Sql, id: string): Promise<repository.PrincipalRow> {
    const row = await repository.findPrincipal(sql, readPrincipalNo(id));
    if (row === undefined) throw noSuchPrincipal(id);
    return row;
  }

  async function getGroup(tx: Transaction, id: string): Promise<repository.PrincipalRow> {
    const row = await getRow(tx, id);
    if (row.kind !== 'group') throw invalidArgument(`'${row.name}' is no group.`);
    if (row.name === USERS)
      throw invalidState(`Everybody is in the group '${USERS}': it has no list of members.`);
    return row;
  }

  /** Runs what may take administrators away. @throws AppError InvalidState where it left none. */
  async function keepingAnAdministrator<T>(tx: Transaction, operation: () => Promise<T>): Promise<T> {
    const admins = await repository.findByNameKey(tx, ADMINS);
    if (admins === undefined) return operation();
    const before = await repository.countActiveWithin(tx, admins.principal_no);
    const result = await operation();
    if (before > 0 && (await repository.countActiveWithin(tx, admins.principal_no)) === 0)
      throw invalidState('This would leave the workspace without an administrator who can sign in.');
    return result;
  }

  async function insertMembers(
    tx: Transaction,
    group: repository.PrincipalRow,
    memberNos: readonly number[],
  ): Promise<void> {
    const known = await repository.listByNos(tx, memberNos);
    const missing = memberNos.find((no) => !known.some((row) => row.principal_no === no));
    if (missing !== undefined) throw noSuchPrincipal(String(missing));
    for (const { principal_no, kind, name } of known) {
      if (kind !== 'group') continue;
      if (name === USERS)
        throw invalidArgument(`The group '${USERS}' is everybody: it cannot be in another group.`);
      // A cycle would be the group inside of its own member.
      if ((await repository.listClosure(tx, principal_no)).includes(group.principal_no))
        throw invalidArgument(`'${group.name}' is in '${name}' already: groups cannot hold each other.`);
    }
    await repository.insertMembers(tx, group.principal_no, memberNos);
  }

  async function checkNameIsFree(tx: Transaction, name: string, ownNo?: number): Promise<void> {
    const taken = await repository.findByNameKey(tx, nameKeyOf(name));
    if (taken !== undefined && taken.principal_no !== ownNo) {
      throw alreadyExists(`A ${taken.kind.replace('-', ' ')} named '${taken.name}' exists already.`, {
        field: 'name',
      });
    }
  }

  return {
    async create(principal) {
      const name =
        principal.kind === 'service-principal' ? (principal.name ?? randomUUID()) : (principal.name ?? '');
      checkPrincipalName(principal.kind, name);
      checkExtras(principal.extras);
      return write(async (tx, changed) => {
        await checkNameIsFree(tx, name);
        const row = await repository.insertPrincipal(
          tx,
          {
            kind: principal.kind,
            name,
            nameKey: nameKeyOf(name),
            displayName: principal.displayName ?? null,
            externalId: principal.externalId ?? null,
            active: principal.kind === 'group' || (principal.active ?? true),
            extras: principal.extras ?? null,
          },
          clock.nowMs(),
        );
        changed('principal', row.principal_no);
        return recordOf(row);
      });
    },

    get: (id) => db.read(async (sql) => recordOf(await getRow(sql, id))),

    async find(id) {
      const no = parsePrincipalNo(id);
      const row = no === undefined ? undefined : await db.read((sql) => repository.findPrincipal(sql, no));
      return row && recordOf(row);
    },

    findByName: (name) =>
      db.read(async (sql) => {
        const row = await repository.findByNameKey(sql, nameKeyOf(name));
        return row && recordOf(row);
      }),

    list: (search) =>
      db.read(async (sql) => {
        const where = (search.where ?? []).map((term) => ({
          ...term,
          value: term.field === 'name' ? nameKeyOf(term.value) : term.value.toLowerCase(),
        }));
        const { rows, total } = await repository.searchPrincipals(sql, {
          ...search,
          where,
          limit: Math.min(search.limit, MAX_PAGE),
        });
        return { items: rows.map(recordOf), total };
      }),

    async update(id, given) {
      return write((tx, changed) =>
        keepingAnAdministrator(tx, async () => {
          const row = await getRow(tx, id);
          const change = typeof given === 'function' ? given(recordOf(row)) : given;
          checkExtras(change.extras);
          const name = change.name ?? row.name;
          if (name !== row.name) {
            if (isBuiltIn(row)) throw invalidState(`The group '${row.name}' is built in and keeps its name.`);
            checkPrincipalName(row.kind, name);
            await checkNameIsFree(tx, name, row.principal_no);
          }
          await repository.updatePrincipal(tx, row.principal_no, {
            nowMs: clock.nowMs(),
            values: {
              kind: row.kind,
              name,
              nameKey: nameKeyOf(name),
              displayName: change.displayName ?? row.display_name,
              externalId: change.externalId ?? row.external_id,
              active: row.kind === 'group' || (change.active ?? row.active === 1),
              extras: change.extras ?? row.extras,
            },
          });
          changed('principal', row.principal_no);
          return recordOf((await repository.findPrincipal(tx, row.principal_no))!);
        }),
      );
    },

    async delete(id) {
      await write((tx, changed) =>
        keepingAnAdministrator(tx, async () => {
          const row = await getRow(tx, id);
          if (isBuiltIn(row))
            throw invalidState(`The group '${row.name}' is built in and cannot be deleted.`);
          const admins = await repository.findByNameKey(tx, ADMINS);
          if (admins !== undefined) {
            for (const securable of await giveAllOwned(tx, row.principal_no, admins.principal_no))
              changed('grants', securable);
          }
          await repository.deletePrincipal(tx, row.principal_no);
          changed('principal', row.principal_no);
        }),
      );
    },

    async addMembers(groupId, memberIds) {
      const memberNos = distinctNos(memberIds);
      await write(async (tx, changed) => {
        const group = await getGroup(tx, groupId);
        await insertMembers(tx, group, memberNos);
        changed('members', group.principal_no);
      });
    },

    async removeMembers(groupId, memberIds) {
      const memberNos = distinctNos(memberIds);
      await write((tx, changed) =>
        keepingAnAdministrator(tx, async () => {
          const group = await getGroup(tx, groupId);
          await repository.deleteMembers(tx, group.principal_no, memberNos);
          changed('members', group.principal_no);
        }),
      );
    },

    async setMembers(groupId, memberIds) {
      const wanted = distinctNos(memberIds);
      await write((tx, changed) =>
        keepingAnAdministrator(tx, async () => {
          const group = await getGroup(tx, groupId);
          const present = (await repository.listMembers(tx, group.principal_no)).map(
            ({ principal_no }) => principal_no,
          );
          await repository.deleteMembers(
            tx,
            group.principal_no,
            present.filter((no) => !wanted.includes(no)),
          );
          await insertMembers(
            tx,
            group,
            wanted.filter((no) => !present.includes(no)),
          );
          changed('members', group.principal_no);
        }),
      );
    },

    membersOf: (groupId) =>
      db.read(async (sql) => {
        const group = await getRow(sql, groupId);
        return (await repository.listMembers(sql, group.principal_no)).map(recordOf);
      }),

    groupsOf: (principalId) =>
      db.read(async (sql) => {
        const principal = await getRow(sql, principalId);
        return (await repository.listGroups(sql, principal.principal_no)).map(recordOf);
      }),
  };
}

const MAX_PAGE = 10_000;

const isBuiltIn = ({ kind, name }: repository.PrincipalRow): boolean =>
  kind === 'group' && (name === ADMINS || name === USERS);

const distinctNos = (ids: readonly string[]): readonly number[] => [...new Set(ids.map(readPrincipalNo))];

function recordOf(row: repository.PrincipalRow): PrincipalRecord {
  return {
    id: String(row.principal_no),
    kind: row.kind,
    name: row.name,
    displayName: row.display_name ?? undefined,
    externalId: row.external_id ?? undefined,
    active: row.active === 1,
    extras: row.extras ?? undefined,
    hasPassword: row.password_hash !== null,
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  };
}
