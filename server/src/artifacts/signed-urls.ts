import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { parseTreePath, type TreePath } from './trees.ts';

/** What the holder of a signed URL may do: one thing with one file, for a while. */
export type SignedGrant =
  | { readonly does: 'read'; readonly path: TreePath }
  | { readonly does: 'write'; readonly path: TreePath }
  | {
      readonly does: 'write part';
      readonly path: TreePath;
      readonly uploadId: string;
      readonly partNumber: number;
    }
  | { readonly does: 'abort'; readonly path: TreePath; readonly uploadId: string };

/** A permission, and whose: it is worth what its holder may do when it is used. */
export interface HeldGrant {
  readonly grant: SignedGrant;
  /** The id of the principal to whom it was given. */
  readonly holder: string;
}

export interface SignedUrlsDependencies {
  /** Secret bytes, the same in every process of the installation. */
  readonly key: Uint8Array;
  readonly clock: Clock;
}

const DEFAULT_LIFE_MS = 15 * 60 * 1000;
const MAX_LIFE_MS = 60 * 60 * 1000;

/**
 * Permissions that travel in URLs. A token says what it permits, to whom and until when, and nothing of it can be changed
 * without the key. Whoever has the URL has the right of its holder: it never goes to a log.
 */
export function createSignedUrls({ key, clock }: SignedUrlsDependencies) {
  // A key of its own: what is signed here means nothing where the same secret seals other things.
  const own = createHmac('sha256', key).update('signed file URLs, 2').digest();
  const signatureOf = (payload: string): Buffer => createHmac('sha256', own).update(payload).digest();

  return {
    /** @param until as the caller wishes, in milliseconds since 1970; an hour from now at most, 15 minutes without. */
    sign({ grant, holder }: HeldGrant, until?: number): string {
      const nowMs = clock.nowMs();
      const untilMs = Math.min(until ?? nowMs + DEFAULT_LIFE_MS, nowMs + MAX_LIFE_MS);
      const payload = Buffer.from(JSON.stringify([untilMs, holder, ...partsOf(grant)])).toString('base64url');
      return `${payload}.${signatureOf(payload).toString('base64url')}`;
    },

    /** @throws AppError PermissionDenied for a token that we did not sign, or that has expired. */
    verify(token: string): HeldGrant {
      const dot = token.indexOf('.');
      const payload = token.slice(0, Math.max(dot, 0));
      const signature = Buffer.from(token.slice(dot + 1), 'base64url');
      const expected = signatureOf(payload);
      if (dot < 1 || signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
        throw new AppError('PermissionDenied', 'This URL is not one that this server has signed.');
      }
      const [untilMs, holder, ...parts] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [
        number,
        string,
        ...Parts,
      ];
      if (untilMs <= clock.nowMs()) {
        throw new AppError('PermissionDenied', 'This URL has expired: ask for another one.');
      }
      return { grant: grantOf(parts), holder };
    },
  };
}

export type SignedUrls = ReturnType<typeof createSignedUrls>;

type Parts = [does: SignedGrant['does'], path: string, uploadId?: string, partNumber?: number];

function partsOf(grant: SignedGrant): Parts {
  switch (grant.does) {
    case 'read':
    case 'write':
      return [grant.does, grant.path];
    case 'write part':
      return [grant.does, grant.path, grant.uploadId, grant.partNumber];
    case 'abort':
      return [grant.does, grant.path, grant.uploadId];
  }
}

function grantOf([does, text, uploadId, partNumber]: Parts): SignedGrant {
  const path = parseTreePath(text);
  switch (does) {
    case 'read':
    case 'write':
      return { does, path };
    case 'write part':
      return { does, path, uploadId: uploadId!, partNumber: partNumber! };
    case 'abort':
      return { does, path, uploadId: uploadId! };
  }
}
