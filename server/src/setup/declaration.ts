import { PRIVILEGES, type Privilege } from '../governance/privileges.ts';
import type { AppError } from '../kernel/errors.ts';
import { type Located, parseYaml } from './located-yaml.ts';

/** What a file declares: everything in it is made so; what it does not name stays as it is. */
export interface Declaration {
  readonly users: readonly DeclaredUser[];
  readonly servicePrincipals: readonly DeclaredServicePrincipal[];
  readonly groups: readonly DeclaredGroup[];
  readonly catalogs: readonly DeclaredCatalog[];
  readonly schemas: readonly DeclaredSchema[];
  readonly grants: readonly DeclaredGrant[];
  readonly tokens: DeclaredTokens | undefined;
  readonly webhooks: readonly DeclaredWebhook[];
}

/** Makes an error of the file's: file, line, field, and what the server said. */
interface Declared {
  complain(what: string): AppError;
}

export interface DeclaredUser extends Declared {
  readonly name: string;
  readonly displayName: string | undefined;
}

/** Known by its display name; its application id is the server's to give. */
export interface DeclaredServicePrincipal extends Declared {
  readonly name: string;
}

export interface DeclaredGroup extends Declared {
  readonly name: string;
  /** Exactly these; undefined where the file says nothing of members. */
  readonly members: readonly DeclaredMember[] | undefined;
}

export interface DeclaredMember extends Declared {
  readonly name: string;
}

export interface DeclaredCatalog extends Declared {
  readonly name: string;
  readonly comment: string | undefined;
  readonly owner: string | undefined;
}

export interface DeclaredSchema extends DeclaredCatalog {
  readonly catalog: string;
}

/** What a principal holds on a securable: exactly these privileges. */
export interface DeclaredGrant extends Declared {
  /** As the grants API has it. */
  readonly type: 'metastore' | 'catalog' | 'schema' | 'function' | 'table' | 'volume';
  readonly securable: string;
  readonly principal: string;
  readonly privileges: readonly Privilege[];
}

export interface DeclaredTokens extends Declared {
  /** 0 for no limit. */
  readonly maxLifetimeDays: number;
}

export interface DeclaredWebhook extends Declared {
  readonly name: string;
  readonly url: string;
  /** `model_version.created` and so on. */
  readonly events: readonly string[];
  readonly description: string | undefined;
  readonly active: boolean;
  /** The environment variable that holds the secret: files that are kept in version control hold none. */
  readonly secretVariable: string | undefined;
}

const TOP = ['version', 'users', 'service_principals', 'groups', 'catalogs', 'grants', 'tokens', 'webhooks'];

/** @throws AppError InvalidArgument naming file, line and field. */
export function readDeclaration(text: string, file: string): Declaration {
  const top = parseYaml(text, file).members(TOP);
  top.optional('version')?.wholeNumber({ min: 1, max: 1 });
  const catalogs: DeclaredCatalog[] = [];
  const schemas: DeclaredSchema[] = [];
  const grants: DeclaredGrant[] = [];
  for (const item of top.list('catalogs')) {
    const fields = item.members(['name', 'comment', 'owner', 'schemas', 'grants']);
    const catalog = readNamed(item, fields);
    catalogs.push(catalog);
    grants.push(
      ...fields.list('grants').map((each) => readGrant(each, { type: 'catalog', name: catalog.name })),
    );
    for (const inner of fields.list('schemas')) {
      const inFields = inner.members(['name', 'comment', 'owner', 'grants']);
      const schema = { ...readNamed(inner, inFields), catalog: catalog.name };
      schemas.push(schema);
      const name = `${catalog.name}.${schema.name}`;
      grants.push(...inFields.list('grants').map((each) => readGrant(each, { type: 'schema', name })));
    }
  }
  for (const item of top.list('grants')) grants.push(...readGrantsOn(item));
  const declaration = {
    users: top.list('users').map(readUser),
    servicePrincipals: top.list('service_principals').map((item) => ({
      name: item.members(['name']).required('name').text(),
      complain: item.complain,
    })),
    groups: top.list('groups').map(readGroup),
    catalogs,
    schemas,
    grants,
    tokens: readTokens(top.optional('tokens')),
    webhooks: top.list('webhooks').map(readWebhook),
  };
  refuseTwice('user', declaration.users, ({ name }) => name);
  refuseTwice('service principal', declaration.servicePrincipals, ({ name }) => name);
  refuseTwice('group', declaration.groups, ({ name }) => name);
  refuseTwice('catalog', catalogs, ({ name }) => name);
  refuseTwice('schema', schemas, ({ catalog, name }) => `${catalog}.${name}`);
  refuseTwice('grant', grants, ({ type, securable, principal }) => `${principal} on ${type} ${securable}`);
  refuseTwice('webhook', declaration.webhooks, ({ name }) => name);
  return declaration;
}

