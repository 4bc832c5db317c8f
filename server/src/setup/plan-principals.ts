import { invalidArgument } from '../kernel/errors.ts';
import type { Declaration, DeclaredGroup, DeclaredMember } from './declaration.ts';
import { ask, type Door } from './door.ts';
import { on, type Planning, type Step } from './step.ts';

const SCIM = '/api/2.0/preview/scim/v2';

interface Resource {
  readonly id: string;
  readonly displayName?: string;
  readonly applicationId?: string;
  readonly members?: readonly { readonly value: string; readonly display?: string }[];
}

/** Users and service principals that are not there yet, and display names that differ. */
export async function planPrincipals(
  { users, servicePrincipals }: Pick<Declaration, 'users' | 'servicePrincipals'>,
  { door }: Planning,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const user of users) {
    const found = await findOne(door, 'Users', 'userName', user.name);
    if (found === undefined) {
      const displayName = user.displayName;
      steps.push({
        kind: 'create',
        what: `user ${user.name}`,
        run: () =>
          on(user, async () => {
            await ask(door, 'POST', `${SCIM}/Users`, {
              schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
              userName: user.name,
              ...(displayName !== undefined && { displayName }),
            });
          }),
      });
    } else if (user.displayName !== undefined && user.displayName !== found.displayName) {
      steps.push({
        kind: 'change',
        what: `user ${user.name}: display name ${user.displayName}`,
        run: () =>
          on(user, () => patch(door, `Users/${found.id}`, [replace('displayName', user.displayName)])),
      });
    }
  }
  for (const principal of servicePrincipals) {
    if ((await findOne(door, 'ServicePrincipals', 'displayName', principal.name)) !== undefined) continue;
    steps.push({
      kind: 'create',
      what: `service principal ${principal.name}`,
      run: () =>
        on(principal, async () => {
          await ask(door, 'POST', `${SCIM}/ServicePrincipals`, {
            schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal'],
            displayName: principal.name,
          });
        }),
    });
  }
  return steps;
}

/** Groups that are not there yet, then members that differ. */
export async function planGroups(
  groups: readonly DeclaredGroup[],
  { door }: Planning,
): Promise<readonly Step[]> {
  const creations: Step[] = [];
  const changes: Step[] = [];
  for (const group of groups) {
    const found = await findOne(door, 'Groups', 'displayName', group.name);
    if (found === undefined) {
      creations.push({
        kind: 'create',
        what: `group ${group.name}`,
        run: () =>
          on(group, async () => {
            await ask(door, 'POST', `${SCIM}/Groups`, {
              schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
              displayName: group.name,
            });
          }),
      });
    }
    const step = await planMembers(door, group, found);
    if (step !== undefined) changes.push(step);
  }
  return [...creations, ...changes];
}

async function planMembers(
  door: Door,
  group: DeclaredGroup,
  found: Resource | undefined,
): Promise<Step | undefined> {
  const { members } = group;
  if (members === undefined) return undefined;
  const present = new Map((found?.members ?? []).map(({ value, display = value }) => [value, display]));
  const wanted = new Set<string>();
  const added: string[] = [];
  for (const member of members) {
    const id = await findMember(door, member);
    if (id !== undefined) wanted.add(id);
    if (id === undefined || !present.has(id)) added.push(member.name);
  }
  const removed = [...present].filter(([id]) => !wanted.has(id)).map(([, display]) => display);
  if (added.length === 0 && removed.length === 0) return undefined;
  const differences = [...added.map((name) => `+ ${name}`), ...removed.map((name) => `- ${name}`)];
  return {
    kind: 'change',
    what: `members of group ${group.name}: ${differences.join(', ')}`,
    run: () =>
      on(group, async () => {
        // Looked up now: steps before this one may have made the group and its members.
        const now = await findOne(door, 'Groups', 'displayName', group.name);
        if (now === undefined) throw group.complain(`the group '${group.name}' is gone.`);
        const ids: string[] = [];
        for (const member of members) {
          const id = await findMember(door, member);
          if (id === undefined)
            throw member.complain(`nobody is named '${member.name}': declare it, or create it first.`);
          ids.push(id);
        }
        await patch(door, `Groups/${now.id}`, [
          replace(
            'members',
            ids.map((value) => ({ value })),
          ),
        ]);
      }),
  };
}

/** A user or a group by name, a service principal by display name or application id. */
async function findMember(door: Door, { name }: DeclaredMember): Promise<string | undefined> {
  const found =
    (await findOne(door, 'Users', 'userName', name)) ??
    (await findOne(door, 'Groups', 'displayName', name)) ??
    (await findServicePrincipal(door, name));
  return found?.id;
}

/** By display name or application id. */
export async function findServicePrincipal(door: Door, name: string): Promise<Resource | undefined> {
  return (
    (await findOne(door, 'ServicePrincipals', 'displayName', name)) ??
    (await findOne(door, 'ServicePrincipals', 'applicationId', name))
  );
}

async function findOne(
  door: Door,
  kind: 'Users' | 'Groups' | 'ServicePrincipals',
  attribute: string,
  value: string,
): Promise<Resource | undefined> {
  const filter = encodeURIComponent(`${attribute} eq ${JSON.stringify(value)}`);
  const { Resources } = await ask(door, 'GET', `${SCIM}/${kind}?filter=${filter}`);
  const [first, second] = Array.isArray(Resources) ? (Resources as readonly Resource[]) : [];
  if (second !== undefined)
    throw invalidArgument(`'${value}' names several service principals: use the application id.`);
  return first;
}

const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });

async function patch(door: Door, path: string, operations: readonly object[]): Promise<void> {
  await ask(door, 'PATCH', `${SCIM}/${path}`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: operations,
  });
}
