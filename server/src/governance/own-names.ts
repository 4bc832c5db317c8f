import type { Access } from './access.ts';
import { nameKeyOf } from './principal-rules.ts';
import { type Principals, USERS } from './principals.ts';

/**
 * Whose grants a caller may see without managing the thing that they are on: its own, everybody's, and those of the
 * groups that it is in directly. By `nameKeyOf`.
 */
export async function ownNameKeys(
  principals: Pick<Principals, 'groupsOf'>,
  { principal }: Access,
): Promise<ReadonlySet<string>> {
  const groups = await principals.groupsOf(principal.id);
  return new Set([principal.name, USERS, ...groups.map(({ name }) => name)].map(nameKeyOf));
}