type Fields = ReturnType<Located['members']>;

function readUser(item: Located): DeclaredUser {
  const fields = item.members(['name', 'display_name']);
  return {
    name: fields.required('name').text(),
    displayName: fields.optional('display_name')?.text(),
    complain: item.complain,
  };
}

function readGroup(item: Located): DeclaredGroup {
  const fields = item.members(['name', 'members']);
  return {
    name: fields.required('name').text(),
    members: fields
      .optional('members')
      ?.items()
      .map((member) => ({ name: member.text(), complain: member.complain })),
    complain: item.complain,
  };
}

function readNamed(item: Located, fields: Fields): DeclaredCatalog {
  const name = fields.required('name');
  const text = name.text();
  if (/[./\s]/.test(text)) throw name.complain('a name here holds no dots, slashes or blanks.');
  return {
    name: text,
    comment: fields.optional('comment')?.text(),
    owner: fields.optional('owner')?.text(),
    complain: item.complain,
  };
}

function readGrant(
  item: Located,
  { type, name }: { readonly type: DeclaredGrant['type']; readonly name: string },
): DeclaredGrant {
  const fields = item.members(['principal', 'privileges']);
  return {
    type,
    securable: name,
    principal: fields.required('principal').text(),
    privileges: fields.required('privileges').items().map(readPrivilege),
    complain: item.complain,
  };
}

const TYPES = ['metastore', 'catalog', 'schema', 'model', 'table', 'volume'] as const;

/** `on: model prod.ml.fraud_score`, as GRANT writes it, with the grants on it. */
function readGrantsOn(item: Located): readonly DeclaredGrant[] {
  const fields = item.members(['on', 'principal', 'privileges']);
  const on = fields.required('on');
  const [word = '', name = '', ...rest] = on.text().trim().split(/\s+/);
  const type = TYPES.find((known) => known === word.toLowerCase());
  if (type === undefined || rest.length > 0 || (name === '') !== (type === 'metastore'))
    throw on.complain('expected a type and a name, such as `schema prod.ml` or `model prod.ml.fraud_score`.');
  return [
    {
      type: type === 'model' ? 'function' : type,
      securable: name === '' ? 'metastore' : name,
      principal: fields.required('principal').text(),
      privileges: fields.required('privileges').items().map(readPrivilege),
      complain: item.complain,
    },
  ];
}

function readPrivilege(item: Located): Privilege {
  const word = item
    .text()
    .trim()
    .toUpperCase()
    .replaceAll(/[\s-]+/g, '_');
  const known = PRIVILEGES.find((privilege) => privilege === word);
  if (known === undefined || known === 'OWNER')
    throw item.complain(`'${item.text()}' is no privilege that can be granted.`);
  return known;
}

function readTokens(item: Located | undefined): DeclaredTokens | undefined {
  if (item === undefined) return undefined;
  const days = item.members(['max_lifetime_days']).required('max_lifetime_days');
  return { maxLifetimeDays: days.wholeNumber({ min: 0, max: 36_500 }), complain: days.complain };
}

function readWebhook(item: Located): DeclaredWebhook {
  const fields = item.members(['name', 'url', 'events', 'description', 'status', 'secret_variable']);
  return {
    name: fields.required('name').text(),
    url: fields.required('url').text(),
    events: fields
      .required('events')
      .items()
      .map((event) => {
        const text = event.text().toLowerCase();
        if (!/^[a-z_]+\.[a-z_]+$/.test(text))
          throw event.complain('expected such as `model_version.created`.');
        return text;
      }),
    description: fields.optional('description')?.text(),
    active: (fields.optional('status')?.word(['active', 'disabled']) ?? 'active') === 'active',
    secretVariable: fields.optional('secret_variable')?.text(),
    complain: item.complain,
  };
}

function refuseTwice<Item extends Declared>(
  what: string,
  items: readonly Item[],
  nameOf: (item: Item) => string,
): void {
  const seen = new Set<string>();
  for (const item of items) {
    const name = nameOf(item).toLowerCase();
    if (seen.has(name)) throw item.complain(`the ${what} '${nameOf(item)}' stands twice.`);
    seen.add(name);
  }
}
