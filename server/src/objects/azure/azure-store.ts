import { Readable } from 'node:stream';
import type { Clock } from '../../kernel/clock.ts';
import { AppError, internal, unavailable } from '../../kernel/errors.ts';
import { randomHexId } from '../../kernel/ids.ts';
import { resolveRange } from '../byte-range.ts';
import type { ObjectKey } from '../object-key.ts';
import { translated } from '../outage.ts';
import type { ObjectFacts, ObjectStore } from '../port.ts';
import { resumingStream } from '../resuming-stream.ts';
import { createStoredNames, requireListLimit } from '../stored-names.ts';
import { uploadInParts } from '../upload-in-parts.ts';
import { type AzureStoreOptions, openAzureAccess, plainEtag } from './azure-client.ts';
import { translateAzureError } from './azure-errors.ts';
import { AZURE_MAX_PARTS, blockName, createAzureMultipart, newBlockEtag } from './azure-multipart.ts';
import { createAzureSigner } from './azure-signer.ts';

const MIB = 1024 * 1024;
const COPY_POLL_MS = 500;

/** Objects as block blobs of a container of Azure Blob Storage. Makes no request. */
export async function openAzureStore(
  options: AzureStoreOptions & { readonly clock: Clock },
): Promise<ObjectStore> {
  const access = await openAzureAccess(options);
  const { container, once } = access;
  const names = createStoredNames(options.prefix ?? '', options.readKey);

  const call = <T>(run: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
    translated(run, translateAzureError, signal);
  const blobOf = (key: ObjectKey) => container.getBlockBlobClient(names.nameOf(key));

  async function head(key: ObjectKey, signal: AbortSignal | undefined): Promise<ObjectFacts> {
    const facts = await call(() => blobOf(key).getProperties({ abortSignal: signal }), signal);
    return { sizeBytes: facts.contentLength ?? 0, etag: plainEtag(facts.etag) };
  }

  return {
    capabilities: {
      kind: 'azure',
      minPartSizeBytes: 0,
      maxPartSizeBytes: 4000 * MIB,
      maxParts: AZURE_MAX_PARTS,
    },

    async put(key, body, { ifAbsent = false, expectedSizeBytes, signal } = {}) {
      const conditions = ifAbsent ? { ifNoneMatch: '*' } : {};
      const wire = { abortSignal: signal };
      // A second try after a lost answer would meet our own object and call it another's.
      const writer = (ifAbsent ? once : container).getBlockBlobClient(names.nameOf(key));
      const uploadId = randomHexId();
      return uploadInParts(
        body,
        {
          async whole(content) {
            const { etag } = await call(
              () => writer.upload(content, content.length, { ...wire, conditions }),
              signal,
            );
            return plainEtag(etag);
          },
          begin: async () => undefined,
          async part(partNumber, content) {
            const name = blockName(uploadId, partNumber, newBlockEtag());
            await call(() => blobOf(key).stageBlock(name, content, content.length, wire), signal);
            return name;
          },
          async complete(blocks) {
            try {
              const { etag } = await call(
                () => writer.commitBlockList([...blocks], { ...wire, conditions }),
                signal,
              );
              return plainEtag(etag);
            } catch (error) {
              // Whoever writes a blob drops the blocks that others have waiting there.
              if (!(error instanceof AppError) || error.code !== 'InvalidArgument') throw error;
              throw unavailable('The object was written by another meanwhile. Try again.', { cause: error });
            }
          },
          // Blocks that nobody names vanish after a week; Azure has no call for it.
          abandon: async () => undefined,
        },
        { expectedSizeBytes, signal },
      );
    },

    async get(key, { range, signal } = {}) {
      // One question more than the others need: Azure reads no last bytes, and refuses no range of an empty blob.
      const facts = await head(key, signal);
      const { start, lengthBytes } = resolveRange(range, facts.sizeBytes);
      if (lengthBytes === 0) return { ...facts, start, lengthBytes, stream: Readable.from([]) };
      const open = async (from: number, length: number): Promise<Readable> => {
        const { readableStreamBody } = await call(
          () =>
            blobOf(key).download(from, length, {
              abortSignal: signal,
              conditions: { ifMatch: `"${facts.etag}"` },
              maxRetryRequests: 0,
            }),
          signal,
        );
        if (!(readableStreamBody instanceof Readable)) throw internal('The Azure SDK gave no Node stream.');
        return readableStreamBody;
      };
      const stream = resumingStream({
        first: await open(start, lengthBytes),
        start,
        lengthBytes,
        signal,
        translate: translateAzureError,
        reopen: open,
      });
      return { ...facts, start, lengthBytes, stream };
    },

    head: (key, { signal } = {}) => head(key, signal),

    async delete(key, { signal } = {}) {
      await call(
        () => blobOf(key).deleteIfExists({ deleteSnapshots: 'include', abortSignal: signal }),
        signal,
      );
    },

    async list(prefix, { after, limit, signal }) {
      requireListLimit(limit);
      const pages = container
        .listBlobsFlat({ prefix: names.nameOf(prefix), abortSignal: signal })
        .byPage({ maxPageSize: limit, continuationToken: after });
      const { value: page, done } = await call(() => pages.next(), signal);
      if (done) return { objects: [], next: undefined };
      const entries = page.segment.blobItems.map(({ name, properties }) => ({
        name,
        sizeBytes: properties.contentLength ?? 0,
      }));
      return { objects: names.listed(entries), next: page.continuationToken || undefined };
    },

    async copy(from, to, { signal } = {}) {
      await call(async () => {
        const poller = await blobOf(to).beginCopyFromURL(blobOf(from).url, {
          abortSignal: signal,
          intervalInMs: COPY_POLL_MS,
        });
        await poller.pollUntilDone();
      }, signal);
      return head(to, signal);
    },

    ...createAzureMultipart(access, names),
    sign:
      access.credential === undefined
        ? undefined
        : createAzureSigner(access, names, () => options.clock.nowMs()),

    close: async () => undefined,
  };
}
