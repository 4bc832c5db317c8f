import { Readable } from 'node:stream';
import { internal } from '../../kernel/errors.ts';
import { parseContentRange, rangeNotSatisfiable, renderRangeHeader } from '../byte-range.ts';
import type { ObjectKey } from '../object-key.ts';
import { translated } from '../outage.ts';
import type { ObjectFacts, ObjectStore } from '../port.ts';
import { resumingStream } from '../resuming-stream.ts';
import { createStoredNames, requireListLimit } from '../stored-names.ts';
import { uploadInParts } from '../upload-in-parts.ts';
import { openS3Access, plainEtag, type S3StoreOptions } from './s3-client.ts';
import { copyInS3 } from './s3-copy.ts';
import { translateS3Error } from './s3-errors.ts';
import { createS3Multipart, S3_MAX_PARTS } from './s3-multipart.ts';
import { createS3Signer } from './s3-signer.ts';

const MIB = 1024 * 1024;

/** Objects in a bucket of Amazon S3 or of a server that speaks its protocol. Makes no request. */
export async function openS3Store(options: S3StoreOptions): Promise<ObjectStore> {
  const access = await openS3Access(options);
  const { sdk, client, once } = access;
  const Bucket = options.bucket;
  const names = createStoredNames(options.prefix ?? '', options.readKey);

  const call = <T>(run: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
    translated(run, translateS3Error, signal);
  const addressOf = (key: ObjectKey) => ({ Bucket, Key: names.nameOf(key) });

  async function head(key: ObjectKey, signal: AbortSignal | undefined): Promise<ObjectFacts> {
    const { ContentLength = 0, ETag } = await call(
      () => client.send(new sdk.HeadObjectCommand(addressOf(key)), { abortSignal: signal }),
      signal,
    );
    return { sizeBytes: ContentLength, etag: plainEtag(ETag) };
  }

  async function read(
    key: ObjectKey,
    condition: { readonly Range?: string; readonly IfMatch?: string },
    signal: AbortSignal | undefined,
  ) {
    const input = { ...addressOf(key), ...condition };
    const { Body, ...facts } = await call(
      () => client.send(new sdk.GetObjectCommand(input), { abortSignal: signal }),
      signal,
    );
    if (!(Body instanceof Readable)) throw internal('The S3 SDK gave no Node stream.');
    return { ...facts, stream: Body };
  }

  return {
    capabilities: {
      kind: 's3',
      minPartSizeBytes: 5 * MIB,
      maxPartSizeBytes: 5 * 1024 * MIB,
      maxParts: S3_MAX_PARTS,
    },

    async put(key, body, { ifAbsent = false, expectedSizeBytes, signal } = {}) {
      const target = addressOf(key);
      const condition = ifAbsent ? { IfNoneMatch: '*' } : {};
      const wire = { abortSignal: signal };
      let UploadId: string | undefined;
      return uploadInParts(
        body,
        {
          async whole(content) {
            const command = new sdk.PutObjectCommand({ ...target, ...condition, Body: content });
            // A second try after a lost answer would meet our own object and call it another's.
            const { ETag } = await call(() => (ifAbsent ? once : client).send(command, wire), signal);
            return plainEtag(ETag);
          },
          async begin() {
            const command = new sdk.CreateMultipartUploadCommand(target);
            ({ UploadId } = await call(() => client.send(command, wire), signal));
          },
          async part(PartNumber, content) {
            const command = new sdk.UploadPartCommand({ ...target, UploadId, PartNumber, Body: content });
            const { ETag } = await call(() => client.send(command, wire), signal);
            return { PartNumber, ETag };
          },
          async complete(Parts) {
            const input = { ...target, ...condition, UploadId, MultipartUpload: { Parts: [...Parts] } };
            const { ETag } = await call(
              () => once.send(new sdk.CompleteMultipartUploadCommand(input), wire),
              signal,
            );
            return plainEtag(ETag);
          },
          async abandon() {
            const command = new sdk.AbortMultipartUploadCommand({ ...target, UploadId });
            // What this cannot free, the bucket's rule for unfinished uploads does; the first error says more.
            if (UploadId !== undefined) await client.send(command).catch(() => undefined);
          },
        },
        { expectedSizeBytes, signal },
      );
    },

    async get(key, { range, signal } = {}) {
      const Range = range === undefined ? undefined : renderRangeHeader(range);
      const { stream: first, ContentLength = 0, ContentRange, ETag } = await read(key, { Range }, signal);
      const whole = { start: 0, lengthBytes: ContentLength, sizeBytes: ContentLength };
      const part = ContentRange === undefined ? undefined : parseContentRange(ContentRange);
      if (range !== undefined && part === undefined) {
        first.destroy();
        // Of an object without bytes some servers send all instead of refusing.
        throw ContentLength === 0 ? rangeNotSatisfiable(0) : internal('The S3 server ignored the range.');
      }
      const { start, lengthBytes, sizeBytes } = part ?? whole;
      const stream = resumingStream({
        first,
        start,
        lengthBytes,
        signal,
        translate: translateS3Error,
        async reopen(from, length) {
          const rest = await read(
            key,
            { Range: `bytes=${from}-${from + length - 1}`, IfMatch: ETag },
            signal,
          );
          return rest.stream;
        },
      });
      return { stream, start, lengthBytes, sizeBytes, etag: plainEtag(ETag) };
    },

    head: (key, { signal } = {}) => head(key, signal),

    async delete(key, { signal } = {}) {
      await call(
        () => client.send(new sdk.DeleteObjectCommand(addressOf(key)), { abortSignal: signal }),
        signal,
      );
    },

    async list(prefix, { after, limit, signal }) {
      requireListLimit(limit);
      const input = { Bucket, Prefix: names.nameOf(prefix), MaxKeys: limit, StartAfter: after };
      const page = await call(
        () => client.send(new sdk.ListObjectsV2Command(input), { abortSignal: signal }),
        signal,
      );
      const entries = (page.Contents ?? []).map(({ Key = '', Size = 0 }) => ({ name: Key, sizeBytes: Size }));
      return { objects: names.listed(entries), next: page.IsTruncated ? entries.at(-1)?.name : undefined };
    },

    async copy(from, to, { signal } = {}) {
      const { sizeBytes } = await head(from, signal);
      const copy = { Bucket, from: names.nameOf(from), to: names.nameOf(to), sizeBytes };
      await call(() => copyInS3(access, copy, { signal }), signal);
      return head(to, signal);
    },

    ...createS3Multipart(access, { Bucket, names }),
    sign: await createS3Signer(access, { Bucket, names }),

    async close() {
      client.destroy();
      once.destroy();
    },
  };
}
