import { invalidArgument } from '../kernel/errors.ts';
import { checkLength } from './key-rules.ts';

/**
 * The folders that an experiment's name stands in. Names are kept as clients gave them; this only reads them.
 *
 * A slash separates where text stands on both of its sides, and slashes that follow a separator begin the next part:
 * `/Users/jane/fraud` is `fraud` in `/Users/jane` in `/Users`, `team//x` is `/x` in `team`, and neither `/x` nor `x/` is
 * in a folder. So a folder has a text of its own, never ends with a slash, and folder + `/` + leaf is the name again.
 * `.` and `..` are names like others: nothing is resolved, folded or normalised.
 */
export interface ExperimentPath {
  /** The outermost first, each with its whole path: `/Users`, `/Users/jane`. Empty at the top level. */
  readonly folders: readonly string[];
  /** What follows the innermost folder; never empty. */
  readonly leaf: string;
}

const SEPARATOR = /(?<=[^/])\/(?=\/*[^/])/g;

/** @param name of an experiment: any text but the empty one. */
export function parseExperimentPath(name: string): ExperimentPath {
  const folders = Array.from(name.matchAll(SEPARATOR), ({ index }) => name.slice(0, index));
  const innermost = folders.at(-1);
  return { folders, leaf: innermost === undefined ? name : name.slice(innermost.length + 1) };
}

/** The top level, which holds every folder and is none itself. */
export const TOP_LEVEL = '';

/** Folders have the longest path that leaves a character for an experiment in them. */
const MAX_PATH_LENGTH = 498;

/**
 * A folder as a caller names it: slashes at the end do not count, and slashes alone are the top level.
 * @throws AppError InvalidArgument for a path that no experiment's folder can have.
 */
export function parseFolder(text: string, field: string): string {
  const path = text.replace(/\/+$/, '');
  checkLength(path, MAX_PATH_LENGTH, field);
  return path;
}

/** @throws AppError InvalidArgument for the top level, too. */
export function parseNamedFolder(text: string, field: string): string {
  const path = parseFolder(text, field);
  if (path === TOP_LEVEL) {
    throw invalidArgument(`'${field}' must name a folder, such as '/Users/jane': the top level is none.`, {
      field,
    });
  }
  return path;
}

/** The last part of a folder's path. */
export const nameOfFolder = (path: string): string => parseExperimentPath(path).leaf;

/**
 * Folders as the database has them, with a slash at the end: then everything below a folder is one range of the index,
 * from `folderKey` up to but without `folderEnd`. (Without it, `run-1` would stand between `run` and `run/a`.)
 */
export const folderKey = (path: string): string => (path === TOP_LEVEL ? '' : `${path}/`);

/** The first text behind all that is below a folder: `0` follows `/`. The top level has no end. */
export const folderEnd = (path: string): string => `${path}0`;
