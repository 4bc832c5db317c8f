import type { NewPrincipal, PrincipalKind, PrincipalRecord } from '../../governance/principals.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import type { Json, JsonObject } from '../mlflow/json.ts';

/** What a kind is called: in paths, in schemas, and in sentences. */
export const SCIM_KINDS = {
  user: { path: 'Users', schema: 'User', word: 'User' },
  group: { path: 'Groups', schema: 'Group', word: 'Group' },
  'service-principal': { path: 'ServicePrincipals', schema: 'ServicePrincipal', word: 'Service principal' },
} as const satisfies Readonly<Record<PrincipalKind, object>>;

export interface ComplexValue {
  readonly value: string;
  readonly display?: string;
  readonly type?: string;
  readonly primary?: boolean;
}

/** A principal's attributes as SCIM has them, apart from who is in which group. */
export interface ScimDocument {
  /** `userName`, a group's `displayName`, `applicationId`. */
  name?: string | undefined;
  displayName?: string | undefined;
  externalId?: string | undefined;
  active?: boolean | undefined;
  personName?: { givenName?: string; familyName?: string } | undefined;
  emails: readonly ComplexValue[];
  entitlements: readonly ComplexValue[];
  roles: readonly ComplexValue[];
}

/** Under which attribute the name of a kind stands. */
export const nameAttribute = (kind: PrincipalKind): 'userName' | 'displayName' | 'applicationId' =>
  kind === 'user' ? 'userName' : kind === 'group' ? 'displayName' : 'applicationId';

interface Extras {
  readonly name?: ScimDocument['personName'];
  readonly emails?: readonly ComplexValue[];
  readonly entitlements?: readonly ComplexValue[];
  readonly roles?: readonly ComplexValue[];
}

export function documentOf(record: PrincipalRecord): ScimDocument {
  const extras: Extras = record.extras === undefined ? {} : (JSON.parse(record.extras) as Extras);
  return {
    name: record.name,
    displayName: record.displayName,
    externalId: record.externalId,
    active: record.active,
    personName: extras.name,
    emails: extras.emails ?? [],
    entitlements: extras.entitlements ?? [],
    roles: extras.roles ?? [],
  };
}

/** As it is kept. An attribute that is not there is kept as an empty text, which is how it is taken away. */
export function principalOf(kind: PrincipalKind, document: ScimDocument): NewPrincipal {
  const { personName, emails, entitlements, roles } = document;
  const extras: Extras = {
    ...(personName !== undefined && { name: personName }),
    ...(emails.length > 0 && { emails }),
    ...(entitlements.length > 0 && { entitlements }),
    ...(roles.length > 0 && { roles }),
  };
  const fullName = [personName?.givenName, personName?.familyName].filter(Boolean).join(' ');
  return {
    kind,
    name: document.name,
    displayName: kind === 'group' ? undefined : (document.displayName ?? fullName),
    externalId: document.externalId ?? '',
    active: document.active ?? true,
    extras: JSON.stringify(extras),
  };
}

/** @throws AppError InvalidArgument naming the attribute. */
export function parseDocument(kind: PrincipalKind, body: JsonObject): ScimDocument {
  const document: ScimDocument = { emails: [], entitlements: [], roles: [] };
  for (const [attribute, value] of Object.entries(body)) setAttribute(kind, document, { attribute, value });
  if (kind !== 'service-principal' && (document.name === undefined || document.name === ''))
    throw invalidArgument(`'${nameAttribute(kind)}' is required.`, { field: nameAttribute(kind) });
  return document;
}

/** Sets one attribute, whose name counts in any case; unknown ones and those that only the server sets are let pass. */
export function setAttribute(
  kind: PrincipalKind,
  document: ScimDocument,
  { attribute, value }: { readonly attribute: string; readonly value: Json | undefined },
): void {
  const word = attribute.toLowerCase();
  if (word === nameAttribute(kind).toLowerCase()) document.name = readText(attribute, value);
  else if (word === 'displayname') document.displayName = readText(attribute, value);
  else if (word === 'externalid') document.externalId = readText(attribute, value);
  else if (word === 'active') document.active = readFlag(attribute, value);
  else if (word === 'name') document.personName = readPersonName(value);
  else if (isListAttribute(word)) document[word] = readComplexValues(attribute, value);
}

export const isListAttribute = (word: string): word is 'emails' | 'entitlements' | 'roles' =>
  word === 'emails' || word === 'entitlements' || word === 'roles';

export function readText(attribute: string, value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw invalidArgument(`'${attribute}' must be a text.`, { field: attribute });
}

function readFlag(attribute: string, value: Json | undefined): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  // One identity provider writes booleans as the texts "True" and "False".
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 'true') return true;
  if (word === false || word === 'false') return false;
  throw invalidArgument(`'${attribute}' must be true or false.`, { field: attribute });
}

function readPersonName(value: Json | undefined): ScimDocument['personName'] {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalidArgument("'name' must be an object.", { field: 'name' });
  const givenName = readText('name.givenName', value.givenName);
  const familyName = readText('name.familyName', value.familyName);
  return { ...(givenName !== undefined && { givenName }), ...(familyName !== undefined && { familyName }) };
}

/**
 * A list of objects with a `value`, one such object, or a bare text. Terraform's provider sends an empty object among
 * the entitlements of a group and breaks when it comes back: whatever has no value is dropped.
 */
export function readComplexValues(attribute: string, value: Json | undefined): readonly ComplexValue[] {
  if (value === undefined || value === null) return [];
  const found = new Map<string, ComplexValue>();
  for (const item of Array.isArray(value) ? value : [value]) {
    if (typeof item === 'string') found.set(item, { value: item });
    else if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      const text = readText(`${attribute}.value`, item.value);
      if (text === undefined || text === '') continue;
      const display = readText(`${attribute}.display`, item.display);
      const type = readText(`${attribute}.type`, item.type);
      found.set(text, {
        value: text,
        ...(display !== undefined && { display }),
        ...(type !== undefined && { type }),
        ...(item.primary === true && { primary: true }),
      });
    } else throw invalidArgument(`'${attribute}' must hold objects with a value.`, { field: attribute });
  }
  return [...found.values()];
}

/** What stands in a list of `groups` or `members`. */
export const renderReference = ({ id, kind, name, displayName }: PrincipalRecord): object => ({
  display: (kind === 'group' ? undefined : displayName) || name,
  value: id,
  $ref: `${SCIM_KINDS[kind].path}/${id}`,
});

/**
 * All attributes; the caller of the call may be shown fewer. A user's address is that of the name where there is no
 * other.
 */
export function renderPrincipal(record: PrincipalRecord): Record<string, unknown> {
  const { kind } = record;
  const document = documentOf(record);
  const own =
    document.emails.length > 0
      ? document.emails
      : kind === 'user' && record.name.includes('@')
        ? [{ type: 'work', value: record.name, primary: true }]
        : [];
  return {
    schemas: [`urn:ietf:params:scim:schemas:core:2.0:${SCIM_KINDS[kind].schema}`],
    id: record.id,
    [nameAttribute(kind)]: record.name,
    ...(kind !== 'group' && { displayName: record.displayName || record.name, active: record.active }),
    ...(record.externalId && { externalId: record.externalId }),
    ...(document.personName !== undefined && { name: document.personName }),
    ...(own.length > 0 && { emails: own }),
    ...(document.entitlements.length > 0 && { entitlements: document.entitlements }),
    ...(document.roles.length > 0 && { roles: document.roles }),
    ...(kind === 'group' && { meta: { resourceType: 'WorkspaceGroup' } }),
  };
}
