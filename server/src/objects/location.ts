import { resolve } from 'node:path';
import { invalidArgument } from '../kernel/errors.ts';
import { decodedForms, hasControlCharacter, pathParts, percentDecoded } from './decoded-forms.ts';

/**
 * Where artifacts lie, read once from its URI and never again. Paths of `managed` and of `file:` URIs are decoded;
 * object-store prefixes are kept letter for letter, because there `%20` is three characters of a key.
 */
export type Location =
  /** `mlflow-artifacts:/path`: bytes that this server keeps; `host` only when the URI names one. */
  | { readonly kind: 'managed'; readonly host?: string; readonly path: string }
  | { readonly kind: 's3' | 'gs'; readonly bucket: string; readonly prefix: string; readonly query?: string }
  | {
      readonly kind: 'wasbs' | 'abfss';
      readonly container: string;
      readonly account: string;
      /** Such as `blob.core.windows.net`. */
      readonly domain: string;
      readonly path: string;
      readonly query?: string;
    }
  /** An absolute path, `/a/b` or `C:/a/b`; `uri` tells whether it came as `file:///a/b`. */
  | { readonly kind: 'file'; readonly path: string; readonly uri: boolean }
  | { readonly kind: 'dbfs'; readonly authority: string; readonly path: string; readonly query?: string }
  | { readonly kind: 'runs'; readonly runId: string; readonly path: string }
  | { readonly kind: 'models'; readonly model: ModelReference }
  /** http, https, ftp, hdfs and all other schemes with a host or an absolute path. */
  | {
      readonly kind: 'other';
      readonly scheme: string;
      readonly authority: string;
      readonly path: string;
      readonly query?: string;
    };

/** `latest` is a stage here, as the caller spells it. */
export type ModelReference =
  | { readonly by: 'id'; readonly modelId: string }
  | { readonly by: 'version'; readonly name: string; readonly version: string }
  | { readonly by: 'stage'; readonly name: string; readonly stage: string }
  | { readonly by: 'alias'; readonly name: string; readonly alias: string };

export interface LocationOptions {
  /** The request field, for the error. */
  readonly field?: string;
  /** The folder against which a relative path counts; without it a relative path is refused. */
  readonly relativeTo?: string;
}

const MAX_CHARACTERS = 2048;
/** Keys of object stores may hold `;`, and no reader splits these URIs there. */
const SEMICOLON_ALLOWED: ReadonlySet<string> = new Set(['s3', 'gs', 'wasbs', 'abfss', 'dbfs']);
const QUERY_REFUSED: ReadonlySet<string> = new Set(['mlflow-artifacts', 'file', 'runs', 'models']);

/**
 * Reads an artifact URI or a local path.
 *
 * @throws AppError InvalidArgument for texts that are no location, and for all that may leave the named place: `.` and
 * `..` parts in any decoded form, backslashes, control characters, fragments, parameters (`;`), a query with `..`,
 * hosts in `file:`, and anything over 2048 characters.
 */
