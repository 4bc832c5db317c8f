import { describe, expect, it } from 'vitest';
import {
  APPLICABLE,
  decideAction,
  type Level,
  mayManage,
  missingFor,
  privilegesIn,
  SEES,
  setOf,
} from './privilege-rules.ts';
import { type Action, PRIVILEGES, type Privilege, type SecurableType, SUFFICES } from './privileges.ts';

const PATHS: Readonly<Record<SecurableType, readonly SecurableType[]>> = {
  metastore: ['metastore'],
  workspace: ['workspace'],
  catalog: ['catalog', 'metastore'],
  schema: ['schema', 'catalog', 'metastore'],
  model: ['model', 'schema', 'catalog', 'metastore'],
  table: ['table', 'schema', 'catalog', 'metastore'],
  volume: ['volume', 'schema', 'catalog', 'metastore'],
  experiment: ['experiment', 'workspace'],
  job: ['job', 'workspace'],
  endpoint: ['endpoint', 'workspace'],
  'secret-scope': ['secret-scope', 'workspace'],
};
const typeOf = (action: Action) => action.slice(0, action.indexOf('.')) as SecurableType;

type Held = Partial<Record<SecurableType, readonly Privilege[]>>;
const levelsOf = (type: SecurableType, held: Held): Level[] =>
  PATHS[type].map((each) => ({ type: each, held: setOf(held[each] ?? []) }));
const decide = (action: Action, held: Held) => decideAction(action, levelsOf(typeOf(action), held));

const OPEN: Held = { catalog: ['USE_CATALOG'], schema: ['USE_SCHEMA'] };

describe('inheritance', () => {
  it.each<[string, Action, Held, string]>([
    ['nothing held', 'model.read-files', {}, 'hidden'],
    ['held on the model, the path open', 'model.read-files', { ...OPEN, model: ['EXECUTE'] }, 'allowed'],
    ['held on the schema', 'model.read-files', { ...OPEN, schema: ['USE_SCHEMA', 'EXECUTE'] }, 'allowed'],
    [
      'held on the catalog',
      'model.read-files',
      { catalog: ['USE_CATALOG', 'USE_SCHEMA', 'EXECUTE'] },
      'allowed',
    ],
    ['the schema closed', 'model.read-files', { catalog: ['USE_CATALOG'], model: ['EXECUTE'] }, 'hidden'],
    ['the catalog closed', 'model.read-files', { schema: ['USE_SCHEMA'], model: ['EXECUTE'] }, 'hidden'],
    ['the path open and nothing else', 'model.see', OPEN, 'hidden'],
    ['BROWSE behind a closed path', 'model.see', { catalog: ['BROWSE'] }, 'allowed'],
    ['BROWSE reads no files', 'model.read-files', { catalog: ['BROWSE'] }, 'denied'],
    [
      'BROWSE and EXECUTE behind a closed path',
      'model.read-files',
      { catalog: ['BROWSE', 'EXECUTE'] },
      'denied',
    ],
    ['seen but not writable', 'model.create-version', { ...OPEN, model: ['EXECUTE'] }, 'denied'],
    ['a right downwards only', 'schema.manage', { ...OPEN, model: ['MANAGE'] }, 'denied'],
    ['a schema in a closed catalog', 'schema.see', { schema: ['USE_SCHEMA'] }, 'hidden'],
    [
      'to create in a schema needs it open',
      'schema.create-model',
      { catalog: ['USE_CATALOG', 'BROWSE'], schema: ['CREATE_MODEL'] },
      'denied',
    ],
    [
      'to create in an open schema',
      'schema.create-model',
      { ...OPEN, schema: ['USE_SCHEMA', 'CREATE_MODEL'] },
      'allowed',
    ],
    [
      'to create schemas needs the catalog open',
      'catalog.create-schema',
      { catalog: ['CREATE_SCHEMA'] },
      'hidden',
    ],
    ['a root is known to all', 'metastore.create-catalog', {}, 'denied'],
  ])('%s: %s', (_, action, held, expected) => {
    expect(decide(action, held)).toBe(expected);
  });
});

