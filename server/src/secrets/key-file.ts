import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { AppError } from '../kernel/errors.ts';
import { KEY_BYTES } from './sealer.ts';

/** The environment variable that holds the key instead of the file. */
export const SECRET_KEY_VARIABLE = 'SLIPWAY_SECRET_KEY';

/**
 * The key in `file`, which is made on first use and readable by its owner alone. Without it the secrets in the
 * database are lost: it belongs into the backup, apart from the database's.
 * @throws AppError InvalidState for a file that holds no key.
 */
export function readOrCreateKey(file: string): Uint8Array {
  const made = existsSync(file) ? undefined : createKey(file);
  if (made !== undefined) return made;
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new AppError(
    'InvalidState',
    `${file} holds no key (${KEY_BYTES} bytes in base64): restore it from the backup. Removing it makes a new key, and loses the secrets of webhooks.`,
  );
}

/** Undefined when the file is there already; processes that start together agree on one key, which appears whole. */
function createKey(file: string): Uint8Array | undefined {
  const draft = `${file}.${process.pid}`;
  const key = randomBytes(KEY_BYTES);
  const descriptor = openSync(draft, 'w', 0o600);
  try {
    writeSync(descriptor, `${key.toString('base64')}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(draft, file);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}
