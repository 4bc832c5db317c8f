import type { Principal } from '../governance/access.ts';
import { invalidArgument } from '../kernel/errors.ts';
import type { Branded } from '../kernel/ids.ts';
import { parseArtifactPath } from '../objects/artifact-path.ts';

/** `Users/jane@acme.com/train.py`, without a slash at either end; empty for the root. */
export type WorkspacePath = Branded<'WorkspacePath'>;

export const ROOT = '' as WorkspacePath;
const MAX_DEPTH = 50;

/**
 * Reads a path as clients write it; `/Workspace/Users/…` and `/Users/…` are the same.
 * @throws AppError InvalidArgument for relative paths and for all that may leave the named place.
 */
export function parseWorkspacePath(text: string, field = 'path'): WorkspacePath {
  if (!text.startsWith('/')) {
    throw invalidArgument(`Path (${text.slice(0, 200)}) must be absolute: it starts with '/'.`, { field });
  }
  const path = text.slice(1).replace(/\/$/, '');
  if (path === '' || path === 'Workspace') return ROOT;
  const parts = parseArtifactPath(path.replace(/^Workspace\//, ''), field).split('/');
  if (parts.length > MAX_DEPTH) {
    throw invalidArgument(`Invalid path: more than ${MAX_DEPTH} folders deep.`, { field });
  }
  return parts.join('/') as WorkspacePath;
}

export const renderWorkspacePath = (path: WorkspacePath): string => `/${path}`;

export interface WorkspacePlace {
  readonly parent: WorkspacePath;
  readonly name: string;
}

export function placeOf(path: WorkspacePath): WorkspacePlace {
  const slash = path.lastIndexOf('/');
  return { parent: path.slice(0, Math.max(slash, 0)) as WorkspacePath, name: path.slice(slash + 1) };
}

/** The folders on the way to a path and it itself, from the top. */
export function placesTo(path: WorkspacePath): WorkspacePlace[] {
  const parts = path === ROOT ? [] : path.split('/');
  return parts.map((name, i) => ({ parent: parts.slice(0, i).join('/') as WorkspacePath, name }));
}

export const childOf = (parent: WorkspacePath, name: string): WorkspacePath =>
  (parent === ROOT ? name : `${parent}/${name}`) as WorkspacePath;

export const SHARED = 'Shared' as WorkspacePath;
const USERS = 'Users' as WorkspacePath;

/** The folder in `Users` in which a path lies, or which it is. */
export const homeAt = (path: WorkspacePath): WorkspacePlace | undefined =>
  placesTo(path).find(({ parent }) => parent === USERS);

/** A principal's own folder; undefined for a name that cannot be that of a folder. */
export function homeOf({ name }: Pick<Principal, 'name'>): WorkspacePath | undefined {
  return name === '' || name === '.' || name === '..' || /[/\\#%\0]/.test(name)
    ? undefined
    : childOf(USERS, name);
}

/**
 * Whether somebody may read and write at a path: below the own home, below `/Shared`, administrators everywhere. The folder
 * of their name is theirs: `createHomes` has seen to it.
 */
export function mayUse(principal: Principal, path: WorkspacePath): boolean {
  if (principal.isAdmin) return true;
  const home = homeOf(principal);
  return isAtOrBelow(path, SHARED) || (home !== undefined && isAtOrBelow(path, home));
}

/** Whether somebody may know that a path is there: what may be used, and the folders on the way to it. */
export const maySee = (principal: Principal, path: WorkspacePath): boolean =>
  path === ROOT || path === USERS || mayUse(principal, path);

/** What may be seen directly in a folder that may be seen: everything, or these names. */
export function visibleChildren(principal: Principal, folder: WorkspacePath): 'all' | readonly string[] {
  if (mayUse(principal, folder)) return 'all';
  if (folder === ROOT) return [SHARED, USERS];
  const home = homeOf(principal);
  return folder === USERS && home !== undefined ? [placeOf(home).name] : [];
}

/** Folders that are always there, and that nobody removes. */
export const isBuiltIn = (path: WorkspacePath): boolean =>
  path === ROOT || path === SHARED || path === USERS || placeOf(path).parent === USERS;

const isAtOrBelow = (path: WorkspacePath, folder: WorkspacePath): boolean =>
  path === folder || path.startsWith(`${folder}/`);
