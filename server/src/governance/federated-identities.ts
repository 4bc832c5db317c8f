import type { Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { FIRST_ADMINISTRATOR } from './bootstrap.ts';
import * as repository from './federated-identities-repository.ts';
import type { GovernedWrite, NoteChange } from './governed-writes.ts';
import { checkPrincipalName, nameKeyOf } from './principal-rules.ts';
import { ADMINS, USERS } from './principals.ts';
import {
  countActiveWithin,
  deleteMembers,
  findByNameKey,
  findPrincipal,
  insertMembers,
  insertPrincipal,
  type PrincipalRow,
} from './principals-repository.ts';

/** What an identity provider says of somebody who has signed in there. */
export interface FederatedIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** What the user is called here: an e-mail address that the provider has verified, or another name that it vouches for. */
  readonly name: string;
  readonly displayName: string | undefined;
  /** As the provider names them; undefined where it does not tell them. */
  readonly groups: readonly string[] | undefined;
}

export interface FederatedIdentities {
  /**
   * The user of this identity, made at the first sign-in. In the groups that the provider decides on it is then exactly
   * where the provider has it, so far as it tells; in others nothing changes, and the last administrator stays one.
   * @returns the principal's id.
   * @throws AppError PermissionDenied for one who is inactive here, and for the name of a user who signs in otherwise.
   */
  signIn(identity: FederatedIdentity): Promise<string>;
}

export interface FederatedIdentitiesDependencies {
  readonly clock: Clock;
  readonly write: GovernedWrite;
  /** Groups of the provider with the groups here that they stand for. */
  readonly groups: ReadonlyMap<string, string>;
}

export function createFederatedIdentities({
  clock,
  write,
  groups,
}: FederatedIdentitiesDependencies): FederatedIdentities {
  async function findOrMake(
    tx: Transaction,
    changed: NoteChange,
    identity: FederatedIdentity,
  ): Promise<PrincipalRow> {
    const knownNo = await repository.findFederated(tx, identity);
    if (knownNo !== undefined) return (await findPrincipal(tx, knownNo))!;
    const namesake = await findByNameKey(tx, nameKeyOf(identity.name));
    if (namesake !== undefined) {
      // Prepared for the provider's users (by SCIM, say) is only who has no other way in: nobody takes over an account.
      const isPrepared =
        namesake.kind === 'user' &&
        namesake.password_hash === null &&
        namesake.name !== FIRST_ADMINISTRATOR &&
        !(await repository.isFederated(tx, namesake.principal_no));
      if (!isPrepared)
        throw refused(
          'taken',
          `The name '${identity.name}' belongs to somebody who does not sign in this way.`,
        );
    }
    const row =
      namesake ??
      (await insertPrincipal(
        tx,
        {
          kind: 'user',
          name: identity.name,
          nameKey: nameKeyOf(identity.name),
          displayName: identity.displayName ?? null,
          externalId: null,
          active: true,
          extras: null,
        },
        clock.nowMs(),
      ));
    await repository.insertFederated(tx, identity, row.principal_no);
    changed('principal', row.principal_no);
    return row;
  }

  async function followGroups(
    tx: Transaction,
    changed: NoteChange,
    { principalNo, claimed }: { readonly principalNo: number; readonly claimed: readonly string[] },
  ): Promise<void> {
    const wanted = new Set(claimed.flatMap((group) => groups.get(group) ?? []));
    const left: number[] = [];
    for (const name of new Set(groups.values())) {
      const group = await findByNameKey(tx, nameKeyOf(name));
      if (group === undefined || group.kind !== 'group' || group.name === USERS) continue;
      if (wanted.has(name)) await insertMembers(tx, group.principal_no, [principalNo]);
      else left.push(group.principal_no);
      changed('members', group.principal_no);
    }
    for (const groupNo of left) await leave(tx, groupNo, principalNo);
  }

  /** Nothing for the last who can sign in as an administrator: nobody would be left to say who is one. */
  async function leave(tx: Transaction, groupNo: number, principalNo: number): Promise<void> {
    const admins = await findByNameKey(tx, ADMINS);
    const countAdministrators = async () =>
      admins === undefined ? 0 : countActiveWithin(tx, admins.principal_no);
    const before = await countAdministrators();
    await deleteMembers(tx, groupNo, [principalNo]);
    if (before > 0 && (await countAdministrators()) === 0) await insertMembers(tx, groupNo, [principalNo]);
  }

  return {
    async signIn(identity) {
      checkPrincipalName('user', identity.name);
      return write(async (tx, changed) => {
        const { principal_no, active, name } = await findOrMake(tx, changed, identity);
        if (active !== 1) throw refused('inactive', `The user '${name}' is not active.`);
        if (identity.groups !== undefined)
          await followGroups(tx, changed, { principalNo: principal_no, claimed: identity.groups });
        return String(principal_no);
      });
    },
  };
}

/** @param reason told to the page that the sign-in began on */
const refused = (reason: 'taken' | 'inactive', message: string): AppError =>
  new AppError('PermissionDenied', message, { reason });
