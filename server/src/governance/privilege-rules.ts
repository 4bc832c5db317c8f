import type { Decision } from './access.ts';
import { type Action, PRIVILEGES, type Privilege, type SecurableType, SUFFICES } from './privileges.ts';

/** Privileges as the bits of one number: sets are joined and asked without making anything. */
export type PrivilegeSet = number;

const BIT: Readonly<Record<Privilege, PrivilegeSet>> = Object.fromEntries(
  PRIVILEGES.map((privilege, i) => [privilege, 1 << i]),
) as Record<Privilege, PrivilegeSet>;

export const setOf = (privileges: readonly Privilege[]): PrivilegeSet =>
  privileges.reduce((set, privilege) => set | BIT[privilege], 0);

/** In the order of `PRIVILEGES`. */
export const privilegesIn = (set: PrivilegeSet): readonly Privilege[] =>
  PRIVILEGES.filter((privilege) => (set & BIT[privilege]) !== 0);

/** What is held directly on a securable, or on something that it lies in. */
export interface Level {
  readonly type: SecurableType;
  readonly held: PrivilegeSet;
}

const DATA_OBJECT: readonly Privilege[] = ['ALL_PRIVILEGES', 'MANAGE', 'APPLY_TAG'];
const IN_SCHEMA: readonly Privilege[] = [
  ...DATA_OBJECT,
  'BROWSE',
  'USE_SCHEMA',
  'CREATE_TABLE',
  'SELECT',
  'MODIFY',
  'CREATE_VOLUME',
  'READ_VOLUME',
  'WRITE_VOLUME',
  'CREATE_FUNCTION',
  'CREATE_MODEL',
  'CREATE_MODEL_VERSION',
  'EXECUTE',
  'APPROVE',
];

/** What can be granted on each type. On what holds other things, also what is meant for those. */
export const APPLICABLE: Readonly<Record<SecurableType, readonly Privilege[]>> = {
  metastore: ['CREATE_CATALOG', 'MANAGE'],
  workspace: ['CAN_READ', 'CAN_EDIT', 'CAN_MANAGE'],
  catalog: [...IN_SCHEMA, 'USE_CATALOG', 'CREATE_SCHEMA'],
  schema: IN_SCHEMA,
  model: [...DATA_OBJECT, 'CREATE_MODEL_VERSION', 'EXECUTE', 'APPROVE'],
  table: [...DATA_OBJECT, 'SELECT', 'MODIFY'],
  volume: [...DATA_OBJECT, 'READ_VOLUME', 'WRITE_VOLUME'],
  experiment: ['CAN_READ', 'CAN_EDIT', 'CAN_MANAGE'],
  job: ['CAN_READ', 'CAN_RUN', 'CAN_MANAGE'],
  endpoint: ['CAN_READ', 'CAN_QUERY', 'CAN_MANAGE'],
  'secret-scope': ['CAN_READ', 'CAN_EDIT', 'CAN_MANAGE'],
};

/** What shows that a securable exists. Of the two roots everybody knows. */
export const SEES: Readonly<Record<SecurableType, Action | undefined>> = {
  metastore: undefined,
  workspace: undefined,
  catalog: 'catalog.see',
  schema: 'schema.see',
  model: 'model.see',
  table: 'table.see',
  volume: 'volume.see',
  experiment: 'experiment.read',
  job: 'job.see',
  endpoint: 'endpoint.see',
  'secret-scope': 'secret-scope.read',
};

const OWNER = BIT.OWNER;
const BROWSE = BIT.BROWSE;
const OPENS_CATALOG = setOf(['USE_CATALOG', 'ALL_PRIVILEGES', 'OWNER']);
const OPENS_SCHEMA = setOf(['USE_SCHEMA', 'ALL_PRIVILEGES', 'OWNER']);
/** On the workspace CAN_EDIT is the right to create experiments; it says nothing about those of others. */
const STAYS_IN_WORKSPACE = BIT.CAN_EDIT;
/** Who may read all experiments was not given the passwords that their runs use. */
const STAYS_OUT_OF_SCOPES = BIT.CAN_EDIT | BIT.CAN_READ;
/** Who may hand out rights, and rename, move and delete. */
const MANAGES = setOf(['OWNER', 'MANAGE', 'CAN_MANAGE']);

