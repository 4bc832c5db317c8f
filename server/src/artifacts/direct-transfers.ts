import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { invalidArgument } from '../kernel/errors.ts';
import type { ArtifactPath } from '../objects/artifact-path.ts';
import type { CompletedPart, ObjectSigner, ObjectStore, SignedPart, SignedRequest } from '../objects/port.ts';
import type { BlobKeys } from './blob-keys.ts';
import type { Files } from './files.ts';
import { createPartUploads } from './part-uploads.ts';

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
  const uploads = createPartUploads({ db, store, keys, files, clock });

  return {
    /** @param partCount of the file; 1 to what the store allows. @throws AppError InvalidArgument */
    async startUpload(path: ArtifactPath, partCount: number): Promise<StartedUpload> {
      const { maxParts } = store.capabilities;
      if (!Number.isInteger(partCount) || partCount < 1 || partCount > maxParts) {
        throw invalidArgument(`An upload has 1 to ${maxParts} parts: make them larger.`, {
          field: 'num_parts',
        });
      }
      const { uploadId, upload } = await uploads.start(path);
      const parts: (SignedPart & { readonly partNumber: number })[] = [];
      for (let partNumber = 1; partNumber <= partCount; partNumber++) {
        const signed = await signer.part(upload, partNumber, { expiresMs: PART_EXPIRES_MS });
        parts.push({ ...signed, partNumber });
      }
      return { uploadId, parts };
    },

    /** See `PartUploads.complete`. */
    completeUpload: (path: ArtifactPath, uploadId: string, parts: readonly CompletedPart[]): Promise<void> =>
      uploads.complete(path, uploadId, { parts }),

    /** See `PartUploads.abort`. */
    abortUpload: uploads.abort,

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
