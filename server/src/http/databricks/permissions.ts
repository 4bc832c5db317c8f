import { type Access, LOCAL_USER } from '../../governance/access.ts';
import type { Grants } from '../../governance/grants.ts';
import { ownNameKeys } from '../../governance/own-names.ts';
import { nameKeyOf } from '../../governance/principal-rules.ts';
import { ADMINS, type PrincipalKind, type Principals } from '../../governance/principals.ts';
import type { Action, Privilege, Securable } from '../../governance/privileges.ts';
import { type AppError, invalidArgument, notFound } from '../../kernel/errors.ts';
import { objectList, optionalString, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { Need } from '../route-access.ts';
import { type Level, levelOf, type ObjectKind, ownerLevel, privilegesOf } from './permission-levels.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

/** Objects of one kind, for the permissions API. */
export interface PermissionObjects {
  readonly kind: ObjectKind;
  readonly see: Action;
  readonly manage: Action;
  /** @throws AppError what a call about an object that is not there gets. */
  find(id: string): Promise<FoundObject>;
}

export interface FoundObject {
  readonly on: Securable;
  missing(): AppError;
}

export interface PermissionRoutesDependencies {
  readonly grants: Grants;
  readonly principals: Pick<Principals, 'findByName' | 'groupsOf'>;
}

const PERMISSIONS = '/api/2.0/permissions';

/**
 * Object permissions, over the same grants as everything else. PUT makes the list the whole of what is granted on the
 * object itself, PATCH gives each of the named principals one level instead of what it had. Who may manage the object
 * sees all of them; whoever sees it at all, their own and those of their groups.
 */
export function permissionRoutes(
  { kind, see, manage, find }: PermissionObjects,
  dependencies: PermissionRoutesDependencies,
): readonly DatabricksRoute[] {
  const { grants } = dependencies;
  const path = `${PERMISSIONS}/${kind.path}/:id`;
  const needs = (action: Action): readonly Need<DatabricksCall>[] => [
    { action, target: (call) => find(call.path.id!) },
  ];

  /** All of it unless it is said what is shown: whoever has just changed it managed it then. */
  async function render(
    call: DatabricksCall,
    isShown: (name: string) => boolean = () => true,
  ): Promise<object> {
    const id = call.path.id!;
    const { on } = await find(id);
    const entries = new Map<string, AclEntry>();
    const entryOf = (name: string, principalKind: PrincipalKind): AclEntry => {
      const known = entries.get(name);
      if (known !== undefined) return known;
      const entry: AclEntry = { [NAME_FIELDS[principalKind]]: name, all_permissions: [] };
      entries.set(name, entry);
      return entry;
    };
    const owner = await grants.ownerOf(on);
    if (owner !== ADMINS) {
      const ownerKind = (await dependencies.principals.findByName(owner))?.kind ?? 'user';
      entryOf(owner, ownerKind).all_permissions.push(directly(ownerLevel(kind)));
    }
    for (const { principal, principalKind, privileges } of await grants.listEffective({ on })) {
      for (const [from, held] of byOrigin(privileges)) {
        const level = levelOf(kind, held);
        if (level === undefined || (from === undefined && principal === owner)) continue;
        entryOf(principal, principalKind).all_permissions.push(
          from === undefined ? directly(level) : inherited(level, from),
        );
      }
    }
    entryOf(ADMINS, 'group').all_permissions.push(inherited(kind.levels.at(-1)!.level, '/'));
    return {
      object_id: `/${kind.path}/${id}`,
      object_type: kind.objectType,
      access_control_list: [...entries].filter(([name]) => isShown(name)).map(([, entry]) => entry),
    };
  }

  /** Whoever manages it sees what all hold; whoever only sees it, what they hold themselves, as with catalogs. */
  async function shownTo({ path, caller: { access } }: DatabricksCall): Promise<(name: string) => boolean> {
    const { on } = await find(path.id!);
    if (access.principal.isAdmin || access.decide(manage, on) === 'allowed') return () => true;
    const own = await ownNameKeys(dependencies.principals, access);
    return (name) => own.has(nameKeyOf(name));
  }

  const readList = (call: DatabricksCall) => readAcl(kind, call, dependencies.principals);

  return [
    {
      method: 'GET',
      path,
      summary: `Lists who may do what with one of the ${kind.path}`,
      access: needs(see),
      handle: async (call) => render(call, await shownTo(call)),
    },
    {
      method: 'GET',
      path: `${path}/permissionLevels`,
      summary: `Lists the levels of permission on ${kind.path}`,
      access: needs(see),
      async handle(call) {
        await find(call.path.id!);
        const owner = { level: 'IS_OWNER', description: 'Owns it' };
        return {
          permission_levels: [...kind.levels, ...(kind.namesOwner ? [owner] : [])].map(
            ({ level, description }) => ({ permission_level: level, description }),
          ),
        };
      },
    },
    {
      method: 'PUT',
      path,
      summary: `Sets who may do what with one of the ${kind.path}`,
      access: needs(manage),
      async handle(call) {
        const { access } = call.caller;
        const { on } = await find(call.path.id!);
        const wanted = await readList(call);
        const newOwner = soleOwner(kind, wanted);
        await grants.replace(
          on,
          (owner) => {
            const others = wanted.filter((entry) => entry.level !== undefined && !ownsBy(kind, entry, owner));
            const keeps = wanted.some((entry) => ownsBy(kind, entry, owner)) || isCaller(access, owner);
            return {
              grants: others.map(({ name, level }) => ({ principal: name, privileges: level!.grants })),
              owner: newOwner ?? (keeps || owner === ADMINS ? undefined : ADMINS),
            };
          },
          access,
        );
        return render(call);
      },
    },
    {
      method: 'PATCH',
      path,
      summary: `Changes who may do what with one of the ${kind.path}`,
      access: needs(manage),
      async handle(call) {
        const { access } = call.caller;
        const { on } = await find(call.path.id!);
        const wanted = await readList(call);
        const all = privilegesOf(kind);
        const newOwner = wanted.find(({ level }) => level === undefined)?.name;
        await grants.changeOwned(
          on,
          (owner) => {
            const others = wanted.filter((entry) => entry.level !== undefined && !ownsBy(kind, entry, owner));
            const lowered = others.some(({ name }) => same(name, owner)) && !isCaller(access, owner);
            return {
              grants: others.map(({ name, level }) => ({
                principal: name,
                add: level!.grants,
                remove: all.filter((privilege) => !level!.grants.includes(privilege)),
              })),
              owner: newOwner ?? (lowered && owner !== ADMINS ? ADMINS : undefined),
            };
          },
          access,
        );
        return render(call);
      },
    },
  ];
}

interface AclEntry {
  readonly [name: string]: unknown;
  readonly all_permissions: object[];
}

const NAME_FIELDS: Readonly<Record<PrincipalKind, string>> = {
  user: 'user_name',
  group: 'group_name',
  'service-principal': 'service_principal_name',
};

const directly = (level: string) => ({ permission_level: level, inherited: false });
const inherited = (level: string, from: string) => ({
  permission_level: level,
  inherited: true,
  inherited_from_object: [from],
});

type Held = readonly { readonly privilege: Privilege; readonly inheritedFrom: Securable | undefined }[];

/** What is held, by where it was granted; undefined for the object itself. */
function byOrigin(held: Held): ReadonlyMap<string | undefined, readonly Privilege[]> {
  const found = new Map<string | undefined, Privilege[]>();
  for (const { privilege, inheritedFrom } of held) {
    const from = inheritedFrom === undefined ? undefined : pathOf(inheritedFrom);
    const known = found.get(from);
    if (known === undefined) found.set(from, [privilege]);
    else known.push(privilege);
  }
  return found;
}

function pathOf(on: Securable): string {
  if (on.type === 'catalog') return `/catalogs/${on.catalog}`;
  return on.type === 'schema' ? `/schemas/${on.catalog}.${on.schema}` : '/';
}

/** An entry of a request. */
interface Wanted {
  readonly name: string;
  /** Undefined for IS_OWNER. */
  readonly level: Level | undefined;
}

/** @throws AppError InvalidArgument; NotFound for a principal that does not exist. */
async function readAcl(
  kind: ObjectKind,
  { body, caller }: DatabricksCall,
  principals: PermissionRoutesDependencies['principals'],
): Promise<readonly Wanted[]> {
  const wanted = new Map<string, Wanted>();
  for (const [i, entry] of objectList(body, 'access_control_list').entries()) {
    const at = `access_control_list[${i}]`;
    const { name, principalKind } = readName(entry, at);
    const level = readLevel(kind, entry, at);
    // Where the server runs without identities its one user may do everything, and holds nothing.
    if (caller.access.principal.kind === 'local' && name === LOCAL_USER.name) continue;
    const principal = await principals.findByName(name);
    if (principal?.kind !== principalKind)
      throw notFound(`There is no ${principalKind.replace('-', ' ')} '${name.slice(0, 200)}'.`, {
        field: at,
      });
    if (level === undefined && principalKind === 'group')
      throw invalidArgument('A group cannot be the owner.', { field: at });
    wanted.set(principal.id, { name: principal.name, level });
  }
  return [...wanted.values()];
}

function readName(entry: JsonObject, at: string): { name: string; principalKind: PrincipalKind } {
  const named = (Object.entries(NAME_FIELDS) as [PrincipalKind, string][]).flatMap(
    ([principalKind, field]) => {
      const name = optionalString(entry, field, `${at}.${field}`);
      return name === undefined || name === '' ? [] : [{ name, principalKind }];
    },
  );
  if (named.length !== 1)
    throw invalidArgument(`${at} must name one of user_name, group_name and service_principal_name.`, {
      field: at,
    });
  return named[0]!;
}

/** @throws AppError InvalidArgument */
function readLevel(
  { levels, namesOwner, path }: ObjectKind,
  entry: JsonObject,
  at: string,
): Level | undefined {
  const text = requiredString(entry, 'permission_level', `${at}.permission_level`);
  if (namesOwner && text === 'IS_OWNER') return undefined;
  const found = levels.find(({ level }) => level === text);
  if (found !== undefined) return found;
  const known = [...levels.map(({ level }) => level), ...(namesOwner ? ['IS_OWNER'] : [])];
  throw invalidArgument(
    `'${text.slice(0, 50)}' is no level of permission on ${path}: use one of ${known.join(', ')}.`,
    { field: `${at}.permission_level` },
  );
}

/** Who is named owner by a list that must name one; undefined for kinds without. @throws AppError InvalidArgument */
function soleOwner({ namesOwner, path }: ObjectKind, wanted: readonly Wanted[]): string | undefined {
  const owners = wanted.filter(({ level }) => level === undefined);
  if (!namesOwner || (owners.length === 0 && wanted.length === 0)) return undefined;
  if (owners.length !== 1)
    throw invalidArgument(`The list must name exactly one owner (IS_OWNER) for ${path}.`, {
      field: 'access_control_list',
    });
  return owners[0]!.name;
}

/** Whether the entry says of the owner no more than that: the last level is theirs as owner. */
const ownsBy = (kind: ObjectKind, { name, level }: Wanted, owner: string): boolean =>
  same(name, owner) && (level === undefined || level.level === kind.levels.at(-1)!.level);

const same = (a: string, b: string): boolean => nameKeyOf(a) === nameKeyOf(b);

/** Nobody locks themselves out: a list without its sender leaves an owner that sends it the owner. */
const isCaller = ({ principal }: Access, name: string): boolean =>
  principal.kind !== 'local' && same(principal.name, name);
