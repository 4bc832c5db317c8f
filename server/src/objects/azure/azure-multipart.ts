import { invalidArgument, notFound } from '../../kernel/errors.ts';
import { randomHexId } from '../../kernel/ids.ts';
import { translated } from '../outage.ts';
import type { CallOptions, MultipartUpload, ObjectStore } from '../port.ts';
import type { StoredNames } from '../stored-names.ts';
import { sendStreamed } from '../streamed-body.ts';
import { orderedParts, requirePartNumber } from '../upload-parts.ts';
import { type AzureAccess, plainEtag } from './azure-client.ts';
import { translateAzureError } from './azure-errors.ts';

export const AZURE_MAX_PARTS = 50_000;
/** Stands for the random half of a block's name where a client uploads it by itself. */
const DIRECT = 'direct0000000000';

type MultipartCalls = Pick<
  ObjectStore,
  'startMultipart' | 'putPart' | 'completeMultipart' | 'abortMultipart'
>;

/**
 * The name of a block. Azure gives blocks no ETag and wants names of one length in a blob: the name itself carries the
 * upload, the number and a random half, which is our ETag.
 */
export const blockName = (uploadId: string, partNumber: number, etag: string = DIRECT): string =>
  Buffer.from(`${uploadId}:${String(partNumber).padStart(5, '0')}:${etag}`).toString('base64');

export const newBlockEtag = (): string => randomHexId().slice(0, 16);

/**
 * Azure has no uploads, only blocks that wait at a blob for being named, at most a week. A small blob beside them, which
 * no key can name, says that an upload is open and whose it is.
 */
export function createAzureMultipart({ container, once }: AzureAccess, names: StoredNames): MultipartCalls {
  const markOf = ({ uploadId }: MultipartUpload) =>
    container.getBlockBlobClient(names.uploadName(uploadId, 'open'));
  const unknown = () => notFound('There is no such upload; it was completed or aborted.');

  async function isOpen(upload: MultipartUpload, { signal }: CallOptions): Promise<boolean> {
    if (!/^[0-9a-f]{32}$/.test(upload.uploadId)) return false;
    try {
      const facts = await translated(
        () => markOf(upload).getProperties({ abortSignal: signal }),
        translateAzureError,
        signal,
      );
      return facts.metadata?.key === upload.key;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'NotFound') return false;
      throw error;
    }
  }

  async function requireOpen(upload: MultipartUpload, options: CallOptions): Promise<void> {
    if (!(await isOpen(upload, options))) throw unknown();
  }

  return {
    async startMultipart(key, { signal } = {}) {
      const upload = { key, uploadId: randomHexId() };
      await translated(
        () => markOf(upload).upload('', 0, { metadata: { key }, abortSignal: signal }),
        translateAzureError,
        signal,
      );
      return upload;
    },

    async putPart(upload, partNumber, body, { sizeBytes, signal }) {
      requirePartNumber(partNumber, AZURE_MAX_PARTS);
      await requireOpen(upload, { signal });
      const etag = newBlockEtag();
      const name = blockName(upload.uploadId, partNumber, etag);
      // `once`: a stream cannot be sent twice.
      const blob = once.getBlockBlobClient(names.nameOf(upload.key));
      await sendStreamed(body, { sizeBytes, signal }, (stream, abortSignal) =>
        translated(
          () => blob.stageBlock(name, () => stream, sizeBytes, { abortSignal }),
          translateAzureError,
        ),
      );
      return { etag };
    },

    async completeMultipart(upload, parts, { signal } = {}) {
      const ordered = orderedParts(parts, AZURE_MAX_PARTS);
      await requireOpen(upload, { signal });
      if (ordered.some(({ etag }) => etag !== undefined && !/^[0-9a-f]{16}$/.test(etag))) {
        throw invalidArgument('A part has another ETag.', { field: 'parts' });
      }
      const blocks = ordered.map(({ partNumber, etag }) => blockName(upload.uploadId, partNumber, etag));
      const blob = once.getBlockBlobClient(names.nameOf(upload.key));
      const wire = { abortSignal: signal };
      return translated(
        async () => {
          await blob.commitBlockList(blocks, wire);
          await markOf(upload).deleteIfExists(wire);
          const { contentLength = 0, etag } = await blob.getProperties(wire);
          return { sizeBytes: contentLength, etag: plainEtag(etag) };
        },
        translateAzureError,
        signal,
      );
    },

    async abortMultipart(upload, { signal } = {}) {
      if (!(await isOpen(upload, { signal }))) return;
      await translated(
        () => markOf(upload).deleteIfExists({ abortSignal: signal }),
        translateAzureError,
        signal,
      );
    },
  };
}
