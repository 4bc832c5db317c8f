import type { Access } from '../governance/access.ts';
import type { Catalogs } from '../governance/catalogs.ts';
import { isNameClash } from '../governance/container-rules.ts';
import type { Grants } from '../governance/grants.ts';
import { ownNameKeys } from '../governance/own-names.ts';
import { nameKeyOf } from '../governance/principal-rules.ts';
import { type Principals, USERS } from '../governance/principals.ts';
import type { Action, Securable } from '../governance/privileges.ts';
import type { Schemas } from '../governance/schemas.ts';
import { AppError } from '../kernel/errors.ts';
import { TABLES_CATALOG } from './query-text.ts';
import { type ResultColumn, stringColumn } from './results.ts';
import type { Place } from './sessions.ts';
import type { Shows } from './shows.ts';
import type { GovernanceStatement, NamedSecurable } from './statement-tree.ts';

export interface GovernanceResult {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Where the session looks from now on. */
  readonly moveTo?: Place;
}

export interface ExecutionContext {
  readonly access: Access;
  readonly place: Place;
}

export type GovernanceExecutor = ReturnType<typeof createGovernanceExecutor>;

/** Finds what a statement names. The name is complete: of as many parts as the type has. */
export interface StatementSecurables {
  /**
   * @throws AppError NotFound for what is not there, and to the letter the same for what the caller may not know of;
   *   PermissionDenied for what the caller sees, but may not manage.
   */
  require(named: NamedSecurable, need: 'see' | 'manage', access: Access): Promise<Securable>;
  /** Of what has been found. */
  mayManage(on: Securable, access: Access): boolean;
}

/** What can be said about a securable besides its grants; each throws NotFound as `require` does. */
export interface Descriptions {
  /** Lines of a name and a text, for DESCRIBE. */
  describe(on: Securable): Promise<readonly (readonly [string, string | null])[]>;
  /** @throws AppError NotSupported for a type that has none. */
  setComment(on: Securable, comment: string | null, by: Access): Promise<void>;
  /** @throws AppError NotSupported for a type that has none; InvalidArgument for a bad key. */
  setTags(on: Securable, tags: Readonly<Record<string, string>>, by: Access): Promise<void>;
  unsetTags(on: Securable, keys: readonly string[], by: Access): Promise<void>;
}

export interface GovernanceDependencies {
  readonly grants: Pick<Grants, 'list' | 'change' | 'setOwner' | 'ownerOf'>;
  readonly catalogs: Pick<Catalogs, 'create' | 'delete'>;
  readonly schemas: Pick<Schemas, 'create' | 'delete'>;
  readonly principals: Pick<Principals, 'groupsOf'>;
  readonly securables: StatementSecurables;
  readonly descriptions: Descriptions;
  readonly shows: Shows;
}

const NOTHING: GovernanceResult = { columns: [], rows: [] };
/** Unity Catalog's name of the group that everybody is in. */
const ACCOUNT_USERS = 'account users';

