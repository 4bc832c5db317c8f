import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, alreadyExists, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import type { ArtifactPath } from '../objects/artifact-path.ts';
import { parseObjectKey } from '../objects/object-key.ts';
import type {
  CompletedPart,
  MultipartUpload,
  ObjectBody,
  ObjectFacts,
  ObjectStore,
} from '../objects/port.ts';
import type { BlobKeys } from './blob-keys.ts';
import type { Files, PutOptions } from './files.ts';
import * as repository from './uploads-repository.ts';

export interface PartUploadsDependencies {
  readonly db: Database;
  readonly store: ObjectStore;
  readonly keys: BlobKeys;
  readonly files: Files;
  readonly clock: Clock;
}

/** Files that come in parts, in any order and at the same time. Nothing is to be seen of them until they are complete. */
export function createPartUploads({ db, store, keys, files, clock }: PartUploadsDependencies) {
  async function getUpload(path: ArtifactPath, uploadId: string): Promise<repository.UploadRow> {
    const upload = await db.read((sql) => repository.findUpload(sql, uploadId));
    // An upload of one file cannot write another.
    if (upload === undefined || upload.path !== path) {
      throw notFound('There is no such upload; it was completed long ago or aborted.');
    }
    return upload;
  }

  /** A repeated call finds the parts gone, or going where the first has just joined them, but the object there. */
  async function join(upload: MultipartUpload, parts: readonly CompletedPart[]): Promise<ObjectFacts> {
    try {
      return await store.completeMultipart(upload, parts);
    } catch (error) {
      const joined = await store.head(upload.key).catch(() => undefined);
      if (joined === undefined) throw error;
      return joined;
    }
  }

  const uploadOf = (row: repository.UploadRow): MultipartUpload => ({
    key: parseObjectKey(row.object_key),
    uploadId: row.store_upload_id,
  });

  return {
    /** @returns the id of the upload, and its name at the store */
    async start(
      path: ArtifactPath,
      { overwrite = true }: { readonly overwrite?: boolean } = {},
    ): Promise<{ readonly uploadId: string; readonly upload: MultipartUpload }> {
      const nowMs = clock.nowMs();
      const upload = await store.startMultipart(keys.newKey(nowMs));
      const uploadId = randomHexId();
      await db.write((tx) =>
        repository.insertUpload(tx, {
          upload_id: uploadId,
          path,
          object_key: upload.key,
          store_upload_id: upload.uploadId,
          created_at: nowMs,
          only_new: overwrite ? null : 1,
        }),
      );
      return { uploadId, upload };
    },

    /** @throws AppError NotFound for an unknown upload. */
    async require(path: ArtifactPath, uploadId: string): Promise<void> {
      await getUpload(path, uploadId);
    },

    /** Takes a part that comes through the server; one sent again replaces the earlier. @returns its ETag */
    async putPart(
      path: ArtifactPath,
      part: { readonly uploadId: string; readonly partNumber: number; readonly sizeBytes: number },
      body: ObjectBody,
    ): Promise<string> {
      const upload = await getUpload(path, part.uploadId);
      if (upload.completed_at !== null) throw notFound('This upload is complete: it takes no more parts.');
      const { etag } = await store.putPart(uploadOf(upload), part.partNumber, body, {
        sizeBytes: part.sizeBytes,
      });
      return etag;
    },

    /**
     * Makes a file of the parts. Repeating a call is a success.
     * @throws AppError NotFound for an unknown upload; InvalidArgument for parts that are missing; AlreadyExists where it
     * was to be a new file and is not; Conflict where a model version needs what is there.
     */
    async complete(
      path: ArtifactPath,
      uploadId: string,
      { parts, within }: { readonly parts: readonly CompletedPart[] } & Pick<PutOptions, 'within'>,
    ): Promise<void> {
      const row = await getUpload(path, uploadId);
      if (row.completed_at !== null) return;
      const upload = uploadOf(row);
      const { sizeBytes } = await join(upload, parts);
      const nowMs = clock.nowMs();
      const overtaken = new AppError('Conflict', 'The upload was completed or aborted at the same time.');
      try {
        await files.adopt(
          path,
          { objectKey: upload.key, sha256: undefined, sizeBytes, nowMs },
          {
            async within(tx) {
              await within?.(tx);
              if (!(await repository.completeUpload(tx, uploadId, nowMs))) throw overtaken;
            },
            ...(row.only_new !== null && { precondition: refuseExisting }),
          },
        );
      } catch (error) {
        if (error !== overtaken) throw error;
        // Completed by a call that was faster, unless the upload is gone.
        await getUpload(path, uploadId);
      }
    },

    /** Unknown already is a success, as is completed: then the file stays. */
    async abort(path: ArtifactPath, uploadId: string): Promise<void> {
      const row = await db.read((sql) => repository.findUpload(sql, uploadId));
      if (row === undefined || row.path !== path || row.completed_at !== null) return;
      await store.abortMultipart(uploadOf(row));
      await db.write((tx) => repository.deleteUpload(tx, uploadId));
    },
  };
}

export type PartUploads = ReturnType<typeof createPartUploads>;

/** For files that must be new. @throws AppError AlreadyExists */
export function refuseExisting(current: object | undefined): void {
  if (current !== undefined) throw alreadyExists('The file exists already.');
}
