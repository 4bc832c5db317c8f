import { randomBytes } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { LOCAL_USER } from './access.ts';
import { writeNewCatalog } from './catalogs.ts';
import { findCatalog } from './catalogs-repository.ts';
import { DEFAULT_SCHEMA, WORKSPACE } from './container-rules.ts';
import type { GovernedWrite } from './governed-writes.ts';
import { type GrantTuple, insertGrants } from './grants-repository.ts';
import type { Passwords } from './passwords.ts';
import { nameKeyOf } from './principal-rules.ts';
import { ADMINS, type PrincipalKind, USERS } from './principals.ts';
import { countActiveWithin, findByNameKey, insertMembers, insertPrincipal } from './principals-repository.ts';
import { keyOf } from './privileges.ts';

/** The user that a new installation begins with. */
export const FIRST_ADMINISTRATOR = 'admin';

export interface BootstrapDependencies {
  readonly clock: Clock;
  readonly write: GovernedWrite;
}

/** What every installation has: the groups, and the catalog of plain names. Nothing happens where they are there. */
export async function ensureBuiltIns({ clock, write }: BootstrapDependencies): Promise<void> {
  await write(async (tx, changed) => {
    const nowMs = clock.nowMs();
    const ensureGroup = async (name: string): Promise<number | undefined> => {
      if ((await findByNameKey(tx, name)) !== undefined) return undefined;
      const { principal_no } = await insertPrincipal(tx, newPrincipal('group', name), nowMs);
      changed('principal', principal_no);
      return principal_no;
    };
    await ensureGroup(ADMINS);
    const users = await ensureGroup(USERS);
    if ((await findCatalog(tx, WORKSPACE)) === undefined)
      await writeNewCatalog(tx, changed, { name: WORKSPACE, by: { ...LOCAL_USER, name: 'system' }, nowMs });
    if (users === undefined) return;
    // Only on the first start: what an administrator takes away later stays away.
    const schema = keyOf({ type: 'schema', catalog: WORKSPACE, schema: DEFAULT_SCHEMA });
    const grants: readonly GrantTuple[] = [
      [keyOf({ type: 'catalog', catalog: WORKSPACE }), users, 'USE_CATALOG'],
      [schema, users, 'USE_SCHEMA'],
      [schema, users, 'CREATE_MODEL'],
      [keyOf({ type: 'workspace' }), users, 'CAN_EDIT'],
    ];
    await insertGrants(tx, grants);
    for (const [securable] of grants) changed('grants', securable);
  });
}

/**
 * The user `admin`, an administrator: where nobody else is one who can sign in, or where the operator has a token for it.
 * Safe where several processes start at once.
 * @returns its id, or undefined where there are other administrators and no such user.
 */
export async function ensureAdministrator(
  { clock, write }: BootstrapDependencies,
  { hasToken }: { readonly hasToken: boolean },
): Promise<string | undefined> {
  return write(async (tx, changed) => {
    const admins = (await findByNameKey(tx, ADMINS))!;
    const known = await findByNameKey(tx, FIRST_ADMINISTRATOR);
    if (known !== undefined && known.kind !== 'user') return undefined;
    const isNeeded = hasToken || (await countActiveWithin(tx, admins.principal_no)) === 0;
    if (!isNeeded) return known === undefined ? undefined : String(known.principal_no);
    const { principal_no } =
      known ?? (await insertPrincipal(tx, newPrincipal('user', FIRST_ADMINISTRATOR), clock.nowMs()));
    await insertMembers(tx, admins.principal_no, [principal_no]);
    changed('principal', principal_no);
    changed('members', admins.principal_no);
    return String(principal_no);
  });
}

/**
 * A password that must be changed at the first sign-in. It is told here and never again.
 * @returns undefined where the principal has one: another process may have started at the same time.
 */
export async function setOneTimePassword(
  passwords: Passwords,
  principalId: string,
): Promise<string | undefined> {
  const password = randomBytes(18).toString('base64url');
  return (await passwords.setFirst(principalId, password)) ? password : undefined;
}

const newPrincipal = (kind: PrincipalKind, name: string) => ({
  kind,
  name,
  nameKey: nameKeyOf(name),
  displayName: null,
  externalId: null,
  active: true,
  extras: null,
});
