import { Readable } from 'node:stream';
import type { Clock } from '../../kernel/clock.ts';
import { resolveRange } from '../byte-range.ts';
import type { ObjectKey } from '../object-key.ts';
import type { ObjectFacts, ObjectStore } from '../port.ts';
import { resumingStream } from '../resuming-stream.ts';
import { createStoredNames, requireListLimit } from '../stored-names.ts';
import { type GcsStoreOptions, gcsCall, openGcsAccess } from './gcs-client.ts';
import { translateGcsError } from './gcs-errors.ts';
import { createGcsMultipart, GCS_MAX_PARTS } from './gcs-multipart.ts';
import { createGcsSigner } from './gcs-signer.ts';
import { factsOf, uploadToGcs } from './gcs-upload.ts';

const GIB = 1024 * 1024 * 1024;

/** Objects in a bucket of Google Cloud Storage. Makes no request. */
export async function openGcsStore(
  options: GcsStoreOptions & { readonly clock: Clock },
): Promise<ObjectStore> {
  const access = await openGcsAccess(options);
  const { bucket } = access;
  const names = createStoredNames(options.prefix ?? '', options.readKey);

  async function head(key: ObjectKey, signal: AbortSignal | undefined): Promise<ObjectFacts> {
    const [metadata] = await gcsCall(() => bucket.file(names.nameOf(key)).getMetadata(), signal);
    return factsOf(metadata);
  }

  return {
    capabilities: {
      kind: 'gcs',
      minPartSizeBytes: 0,
      maxPartSizeBytes: 5 * GIB,
      maxParts: GCS_MAX_PARTS,
    },

    async put(key, body, putOptions = {}) {
      const { metadata, sha256 } = await uploadToGcs(access, names.nameOf(key), { ...putOptions, body });
      return { ...factsOf(metadata), sha256 };
    },

    async get(key, { range, signal } = {}) {
      const facts = await head(key, signal);
      const { start, lengthBytes } = resolveRange(range, facts.sizeBytes);
      if (lengthBytes === 0) return { ...facts, start, lengthBytes, stream: Readable.from([]) };
      // The generation makes all tries read the same bytes.
      const file = bucket.file(names.nameOf(key), { generation: facts.etag });
      const open = (from: number, length: number): Readable =>
        file.createReadStream({ start: from, end: from + length - 1, validation: false, decompress: false });
      const stream = resumingStream({
        first: open(start, lengthBytes),
        start,
        lengthBytes,
        signal,
        translate: translateGcsError,
        reopen: async (from, length) => open(from, length),
      });
      return { ...facts, start, lengthBytes, stream };
    },

    head: (key, { signal } = {}) => head(key, signal),

    async delete(key, { signal } = {}) {
      await gcsCall(() => bucket.file(names.nameOf(key)).delete({ ignoreNotFound: true }), signal);
    },

    async list(prefix, { after, limit, signal }) {
      requireListLimit(limit);
      const query = {
        prefix: names.nameOf(prefix),
        maxResults: limit,
        autoPaginate: false,
        pageToken: after,
      };
      const [files, next] = await gcsCall(() => bucket.getFiles(query), signal);
      const entries = files.map(({ name, metadata }) => ({ name, sizeBytes: Number(metadata.size ?? 0) }));
      return {
        objects: names.listed(entries),
        next: (next as { readonly pageToken?: string } | null)?.pageToken,
      };
    },

    async copy(from, to, { signal } = {}) {
      const target = bucket.file(names.nameOf(to));
      await gcsCall(() => bucket.file(names.nameOf(from)).copy(target), signal);
      return head(to, signal);
    },

    ...createGcsMultipart(access, names),
    sign: createGcsSigner(access, names, () => options.clock.nowMs()),

    close: async () => undefined,
  };
}
