import { type Access, LOCAL_USER } from '../../governance/access.ts';
import {
  ADMINS,
  type PrincipalKind,
  type PrincipalRecord,
  type Principals,
} from '../../governance/principals.ts';
import { AppError, alreadyExists, invalidArgument, notFound } from '../../kernel/errors.ts';
import { optionalInt32 } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import { asAbsent } from './absent.ts';
import { Answer, type DatabricksCall, type DatabricksRoute } from './routes.ts';
import { parseScimFilter } from './scim-filter.ts';
import { applyScimPatch, type MemberChange, noMemberChange } from './scim-patch.ts';
import {
  documentOf,
  nameAttribute,
  parseDocument,
  principalOf,
  readComplexValues,
  renderPrincipal,
  renderReference,
  SCIM_KINDS,
} from './scim-resources.ts';

const SCIM = '/api/2.0/preview/scim/v2';
const MAX_PAGE = 10_000;
/** Where each item takes a query for its groups or members. */
const MAX_PAGE_WITH_RELATIONS = 1000;

/** What those who are no administrators are shown of others: who there is, to name them in grants. */
const PUBLIC = new Set(['schemas', 'id', 'username', 'displayname', 'applicationid', 'active', 'meta']);

/**
 * Users, groups and service principals by SCIM 2.0 (RFC 7643, 7644). Changes are the administrators'. Everybody who is
 * signed in sees the names of all principals, and everything about themselves; not the e-mail addresses, outside ids,
 * entitlements, groups and members of others.
 */
export function scimRoutes(principals: Principals): readonly DatabricksRoute[] {
  const kinds = Object.keys(SCIM_KINDS) as PrincipalKind[];
  return [meRoute(principals), capabilitiesRoute, ...kinds.flatMap((kind) => routesOf(kind, principals))];
}

/** What programs that provision identities ask first (RFC 7643, section 5). */
const capabilitiesRoute: DatabricksRoute = {
  method: 'GET',
  path: `${SCIM}/ServiceProviderConfig`,
  summary: 'Tells what of SCIM this server does',
  access: 'filtered',
  handle: async () => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: MAX_PAGE },
    changePassword: { supported: false },
    sort: { supported: false },
    etag: { supported: false },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Personal access token',
        description: 'A token of an administrator as `Authorization: Bearer …`',
        primary: true,
      },
    ],
  }),
};

function meRoute(principals: Principals): DatabricksRoute {
  return {
    method: 'GET',
    path: `${SCIM}/Me`,
    summary: 'Tells who calls',
    access: 'filtered',
    async handle(call) {
      const { principal } = call.caller.access;
      if (principal.kind === 'local') return chosen(call, LOCAL_ME);
      const me = await shown(call, { record: await principals.get(principal.id), principals });
      // Clients make paths of the caller's `userName`, also where a service principal calls.
      return principal.kind === 'user' ? me : { ...me, ...chosen(call, { userName: principal.name }) };
    },
  };
}

/** Where the server runs without identities everybody is this one. */
const LOCAL_ME: Readonly<Record<string, unknown>> = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  id: LOCAL_USER.id,
  userName: LOCAL_USER.name,
  displayName: LOCAL_USER.name,
  active: true,
  groups: [{ display: ADMINS, value: ADMINS, type: 'direct' }],
};

function routesOf(kind: PrincipalKind, principals: Principals): readonly DatabricksRoute[] {
  const { path, word } = SCIM_KINDS[kind];
  const words = `${word.toLowerCase()}s`;

  async function getRecord(call: DatabricksCall): Promise<PrincipalRecord> {
    const id = call.path.id!;
    const record = /^\d{1,15}$/.test(id) ? await principals.get(id).catch(asAbsent) : undefined;
    if (record?.kind !== kind) throw notFound(`${word} with id ${id.slice(0, 100)} does not exist.`);
    return record;
  }

  return [
    {
      method: 'GET',
      path: `${SCIM}/${path}`,
      summary: `Lists ${words}`,
      access: 'filtered',
      async handle(call) {
        const { query } = call;
        const where = parseScimFilter(query.filter ?? '', kind);
        const hidden = where.find(({ field }) => field === 'externalId');
        if (hidden !== undefined && !call.caller.access.principal.isAdmin)
          throw new AppError('PermissionDenied', 'Permission denied: outside ids are for administrators.');
        const startIndex = Math.max(optionalInt32(query, 'startIndex') ?? 1, 1);
        const mostRelated = RELATIONS.some((each) => wants(call, each)) ? MAX_PAGE_WITH_RELATIONS : MAX_PAGE;
        const limit = Math.min(Math.max(optionalInt32(query, 'count') ?? MAX_PAGE, 0), mostRelated);
        const { items, total } = await principals.list({ kind, where, offset: startIndex - 1, limit });
        const Resources: object[] = [];
        for (const record of items) Resources.push(await shown(call, { record, principals }));
        return {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
          totalResults: total,
          startIndex,
          itemsPerPage: Resources.length,
          Resources,
        };
      },
    },
    {
      method: 'POST',
      path: `${SCIM}/${path}`,
      summary: `Creates a ${word.toLowerCase()}`,
      access: 'admin',
      async handle(call) {
        const { body } = call;
        const document = parseDocument(kind, body);
        refuseReserved(kind, document.name);
        const members = kind === 'group' ? readComplexValues('members', body.members) : [];
        const { externalId, ...principal } = principalOf(kind, document);
        const record = await principals.create({ ...principal, externalId: externalId || undefined });
        if (members.length > 0)
          await addFirstMembers(
            principals,
            record,
            members.map(({ value }) => value),
          );
        return new Answer(201, await shown(call, { record, principals }));
      },
    },
    {
      method: 'GET',
      path: `${SCIM}/${path}/:id`,
      summary: `Describes a ${word.toLowerCase()}`,
      access: 'filtered',
      handle: async (call) => shown(call, { record: await getRecord(call), principals }),
    },
    {
      method: 'PUT',
      path: `${SCIM}/${path}/:id`,
      summary: `Replaces a ${word.toLowerCase()}`,
      access: 'admin',
      async handle(call) {
        const { body } = call;
        const before = await getRecord(call);
        const document = parseDocument(kind, body);
        if (document.name !== before.name) refuseReserved(kind, document.name);
        const record = await principals.update(before.id, principalOf(kind, document));
        // A body that says nothing of members leaves them: clients rename groups with such ones.
        if (kind === 'group' && body.members !== undefined)
          await changeMembers(principals, record.id, { ...noMemberChange(), set: membersIn(body) });
        return shown(call, { record, principals });
      },
    },
    {
      method: 'PATCH',
      path: `${SCIM}/${path}/:id`,
      summary: `Changes a ${word.toLowerCase()}`,
      access: 'admin',
      async handle(call) {
        const before = await getRecord(call);
        let members = noMemberChange();
        // Of what is there when it is changed: one who is made inactive meanwhile stays so.
        await principals.update(before.id, (current) => {
          const document = documentOf(current);
          members = noMemberChange();
          applyScimPatch({ kind, document, members }, call.body);
          if (document.name !== current.name) refuseReserved(kind, document.name);
          return principalOf(kind, document);
        });
        if (kind === 'group') await changeMembers(principals, before.id, members);
        return new Answer(204);
      },
    },
    {
      method: 'DELETE',
      path: `${SCIM}/${path}/:id`,
      summary: `Deletes a ${word.toLowerCase()}`,
      access: 'admin',
      async handle(call) {
        await principals.delete((await getRecord(call)).id);
        return new Answer(204);
      },
    },
  ];
}

