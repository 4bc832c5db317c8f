import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject, sign, verify } from 'node:crypto';

/** Signs with the server's own key, and checks what was signed with it. */
export interface AuditSigner {
  /** 32 bytes in base64: what others need to check signatures with. */
  readonly publicKey: string;
  /** An Ed25519 signature in base64. */
  sign(text: string): string;
}

const PURPOSE = 'slipway: signing of audit checkpoints, v1';
// The fixed beginnings of an Ed25519 key's DER forms (RFC 8410); the 32 bytes of the key follow.
const PRIVATE_FORM = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_FORM = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * The key that signs is derived from the one that seals secrets, by HKDF with a purpose of its own: whoever can write to
 * the database and does not have that key can sign nothing.
 */
export function createAuditSigner(secretKey: Uint8Array): AuditSigner {
  const seed = Buffer.from(hkdfSync('sha256', secretKey, Buffer.alloc(0), PURPOSE, 32));
  const key = createPrivateKey({
    key: Buffer.concat([PRIVATE_FORM, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: publicKey.subarray(PUBLIC_FORM.length).toString('base64'),
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64'),
  };
}

/** Whether `signature` is that of the text by the owner of the public key (32 bytes in base64). */
export function isSigned(text: string, signature: string, publicKey: string): boolean {
  const key = publicKeyOf(publicKey);
  const bytes = Buffer.from(signature, 'base64');
  // Decoding passes over what is no base64: a byte changed there would go unseen.
  if (key === undefined || bytes.toString('base64') !== signature) return false;
  return verify(null, Buffer.from(text), key, bytes);
}

function publicKeyOf(text: string): KeyObject | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== text) return undefined;
  return createPublicKey({ key: Buffer.concat([PUBLIC_FORM, bytes]), format: 'der', type: 'spki' });
}