interface Rule {
  readonly sufficing: PrivilegeSet;
  /** Whether the metadata that it shows is what BROWSE is for: that needs no open path. */
  readonly browsing: boolean;
  /** Where the path that must be open begins: what is created in a catalog or schema needs that one open as well. */
  readonly pathFrom: 0 | 1;
}

const RULES: Readonly<Record<Action, Rule>> = Object.fromEntries(
  Object.entries(SUFFICES).map(([action, privileges]): [string, Rule] => [
    action,
    {
      sufficing: setOf(privileges) | OWNER,
      browsing: privileges.includes('BROWSE'),
      pathFrom: /^(catalog|schema)\.create-/.test(action) ? 0 : 1,
    },
  ]),
) as Record<Action, Rule>;

/**
 * Whether an action is allowed on the first of the levels: `levels` are what the caller and the groups that it is in hold
 * on the securable, on what it lies in, and so on to the root.
 *
 * - A privilege holds where it is granted and in everything below.
 * - The owner of a level may do everything on it and below.
 * - Whatever is held, catalogs and schemas above must be open to the caller: by USE_CATALOG and USE_SCHEMA, by
 *   ALL_PRIVILEGES or by owning them. So whoever loses a catalog loses all in it, what they own there as well.
 * - BROWSE shows that things exist behind a closed path.
 */
export function decideAction(action: Action, levels: readonly Level[]): Decision {
  if (isAllowed(RULES[action], levels)) return 'allowed';
  const sees = SEES[levels[0]!.type];
  return sees === undefined || isAllowed(RULES[sees], levels) ? 'denied' : 'hidden';
}

/** Whether rights on the first level may be given away, by the same rules. */
export function mayManage(levels: readonly Level[]): boolean {
  return isAllowed({ sufficing: MANAGES, browsing: false, pathFrom: 1 }, levels);
}

function isAllowed(rule: Rule, levels: readonly Level[]): boolean {
  const held = heldOn(levels);
  if (rule.browsing && (held & BROWSE) !== 0) return true;
  return (held & rule.sufficing) !== 0 && closedAt(levels, rule.pathFrom) === undefined;
}

/** All that is held on the first level, with what comes down to it. */
function heldOn(levels: readonly Level[]): PrivilegeSet {
  let held = levels[0]!.held;
  for (let i = 1; i < levels.length; i += 1) held |= comingDown(levels[i]!, levels[0]!.type);
  return held;
}

/** What of the grants on a level counts for a securable of type `to` that lies in it. */
export function comingDown({ type, held }: Level, to: SecurableType): PrivilegeSet {
  if (type !== 'workspace') return held;
  return held & ~(to === 'secret-scope' ? STAYS_OUT_OF_SCOPES : STAYS_IN_WORKSPACE);
}

/** The first level, from `from` on, that is closed to the caller. */
function closedAt(levels: readonly Level[], from: number): Level | undefined {
  let above = 0;
  let closed: Level | undefined;
  for (let i = levels.length - 1; i >= from; i -= 1) {
    const level = levels[i]!;
    above |= level.held;
    const opens = level.type === 'catalog' ? OPENS_CATALOG : level.type === 'schema' ? OPENS_SCHEMA : -1;
    if (opens !== -1 && (above & opens) === 0) closed = level;
  }
  return closed;
}

/** What is missing for an action, for people: on any level from `on` up one of the privileges, or the level's opening. */
export interface Missing {
  readonly on: SecurableType;
  readonly oneOf: readonly Privilege[];
}

export function missingFor(action: Action, levels: readonly Level[]): readonly Missing[] {
  const rule = RULES[action];
  if (isAllowed(rule, levels)) return [];
  const missing: Missing[] = [];
  if ((heldOn(levels) & rule.sufficing) === 0)
    missing.push({ on: levels[0]!.type, oneOf: privilegesIn(rule.sufficing) });
  for (let i = rule.pathFrom; i < levels.length; i += 1) {
    const { type } = levels[i]!;
    if (type !== 'catalog' && type !== 'schema') continue;
    const opens = type === 'catalog' ? OPENS_CATALOG : OPENS_SCHEMA;
    if ((levels.slice(i).reduce((set, level) => set | level.held, 0) & opens) === 0)
      missing.push({ on: type, oneOf: privilegesIn(opens) });
  }
  return missing;
}
