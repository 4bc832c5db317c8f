import type { Assignment, EffectiveAssignment, GrantChange, Grants } from '../../governance/grants.ts';
import { ownNameKeys } from '../../governance/own-names.ts';
import { nameKeyOf } from '../../governance/principal-rules.ts';
import { type Principals, USERS } from '../../governance/principals.ts';
import { PRIVILEGES, type Privilege } from '../../governance/privileges.ts';
import { AppError, invalidArgument } from '../../kernel/errors.ts';
import { objectList, optionalBoolean, requiredString, stringList } from '../mlflow/fields.ts';
import type { Need } from '../route-access.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import {
  type Existence,
  managing,
  type NamedSecurable,
  parseSecurable,
  parseSecurableType,
  renderSecurableName,
  renderSecurableType,
  requireExisting,
  seeing,
} from './securables.ts';

export interface GrantRoutesDependencies {
  readonly grants: Grants;
  readonly principals: Principals;
  readonly existence: Existence;
  readonly metastoreId: string;
}

const UC = '/api/2.1/unity-catalog';
/** Unity Catalog's name of the group that everybody is in. */
const ACCOUNT_USERS = 'account users';

/**
 * Unity Catalog's grants. Who may manage a securable sees all grants on it; whoever sees it at all, their own and those
 * of their groups.
 */
export function grantRoutes(dependencies: GrantRoutesDependencies): readonly DatabricksRoute[] {
  const { grants, existence, metastoreId } = dependencies;
  const named = ({ path }: DatabricksCall): NamedSecurable =>
    parseSecurable(parseSecurableType(path.type!), path.name!, {
      namespaces: existence.namespaces,
      metastoreId,
    });

  const toSee: Need<DatabricksCall> = {
    action: 'catalog.see',
    target(call) {
      const securable = named(call);
      const { on } = securable;
      return { on, action: seeing(on), missing: () => securable.missing(call.caller.access) };
    },
  };
  const toManage: Need<DatabricksCall> = {
    action: 'catalog.manage',
    target(call) {
      const securable = named(call);
      const { on } = securable;
      return { on, action: managing(on), missing: () => securable.missing(call.caller.access) };
    },
  };

  async function read<Shown extends Assignment | EffectiveAssignment>(
    call: DatabricksCall,
    list: (of: Parameters<Grants['list']>[0]) => Promise<readonly Shown[]>,
  ): Promise<readonly Shown[]> {
    const securable = named(call);
    const { access } = call.caller;
    await requireExisting(securable, access, existence);
    const { on } = securable;
    const asked = call.query.principal;
    const principal = asked === undefined || asked === '' ? undefined : principalOf(asked);
    const seesAll = access.decide(managing(on), on) === 'allowed';
    if (seesAll) return list({ on, principal });
    const own = await ownNameKeys(dependencies.principals, access);
    if (principal !== undefined && !own.has(nameKeyOf(principal)))
      throw new AppError(
        'PermissionDenied',
        `Permission denied: to see what others hold takes MANAGE on ${call.path.name!.slice(0, 300)}.`,
      );
    const all = await list({ on, principal });
    return all.filter((assignment) => own.has(nameKeyOf(assignment.principal)));
  }

  const readDirect = async (call: DatabricksCall) =>
    (await read(call, grants.list)).map(({ principal, privileges }) => ({
      principal: shownPrincipal(principal),
      privileges,
    }));

  const readEffective = async (call: DatabricksCall) =>
    (await read(call, grants.listEffective)).map(({ principal, privileges }) => ({
      principal: shownPrincipal(principal),
      privileges: privileges.map(({ privilege, inheritedFrom }) => ({
        privilege,
        ...(inheritedFrom !== undefined && {
          inherited_from_type: renderSecurableType(inheritedFrom),
          inherited_from_name: renderSecurableName(inheritedFrom, metastoreId),
        }),
      })),
    }));

  return [
    {
      method: 'GET',
      path: `${UC}/permissions/:type/:name`,
      summary: 'Lists the grants on a securable',
      access: [toSee],
      handle: async (call) => ({ privilege_assignments: await readDirect(call) }),
    },
    {
      method: 'GET',
      path: `${UC}/privilege-assignments/:type/:name`,
      summary: 'Lists the grants on a securable',
      access: [toSee],
      handle: async (call) => ({ privilege_assignments: await readDirect(call) }),
    },
    {
      method: 'GET',
      path: `${UC}/effective-permissions/:type/:name`,
      summary: 'Lists the grants on a securable with those that come down to it',
      access: [toSee],
      handle: async (call) => ({ privilege_assignments: await readEffective(call) }),
    },
    {
      method: 'GET',
      path: `${UC}/effective-privilege-assignments/:type/:name`,
      summary: 'Lists the grants on a securable with those that come down to it',
      access: [toSee],
      handle: async (call) => ({ effective_privilege_assignments: await readEffective(call) }),
    },
    {
      method: 'PATCH',
      path: `${UC}/permissions/:type/:name`,
      summary: 'Grants and revokes',
      access: [toManage],
      async handle(call) {
        const { body, caller } = call;
        const changes = objectList(body, 'changes').map((change, i): GrantChange => {
          const path = `changes[${i}]`;
          return {
            principal: principalOf(requiredString(change, 'principal', `${path}.principal`)),
            add: parsePrivileges(stringList(change, 'add', `${path}.add`), `${path}.add`),
            remove: parsePrivileges(stringList(change, 'remove', `${path}.remove`), `${path}.remove`),
          };
        });
        const securable = named(call);
        await requireExisting(securable, caller.access, existence);
        if (changes.length > 0) await grants.change(securable.on, changes, caller.access);
        if (optionalBoolean(body, 'omit_permissions_in_response')) return {};
        return { privilege_assignments: await readDirect(call) };
      },
    },
  ];
}

const principalOf = (name: string): string => (name.toLowerCase() === ACCOUNT_USERS ? USERS : name);
const shownPrincipal = (name: string): string => (name === USERS ? ACCOUNT_USERS : name);

const KNOWN: ReadonlySet<string> = new Set(PRIVILEGES);

/** SQL's blanks are underscores here; owners are made otherwise. @throws AppError InvalidArgument */
function parsePrivileges(texts: readonly string[], path: string): readonly Privilege[] {
  return texts.map((text) => {
    const word = text
      .replace(/^Privilege\./i, '')
      .trim()
      .toUpperCase()
      .replaceAll(/[ -]+/g, '_');
    if (word === 'OWNER' || !KNOWN.has(word))
      throw invalidArgument(`'${text.slice(0, 100)}' is no privilege that can be granted.`, { field: path });
    return word as Privilege;
  });
}