describe('owners', () => {
  it.each<[string, Action, Held, string]>([
    ['of a model, the path open', 'model.promote', { ...OPEN, model: ['OWNER'] }, 'allowed'],
    [
      'of a model in a catalog that was closed to them',
      'model.see',
      { schema: ['USE_SCHEMA'], model: ['OWNER'] },
      'hidden',
    ],
    [
      'of the schema need only the catalog open',
      'model.manage',
      { catalog: ['USE_CATALOG'], schema: ['OWNER'] },
      'allowed',
    ],
    ['of the catalog need nothing', 'model.promote', { catalog: ['OWNER'] }, 'allowed'],
    ['of the metastore need nothing', 'volume.write', { metastore: ['OWNER'] }, 'allowed'],
    ['of an experiment', 'experiment.manage', { experiment: ['OWNER'] }, 'allowed'],
    ['of the workspace', 'experiment.manage', { workspace: ['OWNER'] }, 'allowed'],
  ])('%s: %s', (_, action, held, expected) => {
    expect(decide(action, held)).toBe(expected);
  });
});

describe('ALL_PRIVILEGES', () => {
  const held: Held = { catalog: ['ALL_PRIVILEGES'] };

  it.each<Action>([
    'model.read-files',
    'model.create-version',
    'table.write',
    'schema.create-model',
    'catalog.see',
  ])('on a catalog allows %s, and opens the path', (action) => {
    expect(decide(action, held)).toBe('allowed');
  });

  it.each<Action>([
    'model.manage',
    'model.promote',
    'schema.manage',
    'catalog.manage',
    'table.manage',
    'volume.manage',
  ])('is neither MANAGE nor APPROVE: %s is denied', (action) => {
    expect(decide(action, held)).toBe('denied');
  });

  it('on a schema does not open the catalog', () => {
    expect(decide('model.read-files', { schema: ['ALL_PRIVILEGES'] })).toBe('hidden');
  });
});

it('MANAGE alone reads no data', () => {
  const held: Held = { catalog: ['USE_CATALOG', 'USE_SCHEMA', 'MANAGE'] };
  expect(decide('model.manage', held)).toBe('allowed');
  for (const action of [
    'model.read-files',
    'table.read',
    'table.write',
    'volume.read',
    'model.promote',
  ] as const)
    expect(decide(action, held)).toBe('denied');
});

it('APPROVE moves aliases and writes nothing', () => {
  const held: Held = { ...OPEN, model: ['APPROVE'] };
  expect(decide('model.promote', held)).toBe('allowed');
  for (const action of ['model.create-version', 'model.manage', 'model.tag', 'model.read-files'] as const)
    expect(decide(action, held)).toBe('denied');
});

it('the right to create experiments says nothing about those of others', () => {
  const held: Held = { workspace: ['CAN_EDIT'] };
  expect(decide('workspace.create-experiment', held)).toBe('allowed');
  expect(decide('experiment.read', held)).toBe('hidden');
  expect(decide('experiment.read', { workspace: ['CAN_READ'] })).toBe('allowed');
  expect(decide('experiment.edit', { workspace: ['CAN_READ'] })).toBe('denied');
  expect(decide('experiment.manage', { workspace: ['CAN_MANAGE'] })).toBe('allowed');
});

it('the right to read all experiments opens no scope of secrets', () => {
  for (const privilege of ['CAN_READ', 'CAN_EDIT'] as const) {
    expect(decide('secret-scope.read', { workspace: [privilege] })).toBe('hidden');
    expect(decide('secret-scope.read', { workspace: [privilege], 'secret-scope': ['CAN_READ'] })).toBe(
      'allowed',
    );
  }
  expect(decide('secret-scope.manage', { workspace: ['CAN_MANAGE'] })).toBe('allowed');
  expect(decide('job.see', { workspace: ['CAN_READ'] })).toBe('allowed');
});