/** Runs the statements that are no queries, with the checks and the effects of the calls that do the same. */
export function createGovernanceExecutor(dependencies: GovernanceDependencies) {
  const { grants, catalogs, schemas, principals, securables, descriptions, shows } = dependencies;

  async function showGrants(
    named: NamedSecurable,
    asked: string | undefined,
    access: Access,
  ): Promise<GovernanceResult> {
    const on = await securables.require(named, 'see', access);
    const seesAll = securables.mayManage(on, access);
    const principal = asked === undefined ? undefined : principalOf(asked);
    let own: ReadonlySet<string> | undefined;
    if (!seesAll) {
      own = await ownNameKeys(principals, access);
      if (principal !== undefined && !own.has(nameKeyOf(principal)))
        throw new AppError('PermissionDenied', 'Permission denied: to see what others hold takes MANAGE.');
    }
    const assignments = await grants.list({ on, ...(principal !== undefined && { principal }) });
    const name = named.type === 'METASTORE' ? 'metastore' : named.name.join('.');
    return {
      columns: ['Principal', 'ActionType', 'ObjectType', 'ObjectKey'].map(stringColumn),
      rows: assignments
        .filter((assignment) => own === undefined || own.has(nameKeyOf(assignment.principal)))
        .flatMap((assignment) =>
          assignment.privileges.map((privilege) => [
            assignment.principal === USERS ? ACCOUNT_USERS : assignment.principal,
            privilege.replaceAll('_', ' '),
            named.type,
            name,
          ]),
        ),
    };
  }

  async function create(statement: Of<'create'>, { access, place }: ExecutionContext): Promise<void> {
    const { on, comment, ifNotExists } = statement;
    const more = comment === undefined ? {} : { comment };
    /** Of a clash with what the caller does not see it learns as much as whoever may make nothing here (decision 16). */
    async function make(what: MadeBy, operation: () => Promise<unknown>): Promise<void> {
      try {
        await operation();
      } catch (error) {
        if (isNameClash(error) && access.decide(what.see, what.on) === 'hidden') {
          access.trail?.judged(what.creates, what.on, 'denied');
          throw notPermitted(access, what.creates);
        }
        if (!ifNotExists || !(error instanceof AppError) || error.code !== 'AlreadyExists') throw error;
      }
    }
    if (on.type === 'CATALOG') {
      const [name] = on.name as [string];
      const creates = 'metastore.create-catalog';
      requireAction(access, creates, { type: 'metastore' });
      const made = { on: { type: 'catalog', catalog: name }, see: 'catalog.see', creates } as const;
      return make(made, () => catalogs.create({ name, ...more }, access.principal));
    }
    const [catalog, name] = complete(on, place).name as [string, string];
    const creates = 'catalog.create-schema';
    await securables.require({ type: 'CATALOG', name: [catalog] }, 'see', access);
    requireAction(access, creates, { type: 'catalog', catalog });
    const made = { on: { type: 'schema', catalog, schema: name }, see: 'schema.see', creates } as const;
    return make(made, () => schemas.create({ catalog, name, ...more }, access.principal));
  }

  async function drop(
    { on, ifExists, cascade }: Of<'drop'>,
    { access, place }: ExecutionContext,
  ): Promise<void> {
    try {
      const found = await securables.require(complete(on, place), 'manage', access);
      if (found.type === 'catalog') await catalogs.delete(found.catalog, { force: cascade });
      if (found.type === 'schema') await schemas.delete(found, { force: cascade });
    } catch (error) {
      if (!ifExists || !(error instanceof AppError) || error.code !== 'NotFound') throw error;
    }
  }

  async function use(on: NamedSecurable, { access, place }: ExecutionContext): Promise<GovernanceResult> {
    const named = complete(on, place);
    const [catalog, schema = 'default'] = named.name as [string, string?];
    if (catalog.toLowerCase() !== TABLES_CATALOG) await securables.require(named, 'see', access);
    return { ...NOTHING, moveTo: { catalog, schema } };
  }

  return {
    /** @throws AppError as the calls that do the same; InvalidArgument for a name that no such thing can have. */
    async execute(statement: GovernanceStatement, context: ExecutionContext): Promise<GovernanceResult> {
      const { access, place } = context;
      const find = (on: NamedSecurable, need: 'see' | 'manage') =>
        securables.require(complete(on, place), need, access);
      switch (statement.kind) {
        case 'grant':
        case 'revoke': {
          const { privileges, principal } = statement;
          const on = await find(statement.on, 'manage');
          const [add, remove] = statement.kind === 'grant' ? [privileges, []] : [[], privileges];
          await grants.change(on, [{ principal: principalOf(principal), add, remove }], access);
          return NOTHING;
        }
        case 'show-grants':
          return showGrants(complete(statement.on, place), statement.principal, access);
        case 'show':
          return shows.show(statement, context);
        case 'create':
          await create(statement, context);
          return NOTHING;
        case 'drop':
          await drop(statement, context);
          return NOTHING;
        case 'describe': {
          const known = shows.describe(statement.on) ?? shows.describe(complete(statement.on, place));
          if (known !== undefined) return known;
          const on = await find(statement.on, 'see');
          const owner = await grants.ownerOf(on);
          return {
            columns: describedColumns(on),
            rows: [...(await descriptions.describe(on)), ['Owner', owner]],
          };
        }
        case 'set-owner':
          await grants.setOwner(await find(statement.on, 'manage'), principalOf(statement.principal), access);
          return NOTHING;
        case 'set-comment':
          await descriptions.setComment(await find(statement.on, 'manage'), statement.comment, access);
          return NOTHING;
        case 'set-tags':
          await descriptions.setTags(await find(statement.on, 'manage'), statement.tags, access);
          return NOTHING;
        case 'unset-tags':
          await descriptions.unsetTags(await find(statement.on, 'manage'), statement.keys, access);
          return NOTHING;
        case 'use':
          return use(statement.on, context);
      }
    },
  };
}

type Of<Kind extends GovernanceStatement['kind']> = Extract<GovernanceStatement, { readonly kind: Kind }>;

/** A name with as many parts as its type has: what is missing is where the session looks. */
function complete(on: NamedSecurable, { catalog, schema }: Place): NamedSecurable {
  switch (on.type) {
    case 'METASTORE':
    case 'CATALOG':
    case 'EXPERIMENT':
      return on;
    case 'SCHEMA':
      return { ...on, name: [catalog, ...on.name].slice(-2) };
    case 'TABLE':
    case 'FUNCTION':
    case 'MODEL':
    case 'VOLUME':
      return { ...on, name: [catalog, schema, ...on.name].slice(-3) };
  }
}

/** What a statement makes, and the actions of who sees it and of who may make it. */
interface MadeBy {
  readonly on: Securable;
  readonly see: Action;
  readonly creates: Action;
}

function requireAction(access: Access, action: Action, on: Securable): void {
  if (access.decide(action, on) !== 'allowed') throw notPermitted(access, action);
}

const notPermitted = ({ principal }: Access, action: Action): AppError =>
  new AppError('PermissionDenied', `Permission denied: ${principal.name} must have the right to ${action}.`);

function describedColumns(on: Securable): readonly ResultColumn[] {
  if (on.type !== 'schema') return ['info_name', 'info_value'].map(stringColumn);
  return ['database_description_item', 'database_description_value'].map(stringColumn);
}

const principalOf = (name: string): string => (name.toLowerCase() === ACCOUNT_USERS ? USERS : name);
