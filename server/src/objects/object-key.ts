import { invalidArgument } from '../kernel/errors.ts';
import type { Branded } from '../kernel/ids.ts';

/** The name of an object: an identifier that the program makes, never a path that a user chose. */
export type ObjectKey = Branded<'ObjectKey'>;
/** The beginning of keys, at any letter; empty for all. */
export type KeyPrefix = Branded<'KeyPrefix'>;

const MAX_CHARACTERS = 512;
const MAX_PART_CHARACTERS = 200;
const KEY = new RegExp(`^[a-z0-9_-]{1,${MAX_PART_CHARACTERS}}(?:/[a-z0-9_-]{1,${MAX_PART_CHARACTERS}})*$`);

/**
 * Lower-case letters, digits, `_` and `-` in parts separated by `/`: such a key means the same on every store and
 * file system, also where case does not count.
 *
 * @throws AppError InvalidArgument.
 */
export function parseObjectKey(text: string): ObjectKey {
  if (text.length > MAX_CHARACTERS || !KEY.test(text)) {
    throw invalidArgument(`Not an object key: '${text.slice(0, 200)}'.`);
  }
  return text as ObjectKey;
}

/** @throws AppError InvalidArgument for what no key can begin with. */
export function parseKeyPrefix(text: string): KeyPrefix {
  if (text !== '') parseObjectKey(text.endsWith('/') ? `${text}0` : text);
  return text as KeyPrefix;
}
