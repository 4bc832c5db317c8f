import type { DeclaredGrant } from './declaration.ts';
import { ask, find } from './door.ts';
import { findServicePrincipal } from './plan-principals.ts';
import { on, type Planning, type Step } from './step.ts';

const PERMISSIONS = '/api/2.1/unity-catalog/permissions';
/** Unity Catalog's name of the group that everybody is in. */
const EVERYBODY = ['users', 'account users'];

interface Assignment {
  readonly principal: string;
  readonly privileges: readonly string[];
}

/** What each declared principal holds on each declared securable, more or less than declared. */
export async function planGrants(
  grants: readonly DeclaredGrant[],
  { door }: Planning,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  const known = new Map<string, readonly Assignment[]>();
  for (const grant of grants) {
    const path = `${PERMISSIONS}/${grant.type}/${encodeURIComponent(grant.securable)}`;
    let present = known.get(path);
    if (present === undefined) {
      const body = await on(grant, () => find(door, path));
      present = (body?.privilege_assignments ?? []) as readonly Assignment[];
      known.set(path, present);
    }
    const holder = (await findServicePrincipal(door, grant.principal))?.applicationId ?? grant.principal;
    const held = present.find(({ principal }) => isSame(principal, holder))?.privileges ?? [];
    const add = grant.privileges.filter((privilege) => !held.includes(privilege));
    const remove = held.filter((privilege) => !(grant.privileges as readonly string[]).includes(privilege));
    if (add.length === 0 && remove.length === 0) continue;
    const differences = [...add.map((each) => `+ ${each}`), ...remove.map((each) => `- ${each}`)];
    const word = grant.type === 'function' ? 'model' : grant.type;
    const where = grant.type === 'metastore' ? 'the metastore' : `${word} ${grant.securable}`;
    steps.push({
      kind: held.length === 0 ? 'create' : 'change',
      what: `grants of ${grant.principal} on ${where}: ${differences.join(', ')}`,
      run: () =>
        on(grant, async () => {
          // A service principal that an earlier step made has its application id only now.
          const principal =
            (await findServicePrincipal(door, grant.principal))?.applicationId ?? grant.principal;
          await ask(door, 'PATCH', path, { changes: [{ principal, add, remove }] });
        }),
    });
  }
  return steps;
}

const isSame = (a: string, b: string): boolean => {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  return left === right || (EVERYBODY.includes(left) && EVERYBODY.includes(right));
};
