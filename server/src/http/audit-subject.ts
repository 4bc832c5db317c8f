import { type CanonicalJson, canonicalJson } from '../governance/audit-canonical.ts';
import { firstWord, withoutComments } from '../statements/lexer.ts';

/** Fields that name things. None of them holds a value that was logged, a secret or a file. */
const NAMES = [
  'run_id',
  'run_uuid',
  'experiment_id',
  'model_id',
  'trace_id',
  'name',
  'full_name',
  'model_name',
  'new_name',
  'version',
  'alias',
  'stage',
  'catalog_name',
  'schema_name',
  'securable_type',
  'scope',
  'key',
  'principal',
  'userName',
  'displayName',
  'user_name',
  'username',
  'application_id',
  'role_id',
  'user_id',
  'token_id',
  'webhook_id',
] as const;
/** Of data only what says where it went: its records stand for many calls. */
const DATA_NAMES: readonly string[] = ['run_id', 'run_uuid', 'model_id', 'trace_id', 'experiment_id'];
/** What a change of rights asks for, besides its names. */
const RIGHTS = ['changes', 'access_control_list', 'privileges', 'permission'] as const;
/** What is read of their entries; other fields do nothing, and would leave no room for these. */
const ENTRY_FIELDS = [
  'principal',
  'user_name',
  'group_name',
  'service_principal_name',
  'permission_level',
  'add',
  'remove',
  'add_tags',
  'key',
] as const;
/** Room for each of the fields; what finds none is counted. */
const MAX_DETAIL_CHARS = 4_000;
const MAX_VALUE_CHARS = 200;
/** The end of a long statement says to whom, as its beginning says what. */
const STATEMENT_ENDS = { first: 1_000, last: 1_000 } as const;

type Fields = Readonly<Record<string, unknown>>;

/** A call of any surface: each has some of these; one that streams has them in its request. */
interface CallParts {
  readonly path?: Fields;
  readonly params?: unknown;
  readonly query?: unknown;
  readonly message?: Fields;
  readonly body?: unknown;
}

const partsOf = (call: object): CallParts =>
  'request' in call && typeof call.request === 'object' && call.request !== null ? call.request : call;

type PartName = 'path' | 'message' | 'body' | 'query';
type Part = readonly [PartName, Fields];

/**
 * Where fields are looked for: first what routes read, last the query, which most of them leave unread beside a body.
 * Nothing is copied: a batch may have a thousand of them.
 */
function listParts(call: object): readonly Part[] {
  const { path, params, query, message, body } = partsOf(call);
  const parts: Part[] = [];
  const given = path ?? params;
  if (isFields(given)) parts.push(['path', given]);
  if (message !== undefined) parts.push(['message', message]);
  if (isFields(body) && !(body instanceof Uint8Array)) parts.push(['body', body]);
  if (isFields(query)) parts.push(['query', query]);
  return parts;
}

/**
 * Every value of a field, each once, under the name that tells it from the others: a caller who says it in two parts of a
 * call does not choose which of them is recorded.
 */
function* valuesOf(parts: readonly Part[], name: string): Generator<readonly [string, unknown]> {
  let told: unknown[] | undefined;
  for (const [part, fields] of parts) {
    if (!Object.hasOwn(fields, name)) continue;
    const value = fields[name];
    if (told?.some((each) => isSame(each, value))) continue;
    yield [told === undefined ? name : `${name}@${part}`, value];
    told = [...(told ?? []), value];
  }
}

/** As texts: a number in a body is a text in a query. What has parts of its own is never the same. */
const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a !== 'object' && typeof b !== 'object' && String(a) === String(b));

const isFields = (part: unknown): part is Fields =>
  typeof part === 'object' && part !== null && !Array.isArray(part);

