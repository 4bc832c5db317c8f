import { AppError, invalidArgument, invalidState } from '../kernel/errors.ts';

/** The catalog of models of plain names, and the schema that every catalog begins with. */
export const WORKSPACE = 'workspace';
export const DEFAULT_SCHEMA = 'default';
/** Where SQL engines describe a catalog: no schema of ours. */
const INFORMATION_SCHEMA = 'information_schema';
/** Where queries find the tables of what is tracked: no catalog of ours. */
const SYSTEM = 'system';

const MAX_NAME_LENGTH = 255;
const MAX_COMMENT_LENGTH = 64 * 1024;
const MAX_PROPERTIES = 50;
const MAX_PROPERTY_LENGTH = 4096;

/** How names of catalogs and schemas compare. */
export const containerKey = (name: string): string => name.toLowerCase();

/** As Unity Catalog has it: no dots, slashes, blanks nor control characters. @throws AppError InvalidArgument */
export function checkContainerName(kind: 'catalog' | 'schema', name: string): void {
  if (name === '' || name.length > MAX_NAME_LENGTH || /[./\\\s\p{Cc}\p{Cf}`]/u.test(name)) {
    throw invalidArgument(
      `'${name.slice(0, 300)}' is no name of a ${kind}: it has 1 to ${MAX_NAME_LENGTH} characters, and no dots, slashes or blanks.`,
      { field: 'name' },
    );
  }
  if (kind === 'schema' && containerKey(name) === INFORMATION_SCHEMA)
    throw invalidArgument(`'${INFORMATION_SCHEMA}' is reserved.`, { field: 'name' });
  if (kind === 'catalog' && containerKey(name) === SYSTEM)
    throw invalidArgument(`'${SYSTEM}' is reserved.`, { field: 'name' });
}

/** @throws AppError InvalidArgument */
export function checkDetails({
  comment,
  properties,
}: {
  readonly comment?: string | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
}): void {
  if (comment !== undefined && comment.length > MAX_COMMENT_LENGTH)
    throw invalidArgument('A comment has at most 64 KiB.', { field: 'comment' });
  const entries = Object.entries(properties ?? {});
  if (
    entries.length > MAX_PROPERTIES ||
    entries.some(([key, value]) => key.length > 255 || value.length > MAX_PROPERTY_LENGTH)
  ) {
    throw invalidArgument(
      `There are at most ${MAX_PROPERTIES} properties, of at most ${MAX_PROPERTY_LENGTH} characters each.`,
      { field: 'properties' },
    );
  }
}

/** Whether an error tells that a name is not free: something has it, or plain names of models would lead below it. */
export const isNameClash = (error: unknown): error is AppError =>
  error instanceof AppError &&
  (error.code === 'AlreadyExists' || (error.code === 'InvalidState' && error.field === 'name'));

/** @throws AppError InvalidState for the places that plain names lead to. */
export function refuseBuiltIn(what: { readonly catalog: string; readonly schema?: string }): void {
  if (containerKey(what.catalog) !== WORKSPACE) return;
  if (what.schema === undefined || containerKey(what.schema) === DEFAULT_SCHEMA) {
    const name = what.schema === undefined ? what.catalog : `${what.catalog}.${what.schema}`;
    throw invalidState(
      `'${name}' is where models of plain names are kept: it can be neither deleted nor renamed.`,
    );
  }
}

/** Of names in order, those of one page. A token is the last name of the page before. */
export function pageOf(
  nameKeys: readonly string[],
  { maxResults, pageToken }: { readonly maxResults: number; readonly pageToken?: string | undefined },
): { readonly shown: readonly string[]; readonly nextPageToken: string | undefined } {
  const after = pageToken === undefined ? '' : Buffer.from(pageToken, 'base64url').toString();
  const rest = [...nameKeys].filter((key) => key > after).sort((a, b) => (a < b ? -1 : 1));
  const shown = rest.slice(0, maxResults);
  const last = shown.at(-1);
  return {
    shown,
    nextPageToken:
      last === undefined || shown.length === rest.length
        ? undefined
        : Buffer.from(last).toString('base64url'),
  };
}
