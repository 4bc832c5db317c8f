import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '../kernel/errors.ts';

/** Encrypts small texts for keeping in the database. */
export interface Sealer {
  seal(text: string): string;
  /** @throws AppError Internal when the text was sealed with another key, or was changed. */
  open(sealed: string): string;
}

export const KEY_BYTES = 32;
const FORM = 'v1';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with a fresh nonce a text: `v1.` and base64url of nonce, tag and ciphertext.
 * @param key 32 bytes.
 */
export function createSealer(key: Uint8Array): Sealer {
  if (key.length !== KEY_BYTES) {
    throw new AppError(
      'Internal',
      `The key that seals secrets has ${key.length} bytes instead of ${KEY_BYTES}.`,
    );
  }
  return {
    seal(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${FORM}.${Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed) {
      const [form, encoded = ''] = sealed.split('.', 2);
      const bytes = Buffer.from(encoded, 'base64url');
      if (form !== FORM || bytes.length < IV_BYTES + TAG_BYTES) throw unreadable();
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      try {
        const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
        return text.toString('utf8');
      } catch (cause) {
        throw unreadable(cause);
      }
    },
  };
}

function unreadable(cause?: unknown): AppError {
  return new AppError(
    'Internal',
    'A stored secret cannot be read with the key of this server: restore the key file that belongs to the database.',
    { cause },
  );
}
