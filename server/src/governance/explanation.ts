import type { Decision } from './access.ts';
import {
  comingDown,
  decideAction,
  type Level,
  missingFor,
  type PrivilegeSet,
  privilegesIn,
  setOf,
} from './privilege-rules.ts';
import { type Action, keyOf, type Privilege, parentOf, type Securable, SUFFICES } from './privileges.ts';
import { heldDirectly } from './snapshot-access.ts';
import type { State } from './snapshot-state.ts';

/** One grant that says something about the question. */
export interface Reason {
  readonly privilege: Privilege;
  readonly on: Securable;
  /** Who holds it: the principal, or a group that it is in. */
  readonly holder: string;
}

export interface Explanation {
  readonly principal: string;
  readonly isAdmin: boolean;
  readonly decision: Decision;
  /** The grants that count, of the principal and of its groups, from the securable up. */
  readonly grants: readonly Reason[];
  /** What would be needed besides: of each entry one privilege. */
  readonly missing: readonly { readonly on: Securable; readonly oneOf: readonly Privilege[] }[];
}

const OPENS: PrivilegeSet = setOf(['USE_CATALOG', 'USE_SCHEMA', 'BROWSE', 'ALL_PRIVILEGES', 'OWNER']);

/**
 * Why a principal may do something, or what it lacks. It follows from grants alone: whether the securable exists makes
 * no difference, so that the answer about a hidden one tells nothing. Undefined for a principal that is not there.
 */
export function explain(
  state: State,
  {
    principalNo,
    action,
    on,
  }: { readonly principalNo: number; readonly action: Action; readonly on: Securable },
): Explanation | undefined {
  const principal = state.principals.get(principalNo);
  if (principal === undefined) return undefined;
  const path: Securable[] = [];
  for (let each: Securable | undefined = on; each !== undefined; each = parentOf(each)) path.push(each);
  const levels = path.map(
    (each): Level => ({ type: each.type, held: heldDirectly(state, principalNo, keyOf(each)) }),
  );
  const counting = setOf(SUFFICES[action]) | OPENS;
  const grants = path.flatMap((each, i) => {
    const counts = (i === 0 ? levels[i]!.held : comingDown(levels[i]!, on.type)) & counting;
    return counts === 0 ? [] : reasonsAt(state, { principalNo, on: each, counts });
  });
  const isAdmin = state.isAdmin(principalNo);
  const usable = principal.active;
  return {
    principal: principal.name,
    isAdmin,
    decision: !usable ? 'hidden' : isAdmin ? 'allowed' : decideAction(action, levels),
    grants,
    missing: isAdmin
      ? []
      : missingFor(action, levels).map(({ on: type, oneOf }) => ({
          on: path.find((each) => each.type === type)!,
          oneOf,
        })),
  };
}

function reasonsAt(
  state: State,
  {
    principalNo,
    on,
    counts,
  }: { readonly principalNo: number; readonly on: Securable; readonly counts: PrivilegeSet },
): readonly Reason[] {
  const holders = state.grants.get(keyOf(on));
  return [...state.closureOf(principalNo)].flatMap((no) =>
    privilegesIn((holders?.get(no) ?? 0) & counts).map((privilege) => ({
      privilege,
      on,
      holder: state.principals.get(no)?.name ?? String(no),
    })),
  );
}
