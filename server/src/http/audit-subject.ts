import { type CanonicalJson, canonicalJson } from '../governance/audit-canonical.ts';

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
const MAX_DETAIL_CHARS = 4_000;
const MAX_VALUE_CHARS = 200;

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

/** Where fields are looked for, what wins first. Nothing is copied: a batch may have a thousand of them. */
function fieldsOf(call: object): readonly Fields[] {
  const { path, params, query, message, body } = partsOf(call);
  const parts = [path, params, query, message, body instanceof Uint8Array ? undefined : body];
  return parts.filter(isFields);
}

function fieldIn(parts: readonly Fields[], name: string): unknown {
  for (const part of parts) if (Object.hasOwn(part, name)) return part[name];
  return undefined;
}

const isFields = (part: unknown): part is Fields =>
  typeof part === 'object' && part !== null && !Array.isArray(part);

/** `run_id=1f…, key=…`: the names in a call, in the order of the list, then the parameters of its path. */
export function subjectOf(call: object, kind: 'data' | 'all'): string {
  const fields = fieldsOf(call);
  const parts: string[] = [];
  for (const name of kind === 'data' ? DATA_NAMES : NAMES) add(parts, name, fieldIn(fields, name));
  // Files that are named by nothing else.
  const file = parts.length === 0 ? fieldIn(fields, 'path') : undefined;
  if (typeof file === 'string') add(parts, 'path', kind === 'data' ? folderOf(file) : file);
  const { path, params } = partsOf(call);
  const inPath = path ?? (isFields(params) ? params : {});
  for (const name of Object.keys(inPath)) {
    if (name === '*') add(parts, 'path', kind === 'data' ? folderOf(String(inPath[name])) : inPath[name]);
    else if (!(NAMES as readonly string[]).includes(name)) add(parts, name, inPath[name]);
  }
  return parts.join(', ');
}

function add(parts: string[], name: string, value: unknown): void {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return;
  const text = String(value);
  if (text === '') return;
  parts.push(`${name}=${text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text}`);
}

/** Whose file it is: the path up to the folder of artifacts, else the folder that the file is in. */
function folderOf(path: string): string {
  const artifacts = path.indexOf('/artifacts');
  if (artifacts >= 0) return path.slice(0, artifacts);
  const last = path.lastIndexOf('/');
  return last < 0 ? path : path.slice(0, last);
}

/** What a change of rights asks for; empty for other calls. */
export function detailsOf(call: object): string {
  const fields = fieldsOf(call);
  const details: Record<string, CanonicalJson> = {};
  for (const name of RIGHTS) {
    const value = fieldIn(fields, name);
    if (value !== undefined) details[name] = plain(value);
  }
  const statement = rightsStatement(fieldIn(fields, 'statement'));
  if (statement !== undefined) details.statement = statement;
  const text = canonicalJson(details);
  return text === '{}' || text.length > MAX_DETAIL_CHARS ? '' : text;
}

/** Whether a call of the route that runs statements only looks: by what it runs, wherever else such a field stands. */
export function isQuery(call: object): boolean {
  const { body } = partsOf(call);
  const statement = isFields(body) ? body.statement : undefined;
  return (
    typeof statement === 'string' && /^\s*(SELECT|WITH|SHOW|DESCRIBE|DESC|EXPLAIN|VALUES)\b/i.test(statement)
  );
}

/** Statements about rights and names hold no data; of others only the first word is told. */
function rightsStatement(statement: unknown): string | undefined {
  if (typeof statement !== 'string') return undefined;
  return /^\s*(GRANT|REVOKE|CREATE|DROP|ALTER)\b/i.test(statement)
    ? statement.slice(0, 1000)
    : /^\s*\w{0,20}/.exec(statement)?.[0].trim();
}

function plain(value: unknown): CanonicalJson {
  if (typeof value === 'string' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
  return String(value);
}
