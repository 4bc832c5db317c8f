import type { GetSignedUrlConfig } from '@google-cloud/storage';
import { renderAttachment } from '../content-disposition.ts';
import type { ObjectSigner } from '../port.ts';
import type { StoredNames } from '../stored-names.ts';
import { requirePartNumber } from '../upload-parts.ts';
import { type GcsAccess, gcsCall } from './gcs-client.ts';
import { GCS_MAX_PARTS, partName } from './gcs-multipart.ts';

/** Signs with the key of the service account, or by Google's signing service where the server has no key of its own. */
export function createGcsSigner(
  { bucket }: GcsAccess,
  names: StoredNames,
  nowMs: () => number,
): ObjectSigner {
  async function sign(
    name: string,
    expiresMs: number,
    config: Pick<GetSignedUrlConfig, 'action' | 'responseDisposition' | 'responseType'>,
  ): Promise<string> {
    const expires = new Date(nowMs() + Math.ceil(expiresMs / 1000) * 1000);
    const [url] = await gcsCall(
      () => bucket.file(name).getSignedUrl({ version: 'v4', expires, ...config }),
      undefined,
    );
    return url;
  }
  return {
    async get(key, { expiresMs, fileName, contentType }) {
      const url = await sign(names.nameOf(key), expiresMs, {
        action: 'read',
        ...(fileName === undefined ? {} : { responseDisposition: renderAttachment(fileName) }),
        ...(contentType === undefined ? {} : { responseType: contentType }),
      });
      return { url, method: 'GET', headers: {} };
    },

    async put(key, { expiresMs }) {
      return {
        url: await sign(names.nameOf(key), expiresMs, { action: 'write' }),
        method: 'PUT',
        headers: {},
      };
    },

    async part({ uploadId }, partNumber, { expiresMs }) {
      requirePartNumber(partNumber, GCS_MAX_PARTS);
      const url = await sign(partName(names, uploadId, partNumber), expiresMs, { action: 'write' });
      return { url, method: 'PUT', headers: {}, answersEtag: true };
    },
  };
}