/** `run_id=1f…, key=…`: the names in a call, in the order of the list, then the parameters of its path. */
export function subjectOf(call: object, kind: 'data' | 'all'): string {
  const parts = listParts(call);
  const texts: string[] = [];
  for (const name of kind === 'data' ? DATA_NAMES : NAMES)
    for (const [label, value] of valuesOf(parts, name)) add(texts, label, value);
  // Files that are named by nothing else.
  if (texts.length === 0) {
    for (const [label, file] of valuesOf(parts, 'path'))
      if (typeof file === 'string') add(texts, label, kind === 'data' ? folderOf(file) : file);
  }
  const [first] = parts;
  const inPath = first?.[0] === 'path' ? first[1] : {};
  for (const name of Object.keys(inPath)) {
    if (name === '*') add(texts, 'path', kind === 'data' ? folderOf(String(inPath[name])) : inPath[name]);
    else if (!(NAMES as readonly string[]).includes(name)) add(texts, name, inPath[name]);
  }
  return texts.join(', ');
}

function add(texts: string[], label: string, value: unknown): void {
  // Said more than once in one query.
  if (Array.isArray(value)) {
    for (const each of value.slice(0, MAX_REPEATED)) if (!Array.isArray(each)) add(texts, label, each);
    return;
  }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return;
  const text = String(value);
  if (text !== '') texts.push(`${label}=${shortened(text)}`);
}

const MAX_REPEATED = 5;

const shortened = (text: string): string =>
  text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;

/** Whose file it is: the path up to the folder of artifacts, else the folder that the file is in. */
function folderOf(path: string): string {
  const artifacts = path.indexOf('/artifacts');
  if (artifacts >= 0) return path.slice(0, artifacts);
  const last = path.lastIndexOf('/');
  return last < 0 ? path : path.slice(0, last);
}

/** What a change of rights asks for; empty for other calls. */
export function detailsOf(call: object): string {
  const parts = listParts(call);
  const details: Record<string, CanonicalJson> = {};
  for (const name of RIGHTS)
    for (const [label, value] of valuesOf(parts, name))
      if (value !== undefined) details[label] = fitted(value, { left: MAX_DETAIL_CHARS });
  const statement = statementOf(call);
  if (statement !== undefined) details.statement = shownStatement(statement);
  const text = canonicalJson(details);
  return text === '{}' ? '' : text;
}

/** The statement that the route that runs them would run, wherever else such a field stands. */
function statementOf(call: object): string | undefined {
  const { body } = partsOf(call);
  const statement = isFields(body) ? body.statement : undefined;
  return typeof statement === 'string' ? statement : undefined;
}

/** Whether a call of the route that runs statements only looks. */
export function isQuery(call: object): boolean {
  const statement = statementOf(call);
  return (
    statement !== undefined &&
    /^(SELECT|WITH|VALUES|FROM|TABLE|PIVOT|SHOW|DESCRIBE|DESC|EXPLAIN)$/i.test(firstWord(statement))
  );
}

/** Statements about rights and names hold no data; of others only the first word is told. */
function shownStatement(statement: string): string {
  const word = firstWord(statement);
  if (!/^(GRANT|REVOKE|CREATE|DROP|ALTER)$/i.test(word)) return word.slice(0, 20);
  const text = withoutComments(statement);
  const { first, last } = STATEMENT_ENDS;
  return text.length <= first + last ? text : `${text.slice(0, first)} … ${text.slice(-last)}`;
}

/** As much of a value as there is room for: known fields of entries, each text once, then how many are left out. */
function fitted(value: unknown, room: { left: number }): CanonicalJson {
  if (Array.isArray(value)) {
    const items = [...new Set(value)];
    const shown: CanonicalJson[] = [];
    for (const item of items) {
      if (room.left <= 0) break;
      shown.push(fitted(item, room));
    }
    return items.length === shown.length ? shown : [...shown, `… ${items.length - shown.length} more`];
  }
  if (typeof value === 'object' && value !== null) {
    const entry: Record<string, CanonicalJson> = {};
    for (const name of ENTRY_FIELDS) {
      if (!Object.hasOwn(value, name)) continue;
      room.left -= name.length;
      entry[name] = fitted((value as Fields)[name], room);
    }
    return entry;
  }
  const text = value === null ? null : shortened(String(value));
  room.left -= text?.length ?? 0;
  return text;
}
