import type { Access, Decision, NamedPlace, Principal, VisibleModels } from './access.ts';
import { DEFAULT_SCHEMA, WORKSPACE } from './container-rules.ts';
import { decideAction, type Level, type PrivilegeSet } from './privilege-rules.ts';
import { type Action, keyOf, parentOf, type Securable } from './privileges.ts';
import type { State } from './snapshot-state.ts';

const EXPERIMENT = 'experiment:';
/** What it takes to see a thing in a list. */
const LISTED_BY = {
  volume: 'volume.see',
  table: 'table.see',
  'secret-scope': 'secret-scope.read',
} as const satisfies Record<NamedPlace['type'], Action>;
/** The most keys for which one caller's rights are remembered. */
const MAX_REMEMBERED = 512;

/**
 * What the principal may do by the state as it is when asked: an access that outlives its request (a stream of events)
 * loses what its principal loses. `current` gives the state, or refuses when it is out of date; `catchUp` is the access's.
 */
export function createSnapshotAccess(
  no: number,
  current: () => State,
  catchUp?: () => Promise<void>,
): Access {
  const seen = { generation: -1, structure: -1, grantChanges: -1 };
  const held = new Map<string, PrivilegeSet>();
  let principal: Principal = NOBODY;
  let visible: { experiments?: 'all' | readonly number[]; models?: 'all' | VisibleModels } = {};

  /** The state, having forgotten what was worked out while this caller's rights were others. */
  function fresh(): State {
    const state = current();
    if (state.generation === seen.generation) return state;
    seen.generation = state.generation;
    // Others create things all the time: that changes nothing here.
    const grantChanges = state.grantChangesOf(no);
    if (state.structure === seen.structure && grantChanges === seen.grantChanges) return state;
    seen.structure = state.structure;
    seen.grantChanges = grantChanges;
    held.clear();
    visible = {};
    principal = principalOf(state, no);
    return state;
  }

  function heldOnKey(state: State, key: string): PrivilegeSet {
    const known = held.get(key);
    if (known !== undefined) return known;
    const set = heldDirectly(state, no, key);
    if (held.size >= MAX_REMEMBERED) held.clear();
    held.set(key, set);
    return set;
  }

  function levelsOf(state: State, on: Securable): Level[] {
    const levels: Level[] = [];
    for (let each: Securable | undefined = on; each !== undefined; each = parentOf(each))
      levels.push({ type: each.type, held: heldOnKey(state, keyOf(each)) });
    return levels;
  }

  function decide(action: Action, on: Securable): Decision {
    const state = fresh();
    if (principal === NOBODY) return decideAction(action, [{ type: on.type, held: 0 }]);
    return principal.isAdmin ? 'allowed' : decideAction(action, levelsOf(state, on));
  }

  /** Of the securables that the caller or a group of it holds something on, those whose key begins so. */
  function* keysHeld(state: State, prefix: string): Generator<string> {
    const given = new Set<string>();
    for (const holder of state.closureOf(no)) {
      for (const key of state.keysHeldBy(holder)) {
        if (!key.startsWith(prefix) || given.has(key)) continue;
        given.add(key);
        yield key;
      }
    }
  }

  function listExperiments(state: State): 'all' | readonly number[] {
    const workspace: Level = { type: 'workspace', held: heldOnKey(state, 'workspace') };
    const isRead = (onIt: PrivilegeSet): boolean =>
      decideAction('experiment.read', [{ type: 'experiment', held: onIt }, workspace]) === 'allowed';
    // Whoever may read an experiment that nobody granted anything on may read all.
    if (isRead(0)) return 'all';
    const numbers: number[] = [];
    for (const key of keysHeld(state, EXPERIMENT))
      if (isRead(heldDirectly(state, no, key))) numbers.push(Number(key.slice(EXPERIMENT.length)));
    return numbers.sort((a, b) => a - b);
  }

  function listModels(state: State): VisibleModels {
    const schemas: string[] = [];
    const whole = new Set<string>();
    for (const [catalog, { schemas: inIt }] of state.catalogs) {
      for (const schema of inIt.keys()) {
        const any: Level[] = [
          { type: 'model', held: 0 },
          ...levelsOf(state, { type: 'schema', catalog, schema }),
        ];
        if (decideAction('model.see', any) !== 'allowed') continue;
        schemas.push(`${catalog}.${schema}`);
        whole.add(`${catalog}.${schema}`);
      }
    }
    const models: string[] = [];
    for (const key of keysHeld(state, 'model:')) {
      const [catalog = '', schema = '', ...rest] = key.slice('model:'.length).split('.');
      const name = rest.join('.');
      if (whole.has(`${catalog}.${schema}`)) continue;
      if (decide('model.see', { type: 'model', catalog, schema, name }) !== 'allowed') continue;
      models.push(storedName(state, { catalog, schema, name }));
    }
    return { schemas, models };
  }

  function listNames(state: State, place: NamedPlace): 'all' | readonly string[] {
    const action = LISTED_BY[place.type];
    const of = (name: string): Securable =>
      place.type === 'secret-scope' ? { type: place.type, name } : { ...place, name };
    const [, ...above] = levelsOf(state, of(''));
    // Whoever may see one that nobody granted anything on may see all.
    if (decideAction(action, [{ type: place.type, held: 0 }, ...above]) === 'allowed') return 'all';
    const prefix = keyOf(of(''));
    const names = Array.from(keysHeld(state, prefix), (key) => key.slice(prefix.length));
    return names.filter((name) => decide(action, of(name)) === 'allowed');
  }

  return {
    get principal() {
      fresh();
      return principal;
    },
    decide,
    ...(catchUp !== undefined && { catchUp }),
    visibleExperiments() {
      const state = fresh();
      if (principal.isAdmin) return 'all';
      visible.experiments ??= principal === NOBODY ? [] : listExperiments(state);
      return visible.experiments;
    },
    visibleModels() {
      const state = fresh();
      if (principal.isAdmin) return 'all';
      visible.models ??= principal === NOBODY ? { schemas: [], models: [] } : listModels(state);
      return visible.models;
    },
    visibleNames(place) {
      const state = fresh();
      if (principal.isAdmin) return 'all';
      return principal === NOBODY ? [] : listNames(state, place);
    },
  };
}

/** As the registry keeps it: catalogs and schemas are spelled as they were made. */
function storedName(
  state: State,
  { catalog, schema, name }: { readonly catalog: string; readonly schema: string; readonly name: string },
): string {
  if (catalog === WORKSPACE && schema === DEFAULT_SCHEMA) return name;
  const known = state.catalogs.get(catalog);
  return `${known?.name ?? catalog}.${known?.schemas.get(schema) ?? schema}.${name}`;
}

/** Who was removed, or made inactive, while something still ran for them. */
const NOBODY: Principal = { id: '', kind: 'user', name: '', isAdmin: false };

function principalOf(state: State, no: number): Principal {
  const known = state.principals.get(no);
  if (known === undefined || !known.active || known.kind === 'group') return NOBODY;
  return { id: String(no), kind: known.kind, name: known.name, isAdmin: state.isAdmin(no) };
}

/** What the principal and its groups hold on exactly this securable. */
export function heldDirectly(state: State, no: number, key: string): PrivilegeSet {
  const holders = state.grants.get(key);
  if (holders === undefined) return 0;
  const closure = state.closureOf(no);
  let set = 0;
  if (closure.size < holders.size) for (const each of closure) set |= holders.get(each) ?? 0;
  else for (const [each, held] of holders) if (closure.has(each)) set |= held;
  return set;
}
