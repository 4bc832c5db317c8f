import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import type { ArtifactPath } from '../objects/artifact-path.ts';
import { parseObjectKey } from '../objects/object-key.ts';
import type {
  CompletedPart,
  MultipartUpload,
  ObjectFacts,
  ObjectSigner,
  ObjectStore,
  SignedPart,
  SignedRequest,
} from '../objects/port.ts';
import type { BlobKeys } from './blob-keys.ts';
import type { Files } from './files.ts';
import * as repository from './uploads-repository.ts';

export interface DirectTransfersDependencies {
  readonly db: Database;
  readonly store: ObjectStore;
  readonly signer: ObjectSigner;
  readonly keys: BlobKeys;
  readonly files: Files;
  readonly clock: Clock;
}

export interface StartedUpload {
  readonly uploadId: string;
  readonly parts: readonly (SignedPart & { readonly partNumber: number })[];
}

const HOUR_MS = 60 * 60 * 1000;
const PART_EXPIRES_MS = 6 * HOUR_MS;
const DOWNLOAD_EXPIRES_MS = HOUR_MS;

/**
 * Files that go between a client and the object store without passing through the server, by signed requests: for one
 * object and one verb each, and for some hours.
 */
export function createDirectTransfers({
  db,
  store,
  signer,
  keys,
  files,
  clock,
}: DirectTransfersDependencies) {
  async function getUpload(path: ArtifactPath, uploadId: string): Promise<repository.UploadRow> {
    const upload = await db.read((sql) => repository.findUpload(sql, uploadId));
    // An upload of one file cannot write another.
    if (upload === undefined || upload.path !== path) {
      throw notFound('There is no such upload; it was completed long ago or aborted.');
    }
    return upload;
  }

  /** A repeated call finds the parts gone, but the object there. */
  async function join(upload: MultipartUpload, parts: readonly CompletedPart[]): Promise<ObjectFacts> {
    try {
      return await store.completeMultipart(upload, parts);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'NotFound') throw error;
      return store.head(upload.key);
    }
  }

  return {
    /** @param partCount of the file; 1 to what the store allows. @throws AppError InvalidArgument */
    async startUpload(path: ArtifactPath, partCount: number): Promise<StartedUpload> {
      const { maxParts } = store.capabilities;
      if (!Number.isInteger(partCount) || partCount < 1 || partCount > maxParts) {
        throw invalidArgument(`An upload has 1 to ${maxParts} parts: make them larger.`, {
          field: 'num_parts',
        });
      }
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
        }),
      );
      const parts: (SignedPart & { readonly partNumber: number })[] = [];
      for (let partNumber = 1; partNumber <= partCount; partNumber++) {
        const signed = await signer.part(upload, partNumber, { expiresMs: PART_EXPIRES_MS });
        parts.push({ ...signed, partNumber });
      }
      return { uploadId, parts };
    },

    /**
     * Makes a file of the parts. Repeating a call is a success.
     * @throws AppError NotFound for an unknown upload; InvalidArgument for parts that are missing; Conflict where a model
     * version needs what is there.
     */
    async completeUpload(
      path: ArtifactPath,
      uploadId: string,
      parts: readonly CompletedPart[],
    ): Promise<void> {
      const upload = await getUpload(path, uploadId);
      if (upload.completed_at !== null) return;
      const key = parseObjectKey(upload.object_key);
      const { sizeBytes } = await join({ key, uploadId: upload.store_upload_id }, parts);
      const nowMs = clock.nowMs();
      await files.adopt(path, { objectKey: key, sha256: undefined, sizeBytes, nowMs });
      await db.write((tx) => repository.completeUpload(tx, uploadId, nowMs));
    },

    /** Unknown already is a success, as is completed: then the file stays. */
    async abortUpload(path: ArtifactPath, uploadId: string): Promise<void> {
      const upload = await db.read((sql) => repository.findUpload(sql, uploadId));
      if (upload === undefined || upload.path !== path || upload.completed_at !== null) return;
      await store.abortMultipart({
        key: parseObjectKey(upload.object_key),
        uploadId: upload.store_upload_id,
      });
      await db.write((tx) => repository.deleteUpload(tx, uploadId));
    },

    /** @throws AppError NotFound, InvalidArgument for a folder. */
    async signDownload(path: ArtifactPath): Promise<SignedRequest & { readonly sizeBytes: number }> {
      const { key, sizeBytes } = await files.stat(path);
      const fileName = path.slice(path.lastIndexOf('/') + 1);
      const signed = await signer.get(key, {
        expiresMs: DOWNLOAD_EXPIRES_MS,
        fileName,
        contentType: 'application/octet-stream',
      });
      return { ...signed, sizeBytes };
    },
  };
}

export type DirectTransfers = ReturnType<typeof createDirectTransfers>;