export function parseLocation(text: string, options: LocationOptions = {}): Location {
  const refuse = refusal(text, options.field ?? 'artifact_location');
  if (text === '') throw refuse('it is empty');
  if (text.length > MAX_CHARACTERS) throw refuse(`it is longer than ${MAX_CHARACTERS} characters`);
  if (!text.isWellFormed()) throw refuse('it is not Unicode text');
  if (/^[a-z]:[/\\]/i.test(text)) return parseLocalPath(text.replaceAll('\\', '/'), refuse);

  const [, scheme = '', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):)?(.*)$/is.exec(text) ?? [];
  if (scheme === '') {
    if (!text.startsWith('/') && options.relativeTo !== undefined) {
      refuseUnsafe(text.replace(/^(?:\.\/+)+|^\.$/, ''), '', refuse);
      return parseLocalPath(resolve(options.relativeTo, text).replaceAll('\\', '/'), refuse);
    }
    return parseLocalPath(text, refuse);
  }
  const [, authority = '', pathAndQuery = ''] = /^(?:\/\/([^/?#]*))?(.*)$/s.exec(rest) ?? [];
  const mark = pathAndQuery.indexOf('?');
  const path = mark < 0 ? pathAndQuery : pathAndQuery.slice(0, mark);
  const query = mark < 0 ? undefined : pathAndQuery.slice(mark + 1);
  return parseUri({ scheme: scheme.toLowerCase(), authority, path, query }, refuse);
}

type Refuse = (why: string) => Error;
interface Uri {
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly query: string | undefined;
}

function refusal(text: string, field: string): Refuse {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return (why) => invalidArgument(`Invalid location '${shown}': ${why}.`, { field });
}

function parseLocalPath(path: string, refuse: Refuse): Location {
  refuseUnsafe(path, '', refuse);
  if (path.includes('?')) throw refuse('it holds `?`');
  return { kind: 'file', path: absolutePath(path, refuse), uri: false };
}

function parseUri(uri: Uri, refuse: Refuse): Location {
  const { scheme, authority, path, query } = uri;
  refuseUnsafe(path, scheme, refuse);
  refuseUnsafe(authority, scheme, refuse);
  if (query !== undefined) refuseUnsafeQuery(query, scheme, refuse);
  if (path !== '' && !path.startsWith('/'))
    throw refuse(`\`${scheme}:\` wants a path that starts with \`/\``);
  // Without an authority, `//x` would be read as one the next time.
  if (authority === '' && path.startsWith('//')) throw refuse('it has an empty part (`//`)');
  const rest = path.slice(1);
  const withQuery = query === undefined ? {} : { query };
  switch (scheme) {
    case 'mlflow-artifacts': {
      const decoded = percentDecoded(path).replace(/^\//, '').replace(/\/$/, '');
      refuseEmptyParts(decoded, refuse);
      return { kind: 'managed', ...(authority === '' ? {} : { host: authority }), path: decoded };
    }
    case 's3':
    case 'gs':
      if (authority === '') throw refuse(`\`${scheme}://\` wants the name of a bucket`);
      return { kind: scheme, bucket: authority, prefix: rest, ...withQuery };
    case 'wasbs':
    case 'abfss': {
      const [, container, account, domain] = /^([^@]+)@([^@.]+)\.([^@]+)$/.exec(authority) ?? [];
      if (container === undefined || account === undefined || domain === undefined) {
        throw refuse(`\`${scheme}:\` wants \`${scheme}://container@account.domain/path\``);
      }
      return { kind: scheme, container, account, domain, path: rest, ...withQuery };
    }
    case 'file':
      if (!/^(?:|localhost|127\.0\.0\.1)$/i.test(authority)) throw refuse('a file on another host');
      return { kind: 'file', path: absolutePath(percentDecoded(path), refuse), uri: true };
    case 'dbfs':
      if (path === '') throw refuse('`dbfs:` wants a path');
      return { kind: 'dbfs', authority, path, ...withQuery };
    case 'runs':
      return parseRunsPath(authority, rest, refuse);
    case 'models':
      return { kind: 'models', model: parseModelReference(authority, rest, refuse) };
    default:
      if (authority === '' && path === '') throw refuse('it has neither a host nor a path');
      return { kind: 'other', scheme, authority, path, ...withQuery };
  }
}

function parseRunsPath(authority: string, rest: string, refuse: Refuse): Location {
  const slash = rest.indexOf('/');
  const runId = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash + 1).replace(/\/$/, '');
  if (authority !== '' || runId === '') throw refuse('it is not of the form `runs:/<run_id>/path`');
  refuseEmptyParts(path, refuse);
  return { kind: 'runs', runId, path };
}

function parseModelReference(authority: string, rest: string, refuse: Refuse): ModelReference {
  const malformed = () =>
    refuse('it is not of the form `models:/name/version`, `models:/name@alias` or `models:/m-…`');
  const [first = '', suffix, ...more] = rest.split('/');
  if (authority !== '' || more.length > 0 || first.trim() === '') throw malformed();
  if (suffix !== undefined) {
    if (suffix.trim() === '') throw malformed();
    return /^\d+$/.test(suffix)
      ? { by: 'version', name: first, version: suffix }
      : { by: 'stage', name: first, stage: suffix };
  }
  const at = first.lastIndexOf('@');
  if (at < 0) return { by: 'id', modelId: first };
  const name = first.slice(0, at);
  const alias = first.slice(at + 1);
  if (name.trim() === '' || alias.trim() === '') throw malformed();
  return { by: 'alias', name, alias };
}

/** `/a/b`, or with a drive `C:/a/b`; a trailing slash says nothing and goes. */
function absolutePath(path: string, refuse: Refuse): string {
  const withoutSlash = /^\/[a-z]:\//i.test(path) ? path.slice(1) : path;
  const drive = /^[a-z]:/i.exec(withoutSlash)?.[0] ?? '';
  const inner = withoutSlash.slice(drive.length);
  if (!inner.startsWith('/')) throw refuse('a local path must be absolute');
  const trimmed = inner.length > 1 ? inner.replace(/\/$/, '') : inner;
  refuseEmptyParts(trimmed.slice(1), refuse);
  return drive + trimmed;
}

function refuseEmptyParts(path: string, refuse: Refuse): void {
  if (path !== '' && path.split('/').includes('')) throw refuse('it has an empty part (`//`)');
}

function everyForm(text: string, refuse: Refuse): string[] {
  const forms = decodedForms(text);
  if (forms === undefined) throw refuse('it is percent-encoded more than ten times');
  return forms;
}

function refuseUnsafe(path: string, scheme: string, refuse: Refuse): void {
  for (const form of everyForm(path, refuse)) {
    if (hasControlCharacter(form)) throw refuse('it holds a control character');
    if (form.includes('#')) throw refuse('it holds a fragment (`#`)');
    if (form.includes('\\')) throw refuse('it holds a backslash; separate folders by `/`');
    if (form.includes(';') && !SEMICOLON_ALLOWED.has(scheme)) throw refuse('it holds parameters (`;`)');
    const dots = pathParts(form).find((part) => part === '.' || part === '..');
    if (dots !== undefined) throw refuse(`it has the part \`${dots}\``);
  }
}

function refuseUnsafeQuery(query: string, scheme: string, refuse: Refuse): void {
  if (QUERY_REFUSED.has(scheme)) throw refuse(`\`${scheme}:\` has no query (\`?\`)`);
  for (const form of everyForm(query, refuse)) {
    if (form.includes('..')) throw refuse('its query holds `..`');
    if (form.includes('#')) throw refuse('it holds a fragment (`#`)');
    if (hasControlCharacter(form)) throw refuse('it holds a control character');
  }
}

/** The URI of a location: `parseLocation` of it gives an equal location, and a canonical URI comes back unchanged. */
export function renderLocation(location: Location): string {
  switch (location.kind) {
    case 'managed':
      return location.host === undefined
        ? `mlflow-artifacts:/${percentEncoded(location.path)}`
        : `mlflow-artifacts://${location.host}/${percentEncoded(location.path)}`;
    case 's3':
    case 'gs':
      return `${location.kind}://${location.bucket}${rooted(location.prefix)}${queryText(location.query)}`;
    case 'wasbs':
    case 'abfss': {
      const { kind, container, account, domain, path, query } = location;
      return `${kind}://${container}@${account}.${domain}${rooted(path)}${queryText(query)}`;
    }
    case 'file':
      if (!location.uri) return location.path;
      return `file://${location.path.startsWith('/') ? '' : '/'}${percentEncoded(location.path)}`;
    case 'dbfs':
      return `dbfs:${authorityText(location.authority)}${location.path}${queryText(location.query)}`;
    case 'runs':
      return `runs:/${location.runId}${rooted(location.path)}`;
    case 'models':
      return `models:/${renderModelReference(location.model)}`;
    case 'other': {
      const { scheme, authority, path, query } = location;
      return `${scheme}:${authorityText(authority)}${path}${queryText(query)}`;
    }
  }
}

function renderModelReference(model: ModelReference): string {
  switch (model.by) {
    case 'id':
      return model.modelId;
    case 'version':
      return `${model.name}/${model.version}`;
    case 'stage':
      return `${model.name}/${model.stage}`;
    case 'alias':
      return `${model.name}@${model.alias}`;
  }
}

const rooted = (path: string): string => (path === '' ? '' : `/${path}`);
const queryText = (query: string | undefined): string => (query === undefined ? '' : `?${query}`);
const authorityText = (authority: string): string => (authority === '' ? '' : `//${authority}`);
/** Only what would be read as something else in a URI; other letters stay readable. */
const percentEncoded = (path: string): string =>
  path.replace(/[%?]/g, (character) => (character === '%' ? '%25' : '%3F'));
