import type { File } from '@google-cloud/storage';
import { AppError, invalidArgument, notFound } from '../../kernel/errors.ts';
import { randomHexId } from '../../kernel/ids.ts';
import type { CallOptions, MultipartUpload, ObjectStore } from '../port.ts';
import type { StoredNames } from '../stored-names.ts';
import { orderedParts, requirePartNumber } from '../upload-parts.ts';
import { type GcsAccess, gcsCall } from './gcs-client.ts';
import { factsOf, uploadToGcs } from './gcs-upload.ts';

/** So many objects are joined by one call; parts of parts make the square of it. */
const JOINED_AT_ONCE = 32;
export const GCS_MAX_PARTS = JOINED_AT_ONCE * JOINED_AT_ONCE;

type MultipartCalls = Pick<
  ObjectStore,
  'startMultipart' | 'putPart' | 'completeMultipart' | 'abortMultipart'
>;

export const partName = (names: StoredNames, uploadId: string, partNumber: number): string =>
  names.uploadName(uploadId, `part-${String(partNumber).padStart(4, '0')}`);

/**
 * Parts are objects of their own under names that no key can have; completing joins them inside the store. A small
 * object beside them says that the upload is open and whose it is.
 */
export function createGcsMultipart(access: GcsAccess, names: StoredNames): MultipartCalls {
  const { bucket } = access;
  const markOf = (uploadId: string): File => bucket.file(names.uploadName(uploadId, 'open'));

  async function isOpen({ key, uploadId }: MultipartUpload, { signal }: CallOptions): Promise<boolean> {
    if (!/^[0-9a-f]{32}$/.test(uploadId)) return false;
    try {
      const [{ metadata }] = await gcsCall(() => markOf(uploadId).getMetadata(), signal);
      return metadata?.key === key;
    } catch (error) {
      if (error instanceof AppError && error.code === 'NotFound') return false;
      throw error;
    }
  }

  async function requireOpen(upload: MultipartUpload, options: CallOptions): Promise<void> {
    if (!(await isOpen(upload, options))) {
      throw notFound('There is no such upload; it was completed or aborted.');
    }
  }

  /** The mark first: without it the upload is closed, whatever else is left. */
  async function removeUpload(uploadId: string, { signal }: CallOptions): Promise<void> {
    await gcsCall(() => markOf(uploadId).delete({ ignoreNotFound: true }), signal);
    await gcsCall(() => bucket.deleteFiles({ prefix: names.uploadName(uploadId, '') }), signal);
  }

  async function join(files: readonly File[], name: string, signal: AbortSignal | undefined): Promise<File> {
    const target = bucket.file(name);
    target.metadata = { contentType: 'application/octet-stream' };
    await gcsCall(() => bucket.combine([...files], target), signal);
    return target;
  }

  return {
    async startMultipart(key, { signal } = {}) {
      const upload = { key, uploadId: randomHexId() };
      const options = { resumable: false, validation: false, metadata: { metadata: { key } } };
      await gcsCall(() => markOf(upload.uploadId).save('', options), signal);
      return upload;
    },

    async putPart(upload, partNumber, body, { sizeBytes, signal }) {
      requirePartNumber(partNumber, GCS_MAX_PARTS);
      await requireOpen(upload, { signal });
      const { metadata } = await uploadToGcs(access, partName(names, upload.uploadId, partNumber), {
        body,
        expectedSizeBytes: sizeBytes,
        signal,
      });
      return { etag: hexOf(metadata.md5Hash) };
    },

    async completeMultipart(upload, parts, { signal } = {}) {
      const ordered = orderedParts(parts, GCS_MAX_PARTS);
      await requireOpen(upload, { signal });
      const prefix = names.uploadName(upload.uploadId, 'part-');
      const [stored] = await gcsCall(() => bucket.getFiles({ prefix }), signal);
      const found = new Map(stored.map((file) => [file.name, file]));
      let files = ordered.map(({ partNumber, etag }) => {
        const file = found.get(partName(names, upload.uploadId, partNumber));
        // The XML API, to which clients send parts by signed URLs, answers the MD5 as ETag.
        if (file === undefined || (etag !== undefined && etag !== hexOf(file.metadata.md5Hash))) {
          throw invalidArgument(`Part ${partNumber} was not uploaded, or has another ETag.`, {
            field: 'parts',
          });
        }
        return file;
      });
      if (files.length > JOINED_AT_ONCE) {
        const groups: File[] = [];
        for (let start = 0; start < files.length; start += JOINED_AT_ONCE) {
          const name = names.uploadName(upload.uploadId, `group-${groups.length}`);
          groups.push(await join(files.slice(start, start + JOINED_AT_ONCE), name, signal));
        }
        files = groups;
      }
      const target = await join(files, names.nameOf(upload.key), signal);
      const [metadata] = await gcsCall(() => target.getMetadata(), signal);
      await removeUpload(upload.uploadId, { signal });
      return factsOf(metadata);
    },

    async abortMultipart(upload, { signal } = {}) {
      if (await isOpen(upload, { signal })) await removeUpload(upload.uploadId, { signal });
    },
  };
}

const hexOf = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('hex');
