import { createHmac } from 'node:crypto';
import type { Database } from '../db/port.ts';
import { AppError } from '../kernel/errors.ts';
import { findFingerprint, insertFingerprint, replaceFingerprint } from './key-fingerprint-repository.ts';

/** Tells two keys apart and says nothing else of them. */
const fingerprintOf = (key: Uint8Array): string =>
  createHmac('sha256', key).update('slipway: the key of this database').digest('hex');

/**
 * Notes which key the secrets of a database are sealed with when the first server starts on it, and holds every later
 * one to it: servers with different keys on one database could not read what the others sealed.
 * @param keyPlace where the key came from, for the message.
 * @throws AppError InvalidState when the database belongs to another key: nothing is changed then.
 */
export async function requireKeyOfDatabase(db: Database, key: Uint8Array, keyPlace: string): Promise<void> {
  const fingerprint = fingerprintOf(key);
  const known = await db.write(async (tx) => {
    await insertFingerprint(tx, fingerprint);
    return findFingerprint(tx);
  });
  if (known === fingerprint) return;
  throw new AppError(
    'InvalidState',
    `${keyPlace} is not the key that the secrets in this database are sealed with. Either put that key there: it lies ` +
      'as secret.key in the home folder of the other servers on this database or in their SLIPWAY_SECRET_KEY, or in the backup. Or, if it is lost, run ' +
      '`slipway adopt-key` with the flags of this server: its key becomes that of the database, and the secrets of ' +
      'webhooks must be set again.',
  );
}

/** Makes a key the one of the database; secrets that another one sealed stay unreadable. */
export async function adoptKey(db: Database, key: Uint8Array): Promise<void> {
  await db.write((tx) => replaceFingerprint(tx, fingerprintOf(key)));
}
