import type { Declaration, DeclaredGroup } from './declaration.ts';
import { planCatalogs } from './plan-catalogs.ts';
import { planGrants } from './plan-grants.ts';
import { planGroups, planPrincipals } from './plan-principals.ts';
import { planTokens, planWebhooks } from './plan-settings.ts';
import type { Planning, Step } from './step.ts';

/**
 * What must be done so that the server is as declared, in the order in which it can be done; nothing for a server that
 * is so already. What one step makes, a later one may need.
 * @throws AppError InvalidArgument naming file, line and field; Unauthenticated, PermissionDenied, Unavailable.
 */
export async function makePlan(declaration: Declaration, planning: Planning): Promise<readonly Step[]> {
  return [
    ...(await planPrincipals(declaration, planning)),
    ...(await planGroups(inOrder(declaration.groups), planning)),
    ...(await planCatalogs(declaration, planning)),
    ...(await planGrants(declaration.grants, planning)),
    ...(await planTokens(declaration.tokens, planning)),
    ...(await planWebhooks(declaration.webhooks, planning)),
  ];
}

/** Groups after the groups that they hold. A cycle is the server's to refuse. */
function inOrder(groups: readonly DeclaredGroup[]): readonly DeclaredGroup[] {
  const ordered = new Set<DeclaredGroup>();
  const visiting = new Set<DeclaredGroup>();
  const visit = (group: DeclaredGroup): void => {
    if (visiting.has(group)) return;
    visiting.add(group);
    for (const { name } of group.members ?? []) {
      const inner = groups.find((each) => each.name.toLowerCase() === name.toLowerCase());
      if (inner !== undefined) visit(inner);
    }
    ordered.add(group);
  };
  groups.forEach(visit);
  return [...ordered];
}
