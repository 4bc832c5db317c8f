import type { PrincipalKind } from '../../governance/principals.ts';
import { type AppError, invalidArgument } from '../../kernel/errors.ts';
import { asObject, objectList, optionalString, requiredString } from '../mlflow/fields.ts';
import type { Json, JsonObject } from '../mlflow/json.ts';
import {
  type ComplexValue,
  isListAttribute,
  nameAttribute,
  readComplexValues,
  readText,
  type ScimDocument,
  setAttribute,
} from './scim-resources.ts';

/** What a patch asks of a group's members: exactly those of `set`, or else those of `add` and not those of `remove`. */
export interface MemberChange {
  set: Set<string> | undefined;
  readonly add: Set<string>;
  readonly remove: Set<string>;
}

export interface ScimPatch {
  readonly kind: PrincipalKind;
  /** Changed in place. */
  readonly document: ScimDocument;
  readonly members: MemberChange;
}

export const noMemberChange = (): MemberChange => ({ set: undefined, add: new Set(), remove: new Set() });

interface Operation {
  readonly op: 'add' | 'remove' | 'replace';
  /** In lower case. */
  readonly attribute: string;
  /** Of `emails[type eq "work"]`. */
  readonly filter?: { readonly attribute: string; readonly value: string } | undefined;
  /** In lower case; of `name.familyName`. */
  readonly part?: string | undefined;
  readonly value: Json | undefined;
}

/**
 * Applies the `Operations` of a PATCH (RFC 7644, section 3.5.2), in every form that the official clients send: with a
 * path or with the attributes within the value, with a filter in the path or with the values to remove.
 * @throws AppError InvalidArgument
 */
export function applyScimPatch(patch: ScimPatch, body: JsonObject): void {
  const operations = objectList(body, 'Operations');
  if (operations.length === 0)
    throw invalidArgument("'Operations' must hold at least one operation.", { field: 'Operations' });
  operations.forEach((operation, i) => {
    for (const single of readOperation(operation, `Operations[${i}]`)) apply(patch, single);
  });
}

const CHANGEABLE: ReadonlySet<string> = new Set([
  'username',
  'displayname',
  'applicationid',
  'externalid',
  'active',
  'name',
  'emails',
  'entitlements',
  'roles',
  'members',
  'groups',
]);
const PATH =
  /^(?:urn:[\w:.]+:)?([a-z$]+)(?:\[\s*([a-z$]+)\s+eq\s+(?:"([^"]*)"|'([^']*)')\s*\])?(?:\.([a-z]+))?$/i;

function readOperation(operation: JsonObject, at: string): readonly Operation[] {
  const op = requiredString(operation, 'op', `${at}.op`).toLowerCase();
  if (op !== 'add' && op !== 'remove' && op !== 'replace')
    throw invalidArgument("An operation's 'op' must be add, remove or replace.", { field: `${at}.op` });
  const { value } = operation;
  const path = optionalString(operation, 'path', `${at}.path`);
  if (path === undefined || path === '') {
    const attributes = asObject(value, `${at}.value`);
    return Object.entries(attributes).map(([name, each]) => ({
      op,
      ...readPath(name, at),
      value: each,
    }));
  }
  const single: Operation = { op, ...readPath(path, at), value };
  // Among others an attribute that is not kept does no harm; who names it alone would believe that it was changed.
  if (!CHANGEABLE.has(single.attribute)) throw badPath(path, at);
  return [single];
}

function readPath(path: string, at: string): Pick<Operation, 'attribute' | 'filter' | 'part'> {
  const match = PATH.exec(path);
  if (match === null) throw badPath(path, at);
  const [, attribute = '', within, double, single, part] = match;
  return {
    attribute: attribute.toLowerCase(),
    filter:
      within === undefined ? undefined : { attribute: within.toLowerCase(), value: double ?? single ?? '' },
    part: part?.toLowerCase(),
  };
}

const badPath = (path: string, at: string): AppError =>
  invalidArgument(`The path '${path.slice(0, 200)}' names nothing that can be changed.`, {
    field: `${at}.path`,
  });

function apply(patch: ScimPatch, operation: Operation): void {
  const { kind, document, members } = patch;
  const { op, attribute, part, value } = operation;
  if (attribute === 'members' && kind === 'group') {
    applyToMembers(members, operation);
    return;
  }
  if (attribute === 'groups' || attribute === 'members')
    throw invalidArgument(`'${attribute}' is changed at the group.`, { field: attribute });
  if (isListAttribute(attribute)) {
    document[attribute] = changedList(document[attribute], operation);
    return;
  }
  if (attribute === 'name' && part !== undefined) {
    const word = part === 'givenname' ? 'givenName' : part === 'familyname' ? 'familyName' : undefined;
    if (word === undefined) throw badPath(`name.${part}`, 'Operations');
    const { [word]: _replaced, ...rest } = document.personName ?? {};
    const text = op === 'remove' ? undefined : readText(`name.${word}`, value);
    document.personName = text === undefined ? rest : { ...rest, [word]: text };
    return;
  }
  if (op === 'remove' && attribute === nameAttribute(kind).toLowerCase())
    throw invalidArgument(`'${nameAttribute(kind)}' cannot be taken away.`, { field: nameAttribute(kind) });
  setAttribute(kind, document, { attribute, value: op === 'remove' ? undefined : value });
}

function changedList(list: readonly ComplexValue[], operation: Operation): readonly ComplexValue[] {
  const { op, attribute, filter, part, value } = operation;
  if (filter !== undefined) {
    const isMeant = (item: ComplexValue) =>
      String(item[filter.attribute as keyof ComplexValue] ?? '').toLowerCase() === filter.value.toLowerCase();
    if (op === 'remove') return list.filter((item) => !isMeant(item));
    const given =
      part === undefined || typeof value === 'object'
        ? readComplexValues(attribute, value)
        : readComplexValues(attribute, { [filter.attribute]: filter.value, [part]: value });
    return merged(op === 'replace' ? list.filter((item) => !isMeant(item)) : list, given);
  }
  const given = readComplexValues(attribute, value);
  switch (op) {
    case 'add':
      return merged(list, given);
    case 'replace':
      return given;
    case 'remove': {
      const gone = new Set(given.map((item) => item.value));
      return value === undefined || value === null ? [] : list.filter((item) => !gone.has(item.value));
    }
  }
}

const merged = (list: readonly ComplexValue[], more: readonly ComplexValue[]): readonly ComplexValue[] => [
  ...new Map([...list, ...more].map((item) => [item.value, item])).values(),
];

function applyToMembers(members: MemberChange, { op, filter, value }: Operation): void {
  if (filter !== undefined && filter.attribute !== 'value')
    throw invalidArgument('Members are named by their value.', { field: 'members' });
  const ids =
    filter === undefined ? readComplexValues('members', value).map((item) => item.value) : [filter.value];
  const clears = op === 'remove' && filter === undefined && (value === undefined || value === null);
  if (op === 'replace' || clears) {
    members.set = new Set(ids);
    members.add.clear();
    members.remove.clear();
    return;
  }
  for (const id of ids) {
    if (members.set !== undefined) {
      if (op === 'add') members.set.add(id);
      else members.set.delete(id);
      continue;
    }
    members[op].add(id);
    members[op === 'add' ? 'remove' : 'add'].delete(id);
  }
}
