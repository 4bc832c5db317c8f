import type { Assignment, Explanation } from '../../data/grants.ts';
import { renderPrivilege } from '../../data/privileges.ts';
import { keyOf, nameOf, type Securable } from '../../data/securables.ts';

export interface GrantPlan {
  readonly on: Securable;
  readonly principal: string;
  /** What the principal holds now. */
  readonly held: Assignment | undefined;
  /** What is to be granted on the securable itself. */
  readonly wanted: ReadonlySet<string>;
}

export interface PrivilegeChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export function changeOf({ held, wanted }: GrantPlan): PrivilegeChange {
  const here = held?.here ?? [];
  return {
    add: [...wanted].filter((privilege) => !here.includes(privilege)),
    remove: here.filter((privilege) => !wanted.has(privilege)),
  };
}

/** What a change of grants will do, a sentence each. */
export function effectsOf(plan: GrantPlan, explained: Explanation | undefined): readonly string[] {
  const { on, principal, held, wanted } = plan;
  const { add, remove } = changeOf(plan);
  if (add.length === 0 && remove.length === 0) return ['Nothing changes.'];
  const sourceOf = (privilege: string) => held?.above.find((each) => each.privilege === privilege)?.from;
  const reach = on.type === 'catalog' || on.type === 'schema' ? ', and on all that is in it' : '';
  const [isNew, isTwice] = partition(add, (privilege) => sourceOf(privilege) === undefined);
  const [isGone, stays] = partition(remove, (privilege) => sourceOf(privilege) === undefined);
  return [
    ...(isNew.length > 0 ? [`${principal} gets ${listed(isNew)} on ${nameOf(on)}${reach}.`] : []),
    ...isTwice.map(
      (privilege) =>
        `${principal} has ${renderPrivilege(privilege)} from ${nameOf(sourceOf(privilege)!)} already, and would keep it here without that.`,
    ),
    ...(isGone.length > 0 ? [`${principal} loses ${listed(isGone)} on ${nameOf(on)}${reach}.`] : []),
    ...stays.map(
      (privilege) =>
        `${renderPrivilege(privilege)} is taken away here, but still comes from ${nameOf(sourceOf(privilege)!)}.`,
    ),
    ...(add.length > 0 ? lackingOf(on, wanted, explained) : []),
  ];
}

/** Rights on a path that is closed are of no use yet. */
function lackingOf(
  on: Securable,
  wanted: ReadonlySet<string>,
  explained: Explanation | undefined,
): readonly string[] {
  return (explained?.missing ?? []).flatMap((missing): readonly string[] => {
    const opener = missing.one_of.find((privilege) => privilege.startsWith('USE_'));
    if (opener === undefined) return [];
    const isHere = keyOf(missing.on) === keyOf(on);
    if (isHere && missing.one_of.some((privilege) => wanted.has(privilege))) return [];
    return [`To use it they also need ${renderPrivilege(opener)} on ${nameOf(missing.on)}.`];
  });
}

function partition<Item>(items: readonly Item[], test: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

const listed = (privileges: readonly string[]): string => privileges.map(renderPrivilege).join(', ');
