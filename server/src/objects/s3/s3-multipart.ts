import type { Readable } from 'node:stream';
import { AppError } from '../../kernel/errors.ts';
import { translated } from '../outage.ts';
import type { ObjectStore } from '../port.ts';
import type { StoredNames } from '../stored-names.ts';
import { sendStreamed } from '../streamed-body.ts';
import { orderedParts, requirePartNumber } from '../upload-parts.ts';
import { plainEtag, type S3Access } from './s3-client.ts';
import { translateS3Error } from './s3-errors.ts';

export const S3_MAX_PARTS = 10_000;

type MultipartCalls = Pick<
  ObjectStore,
  'startMultipart' | 'putPart' | 'completeMultipart' | 'abortMultipart'
>;

export function createS3Multipart(
  { sdk, client, once }: S3Access,
  { Bucket, names }: { readonly Bucket: string; readonly names: StoredNames },
): MultipartCalls {
  return {
    async startMultipart(key, { signal } = {}) {
      const input = { Bucket, Key: names.nameOf(key) };
      const { UploadId = '' } = await translated(
        () => client.send(new sdk.CreateMultipartUploadCommand(input), { abortSignal: signal }),
        translateS3Error,
        signal,
      );
      return { key, uploadId: UploadId };
    },

    async putPart({ key, uploadId }, partNumber, body, { sizeBytes, signal }) {
      requirePartNumber(partNumber, S3_MAX_PARTS);
      const upload = { Bucket, Key: names.nameOf(key), UploadId: uploadId };
      const input = { ...upload, PartNumber: partNumber, ContentLength: sizeBytes };
      const send = (Body: Readable, abortSignal: AbortSignal) =>
        // `once`: a stream cannot be sent twice.
        once.send(new sdk.UploadPartCommand({ ...input, Body }), { abortSignal });
      try {
        const { ETag } = await sendStreamed(body, { sizeBytes, signal }, (stream, abortSignal) =>
          translated(() => send(stream, abortSignal), translateS3Error),
        );
        return { etag: plainEtag(ETag) };
      } catch (error) {
        // A store that refuses a part before its end cuts the connection, and its reason may be lost with that.
        if (error instanceof AppError && error.code === 'Unavailable') {
          const question = new sdk.ListPartsCommand({ ...upload, MaxParts: 1 });
          await translated(() => client.send(question, { abortSignal: signal }), translateS3Error, signal);
        }
        throw error;
      }
    },

    async completeMultipart({ key, uploadId }, parts, { signal } = {}) {
      const Key = names.nameOf(key);
      const Parts = orderedParts(parts, S3_MAX_PARTS).map(({ partNumber, etag }) => ({
        PartNumber: partNumber,
        ETag: etag,
      }));
      const input = { Bucket, Key, UploadId: uploadId, MultipartUpload: { Parts } };
      const options = { abortSignal: signal };
      return translated(
        async () => {
          await once.send(new sdk.CompleteMultipartUploadCommand(input), options);
          const { ContentLength = 0, ETag } = await client.send(
            new sdk.HeadObjectCommand({ Bucket, Key }),
            options,
          );
          return { sizeBytes: ContentLength, etag: plainEtag(ETag) };
        },
        translateS3Error,
        signal,
      );
    },

    async abortMultipart({ key, uploadId }, { signal } = {}) {
      const input = { Bucket, Key: names.nameOf(key), UploadId: uploadId };
      try {
        await translated(
          () => client.send(new sdk.AbortMultipartUploadCommand(input), { abortSignal: signal }),
          translateS3Error,
          signal,
        );
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'NotFound') throw error;
      }
    },
  };
}