/** Unity Catalog's name of the group of all users cannot be that of another. */
function refuseReserved(kind: PrincipalKind, name: string | undefined): void {
  if (name?.toLowerCase() === 'account users')
    throw alreadyExists("The group 'account users' is built in: it is the group 'users'.", {
      field: nameAttribute(kind),
    });
}

const membersIn = (body: JsonObject): Set<string> =>
  new Set(readComplexValues('members', body.members).map(({ value }) => value));

/** A group whose members cannot be is not made. */
async function addFirstMembers(
  principals: Principals,
  group: PrincipalRecord,
  memberIds: readonly string[],
): Promise<void> {
  try {
    await principals.addMembers(group.id, memberIds);
  } catch (error) {
    await principals.delete(group.id);
    throw asBadMember(error);
  }
}

async function changeMembers(principals: Principals, groupId: string, change: MemberChange): Promise<void> {
  try {
    if (change.set !== undefined) await principals.setMembers(groupId, [...change.set]);
    if (change.add.size > 0) await principals.addMembers(groupId, [...change.add]);
    if (change.remove.size > 0) await principals.removeMembers(groupId, [...change.remove]);
  } catch (error) {
    throw asBadMember(error);
  }
}

/** That a member is not there is no reason to say that the group is not. */
const asBadMember = (error: unknown): unknown =>
  error instanceof AppError && error.code === 'NotFound'
    ? invalidArgument(error.message, { field: 'members', cause: error })
    : error;

interface Shown {
  readonly record: PrincipalRecord;
  readonly principals: Principals;
}

const RELATIONS = ['groups', 'members'] as const;

/** What of a principal the caller may see, and asked for. */
async function shown(call: DatabricksCall, { record, principals }: Shown): Promise<object> {
  const resource = renderPrincipal(record);
  if (!seesAll(call.caller.access, record)) {
    const visible = Object.entries(resource).filter(([name]) => PUBLIC.has(name.toLowerCase()));
    return chosen(call, Object.fromEntries(visible));
  }
  if (wants(call, 'groups')) {
    const groups = await principals.groupsOf(record.id);
    if (groups.length > 0)
      resource.groups = groups.map((group) => ({ ...renderReference(group), type: 'direct' }));
  }
  if (record.kind === 'group' && wants(call, 'members')) {
    const members = await principals.membersOf(record.id);
    if (members.length > 0) resource.members = members.map(renderReference);
  }
  return chosen(call, resource);
}

const seesAll = ({ principal }: Access, record: PrincipalRecord): boolean =>
  principal.isAdmin || principal.id === record.id;

/** Of `emails.value` the attribute; in lower case. */
const namesIn = (lists: readonly string[] | undefined): readonly string[] =>
  (lists ?? [])
    .flatMap((text) => text.split(','))
    .map((name) => name.trim().split('.', 1)[0]!.toLowerCase())
    .filter((name) => name !== '');

function wants({ queryLists }: DatabricksCall, attribute: string): boolean {
  const word = attribute.toLowerCase();
  if (word === 'id' || word === 'schemas') return true;
  const asked = namesIn(queryLists.attributes);
  if (asked.length > 0) return asked.includes(word);
  return !namesIn(queryLists.excludedAttributes).includes(word);
}

const chosen = (call: DatabricksCall, resource: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(Object.entries(resource).filter(([name]) => wants(call, name)));
