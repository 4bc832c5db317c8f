import { invalidArgument } from '../kernel/errors.ts';
import { type KeyPrefix, type ObjectKey, parseObjectKey } from './object-key.ts';
import type { ListedObject } from './port.ts';

/** How keys are named in a bucket: below a folder of ours, or at its top. */
export interface StoredNames {
  nameOf(key: ObjectKey | KeyPrefix): string;
  /** Names for what is no object yet; keys hold no dots, so these meet none. */
  uploadName(uploadId: string, rest: string): string;
  /** What is ours among the listed names; others may keep things in the bucket, too. */
  listed(entries: readonly { readonly name: string; readonly sizeBytes: number }[]): ListedObject[];
}

/**
 * @param prefix of the bucket, without slashes at its ends; empty for the whole bucket
 * @param readKey what counts as a key among the names that are found; throws for what is none
 */
export function createStoredNames(prefix: string, readKey = parseObjectKey): StoredNames {
  const folder = prefix === '' ? '' : `${prefix.replace(/^\/+|\/+$/g, '')}/`;
  return {
    nameOf: (key) => folder + key,
    uploadName: (uploadId, rest) => `${folder}.uploads/${uploadId}/${rest}`,
    listed: (entries) =>
      entries.flatMap(({ name, sizeBytes }) => {
        const key = name.startsWith(folder) ? findKey(name.slice(folder.length), readKey) : undefined;
        return key === undefined ? [] : [{ key, sizeBytes }];
      }),
  };
}

function findKey(text: string, readKey: (text: string) => ObjectKey): ObjectKey | undefined {
  try {
    return readKey(text);
  } catch {
    return undefined;
  }
}

const MAX_LIST = 1000;

/** @throws AppError InvalidArgument */
export function requireListLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIST) {
    throw invalidArgument(`A listing has a limit from 1 to ${MAX_LIST}.`);
  }
}