describe('any combination of grants', () => {
  const actions = Object.keys(SUFFICES) as Action[];

  /** The rules once more, in words and sets: slow, and written apart from the ones tested. */
  function expected(action: Action, held: Held): string {
    const path = PATHS[typeOf(action)];
    const has = (level: SecurableType, privilege: Privilege): boolean =>
      held[level]?.includes(privilege) ?? false;
    const from = (i: number): readonly SecurableType[] => path.slice(i);
    const stays = (privilege: Privilege): boolean =>
      privilege === 'CAN_EDIT' || (privilege === 'CAN_READ' && path[0] === 'secret-scope');
    const reaches = (privilege: Privilege): boolean =>
      path.some((level, i) => has(level, privilege) && !(i > 0 && level === 'workspace' && stays(privilege)));
    const isOpen = (i: number): boolean => {
      const word = path[i] === 'catalog' ? 'USE_CATALOG' : 'USE_SCHEMA';
      return from(i).some((level) => has(level, word) || has(level, 'ALL_PRIVILEGES') || has(level, 'OWNER'));
    };
    const allows = (what: Action): boolean => {
      const needs = SUFFICES[what];
      if (needs.includes('BROWSE') && reaches('BROWSE')) return true;
      const start = what.includes('.create-') && typeOf(what) !== 'model' ? 0 : 1;
      const containers = path.flatMap((level, i) => (i >= start && /catalog|schema/.test(level) ? [i] : []));
      return (reaches('OWNER') || needs.some(reaches)) && containers.every(isOpen);
    };
    const sees = SEES[typeOf(action)];
    return allows(action) ? 'allowed' : sees === undefined || allows(sees) ? 'denied' : 'hidden';
  }

  it('is judged as the rules say', () => {
    const random = randomNumbers(20_261_121);
    const seen = new Set<string>();
    for (let i = 0; i < 20_000; i += 1) {
      const action = actions[random(actions.length)]!;
      const held: Held = {};
      for (const level of PATHS[typeOf(action)]) {
        if (random(3) === 0) continue;
        held[level] = Array.from({ length: random(4) }, () => PRIVILEGES[random(PRIVILEGES.length)]!);
      }
      const decision = decide(action, held);
      seen.add(decision);
      expect(decision, `${action} with ${JSON.stringify(held)}`).toBe(expected(action, held));
    }
    expect(seen).toEqual(new Set(['allowed', 'denied', 'hidden']));
  });

  it('allows no less where more is held', () => {
    const random = randomNumbers(7);
    const rank = { hidden: 0, denied: 1, allowed: 2 };
    for (let i = 0; i < 5000; i += 1) {
      const action = actions[random(actions.length)]!;
      const less = levelsOf(typeOf(action), {}).map(({ type }) => ({
        type,
        held: random(1 << 25) & random(1 << 25),
      }));
      const more = less.map(({ type, held }) => ({ type, held: held | (1 << random(25)) }));
      expect(rank[decideAction(action, more)]).toBeGreaterThanOrEqual(rank[decideAction(action, less)]);
    }
  });

  it('names something missing exactly where an action is not allowed, and it helps', () => {
    const random = randomNumbers(99);
    for (let i = 0; i < 5000; i += 1) {
      const action = actions[random(actions.length)]!;
      const levels = levelsOf(typeOf(action), {}).map(({ type }) => ({
        type,
        held: random(1 << 25) & random(1 << 25),
      }));
      const missing = missingFor(action, levels);
      expect(missing.length === 0).toBe(decideAction(action, levels) === 'allowed');
      const helped = levels.map((level) => ({
        ...level,
        held: missing
          .filter(({ on }) => on === level.type)
          .reduce((held, { oneOf }) => held | setOf([oneOf[random(oneOf.length)]!]), level.held),
      }));
      expect(decideAction(action, helped)).toBe('allowed');
    }
  });
});

it('who manages gives rights away, and who may do everything else does not', () => {
  expect(mayManage(levelsOf('model', { ...OPEN, model: ['OWNER'] }))).toBe(true);
  expect(mayManage(levelsOf('model', { catalog: ['USE_CATALOG', 'USE_SCHEMA', 'MANAGE'] }))).toBe(true);
  expect(mayManage(levelsOf('experiment', { experiment: ['CAN_MANAGE'] }))).toBe(true);
  expect(mayManage(levelsOf('model', { catalog: ['ALL_PRIVILEGES'], model: ['APPROVE', 'APPLY_TAG'] }))).toBe(
    false,
  );
});

it('every privilege that an action asks for can be granted on its securable or above', () => {
  for (const [action, privileges] of Object.entries(SUFFICES)) {
    const path = PATHS[typeOf(action as Action)];
    expect(privileges.some((privilege) => path.some((level) => APPLICABLE[level].includes(privilege)))).toBe(
      true,
    );
  }
  expect(Object.values(APPLICABLE).flat()).not.toContain('OWNER');
});

it('a set gives back what it was made of', () => {
  expect(privilegesIn(setOf(PRIVILEGES))).toEqual(PRIVILEGES);
  expect(privilegesIn(setOf(['APPROVE', 'OWNER']))).toEqual(['OWNER', 'APPROVE']);
});

/** Repeatable (mulberry32): whole numbers below the limit. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}
