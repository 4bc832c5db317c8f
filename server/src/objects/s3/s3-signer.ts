import { renderAttachment } from '../content-disposition.ts';
import { translated } from '../outage.ts';
import type { ObjectSigner } from '../port.ts';
import type { StoredNames } from '../stored-names.ts';
import { requirePartNumber } from '../upload-parts.ts';
import type { S3Access } from './s3-client.ts';
import { translateS3Error } from './s3-errors.ts';
import { S3_MAX_PARTS } from './s3-multipart.ts';

/** Signs with the credentials of the server; nothing is asked of the store. */
export async function createS3Signer(
  { sdk, client }: S3Access,
  { Bucket, names }: { readonly Bucket: string; readonly names: StoredNames },
): Promise<ObjectSigner> {
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
  const sign = async (url: (seconds: { expiresIn: number }) => Promise<string>, expiresMs: number) =>
    translated(() => url({ expiresIn: Math.ceil(expiresMs / 1000) }), translateS3Error);

  return {
    async get(key, { expiresMs, fileName, contentType }) {
      const command = new sdk.GetObjectCommand({
        Bucket,
        Key: names.nameOf(key),
        ...(fileName === undefined ? {} : { ResponseContentDisposition: renderAttachment(fileName) }),
        ...(contentType === undefined ? {} : { ResponseContentType: contentType }),
      });
      return {
        url: await sign((seconds) => getSignedUrl(client, command, seconds), expiresMs),
        method: 'GET',
        headers: {},
      };
    },

    async put(key, { expiresMs }) {
      const command = new sdk.PutObjectCommand({ Bucket, Key: names.nameOf(key) });
      return {
        url: await sign((seconds) => getSignedUrl(client, command, seconds), expiresMs),
        method: 'PUT',
        headers: {},
      };
    },

    async part({ key, uploadId }, partNumber, { expiresMs }) {
      requirePartNumber(partNumber, S3_MAX_PARTS);
      const input = { Bucket, Key: names.nameOf(key), UploadId: uploadId, PartNumber: partNumber };
      const command = new sdk.UploadPartCommand(input);
      const url = await sign((seconds) => getSignedUrl(client, command, seconds), expiresMs);
      return { url, method: 'PUT', headers: {}, answersEtag: true };
    },
  };
}
