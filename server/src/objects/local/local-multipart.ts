import { createHash } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { invalidArgument, notFound } from '../../kernel/errors.ts';
import { randomHexId } from '../../kernel/ids.ts';
import type { ObjectKey } from '../object-key.ts';
import type {
  CompletedPart,
  MultipartUpload,
  ObjectBody,
  ObjectFacts,
  PartOptions,
  PutPart,
} from '../port.ts';
import { orderedParts, requirePartNumber } from '../upload-parts.ts';
import { FOLDER_MODE, factsOf, joinFiles, onDisk, writeFileDurably } from './local-files.ts';

export const LOCAL_MAX_PARTS = 10_000;

export interface LocalMultipartOptions {
  /** Holds one folder an upload. */
  readonly uploads: string;
  /** A name for a file that is being written. */
  temporaryFile(): string;
  /** Gives a finished file its key. */
  publish(temporary: string, key: ObjectKey): Promise<void>;
}

const UNKNOWN = 'There is no such upload; it was completed or aborted.';

/** Parts are files of an upload's folder; completing joins them. */
export function createLocalMultipart({ uploads, temporaryFile, publish }: LocalMultipartOptions) {
  /** The id ends with a hash of the key, so that an upload of one object cannot write another. */
  const idFor = (random: string, key: ObjectKey): string =>
    `${random}-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;

  function findFolder({ key, uploadId }: MultipartUpload): string | undefined {
    const ours =
      /^[0-9a-f]{32}-[0-9a-f]{16}$/.test(uploadId) && uploadId === idFor(uploadId.slice(0, 32), key);
    return ours ? path.join(uploads, uploadId) : undefined;
  }

  async function getFolder(upload: MultipartUpload): Promise<string> {
    const folder = findFolder(upload);
    if (folder === undefined) throw notFound(UNKNOWN);
    await onDisk(() => stat(folder), UNKNOWN);
    return folder;
  }

  const partFile = (folder: string, partNumber: number): string =>
    path.join(folder, String(partNumber).padStart(5, '0'));

  return {
    async startMultipart(key: ObjectKey): Promise<MultipartUpload> {
      const uploadId = idFor(randomHexId(), key);
      await onDisk(() => mkdir(path.join(uploads, uploadId), { recursive: true, mode: FOLDER_MODE }));
      return { key, uploadId };
    },

    async putPart(
      upload: MultipartUpload,
      partNumber: number,
      body: ObjectBody,
      { sizeBytes, signal }: PartOptions,
    ): Promise<PutPart> {
      requirePartNumber(partNumber, LOCAL_MAX_PARTS);
      const folder = await getFolder(upload);
      const temporary = temporaryFile();
      const { etag } = await writeFileDurably(temporary, body, { expectedSizeBytes: sizeBytes, signal });
      try {
        await onDisk(() => rename(temporary, partFile(folder, partNumber)), UNKNOWN);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      return { etag };
    },

    async completeMultipart(upload: MultipartUpload, parts: readonly CompletedPart[]): Promise<ObjectFacts> {
      const folder = await getFolder(upload);
      const files: string[] = [];
      for (const { partNumber, etag } of orderedParts(parts, LOCAL_MAX_PARTS)) {
        const file = partFile(folder, partNumber);
        const found = await stat(file, { bigint: true }).catch(() => undefined);
        if (found === undefined || (etag !== undefined && etag !== factsOf(found).etag)) {
          throw invalidArgument(`Part ${partNumber} was not uploaded, or has another ETag.`, {
            field: 'parts',
          });
        }
        files.push(file);
      }
      const temporary = temporaryFile();
      try {
        const facts = await onDisk(() => joinFiles(files, temporary));
        await onDisk(() => publish(temporary, upload.key));
        await rm(folder, { recursive: true, force: true });
        return facts;
      } finally {
        await rm(temporary, { force: true });
      }
    },

    async abortMultipart(upload: MultipartUpload): Promise<void> {
      const folder = findFolder(upload);
      if (folder === undefined) return;
      await onDisk(() => rm(folder, { recursive: true, force: true }));
    },
  };
}
