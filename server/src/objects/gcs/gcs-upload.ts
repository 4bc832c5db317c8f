import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FileMetadata } from '@google-cloud/storage';
import { createBodyReader } from '../body-reader.ts';
import type { ObjectBody, ObjectFacts, PutOptions } from '../port.ts';
import { chunksOf } from '../streamed-body.ts';
import { type GcsAccess, gcsCall } from './gcs-client.ts';
import { translateGcsError } from './gcs-errors.ts';

const MIB = 1024 * 1024;
/** Up to here an upload is one request; more goes in chunks of this size, which the SDK keeps to send them again. */
const CHUNK_BYTES = 8 * MIB;

/** The generation is our ETag: it stays while the bytes stay, and no two writes share one. */
export const factsOf = ({ size = 0, generation = '' }: FileMetadata): ObjectFacts => ({
  sizeBytes: Number(size),
  etag: String(generation),
});

export interface GcsUploaded {
  readonly metadata: FileMetadata;
  readonly sha256: string;
}

/** Uploads a body of unknown length; the object appears at the end. */
export async function uploadToGcs(
  { bucket, resuming }: GcsAccess,
  name: string,
  { body, ifAbsent = false, expectedSizeBytes, signal }: PutOptions & { readonly body: ObjectBody },
): Promise<GcsUploaded> {
  const reader = createBodyReader(body, { batchBytes: CHUNK_BYTES, expectedSizeBytes, signal });
  const batches = reader.batches();
  const first = await batches.next();
  const second = first.done === true ? first : await batches.next();
  const options = {
    validation: false,
    preconditionOpts: ifAbsent ? { ifGenerationMatch: 0 } : {},
    contentType: 'application/octet-stream',
  };
  let failure: { readonly error: unknown } | undefined;

  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    for (const batch of [first.value, second.value]) {
      for (const chunk of batch?.chunks ?? []) yield chunk;
    }
    yield* chunksOf(batches, (error) => {
      failure = { error };
    });
  }

  if (second.done === true) {
    const content = first.done === true ? Buffer.alloc(0) : Buffer.concat(first.value.chunks);
    const file = bucket.file(name);
    // A second try after a lost answer would meet our own object and call it another's.
    const attempts = ifAbsent ? 1 : undefined;
    await gcsCall(() => file.save(content, { ...options, resumable: false }), signal, attempts);
    return { metadata: file.metadata, sha256: reader.sha256() };
  }
  const file = resuming.file(name);
  try {
    // A session that is not finished shows nothing; the store forgets it after a week.
    const target = file.createWriteStream({ ...options, resumable: true, chunkSize: CHUNK_BYTES });
    await pipeline(Readable.from(pieces(), { objectMode: false }), target, { signal });
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    signal?.throwIfAborted();
    throw translateGcsError(error);
  }
  return { metadata: file.metadata, sha256: reader.sha256() };
}
