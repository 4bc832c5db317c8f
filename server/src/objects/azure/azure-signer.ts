import { renderAttachment } from '../content-disposition.ts';
import type { ObjectKey } from '../object-key.ts';
import type { ObjectSigner, SignGetOptions } from '../port.ts';
import type { StoredNames } from '../stored-names.ts';
import { requirePartNumber } from '../upload-parts.ts';
import type { AzureAccess } from './azure-client.ts';
import { AZURE_MAX_PARTS, blockName } from './azure-multipart.ts';

/**
 * Signs with the account key; nothing is asked of the store. Azure knows no right to one block only: whoever may send a
 * part may write the blob.
 */
export function createAzureSigner(
  { sdk, container }: AzureAccess,
  names: StoredNames,
  nowMs: () => number,
): ObjectSigner {
  function sign(key: ObjectKey, rights: string, { expiresMs, fileName, contentType }: SignGetOptions) {
    const seconds = Math.ceil(expiresMs / 1000);
    return container.getBlockBlobClient(names.nameOf(key)).generateSasUrl({
      permissions: sdk.BlobSASPermissions.parse(rights),
      expiresOn: new Date(nowMs() + seconds * 1000),
      ...(fileName === undefined ? {} : { contentDisposition: renderAttachment(fileName) }),
      ...(contentType === undefined ? {} : { contentType }),
    });
  }
  return {
    get: async (key, options) => ({ url: await sign(key, 'r', options), method: 'GET', headers: {} }),

    put: async (key, { expiresMs }) => ({
      url: await sign(key, 'cw', { expiresMs }),
      method: 'PUT',
      headers: { 'x-ms-blob-type': 'BlockBlob' },
    }),

    async part({ key, uploadId }, partNumber, { expiresMs }) {
      requirePartNumber(partNumber, AZURE_MAX_PARTS);
      const blob = await sign(key, 'cw', { expiresMs });
      const url = `${blob}&comp=block&blockid=${encodeURIComponent(blockName(uploadId, partNumber))}`;
      return { url, method: 'PUT', headers: {}, answersEtag: false };
    },
  };
}
