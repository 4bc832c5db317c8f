import type { Readable } from 'node:stream';
import type { KeyPrefix, ObjectKey } from './object-key.ts';

/**
 * Named byte sequences on a folder, S3, Azure Blob Storage or Google Cloud Storage. Every adapter promises, and
 * `conformance/` proves:
 *
 * 1. An object is visible whole or not at all. An upload that fails, is aborted, or whose process dies, leaves what was
 *    under the key before; only where the store's last answer was lost (Unavailable), the new object may be there, whole.
 *    Readers that have begun keep reading the bytes they began with, or fail; never a mixture.
 * 2. What `put`, `copy` and `completeMultipart` resolve with survives a crash of the machine.
 * 3. After `put` or `delete` resolves, `get`, `head` and `list` of everyone see it.
 * 4. Of any number of simultaneous `put`s with `ifAbsent` on one key, one succeeds.
 * 5. Memory per transfer is bounded (below 64 MiB), whatever the size; a slow reader or writer slows the other side.
 * 6. An ETag stays while the bytes stay, and changes when they are replaced. It is opaque, without quotes.
 * 7. Errors are AppErrors: NotFound, AlreadyExists (`ifAbsent`), RangeNotSatisfiable, InvalidArgument, Unavailable (the
 *    store is out of reach, full or refuses us; worth another try later). An aborted `signal` rejects with its reason,
 *    a failing body with the body's own error.
 *    The caller sees to it that no key is the folder of another (`a` and `a/b`): gateways over file systems refuse that.
 * 8. Only idempotent calls are tried again inside: all but those that send a body which cannot be read twice.
 */
export interface ObjectStore {
  readonly capabilities: StoreCapabilities;
  put(key: ObjectKey, body: ObjectBody, options?: PutOptions): Promise<PutResult>;
  /** The caller reads the stream to its end or destroys it. @throws NotFound, RangeNotSatisfiable */
  get(key: ObjectKey, options?: GetOptions): Promise<ObjectRead>;
  /** @throws NotFound */
  head(key: ObjectKey, options?: CallOptions): Promise<ObjectFacts>;
  /** Absent already is a success. */
  delete(key: ObjectKey, options?: CallOptions): Promise<void>;
  /** Keys with that beginning in ascending order of their letters. */
  list(prefix: KeyPrefix, options: ListOptions): Promise<ObjectPage>;
  /** Replaces what was under `to`. @throws NotFound when `from` is absent. */
  copy(from: ObjectKey, to: ObjectKey, options?: CallOptions): Promise<ObjectFacts>;

  /** Nothing is visible under the key until `completeMultipart`. */
  startMultipart(key: ObjectKey, options?: CallOptions): Promise<MultipartUpload>;
  /** Parts come in any order, also at the same time; one sent again replaces the earlier. @throws NotFound (upload) */
  putPart(
    upload: MultipartUpload,
    partNumber: number,
    body: ObjectBody,
    options: PartOptions,
  ): Promise<PutPart>;
  /**
   * Joins the given parts in the order of their numbers; others are dropped. An `etag` may be missing where `sign.part`
   * said so. Not idempotent everywhere: a second call may answer NotFound.
   * @throws NotFound (upload), InvalidArgument (no parts, a part that is absent or has another ETag)
   */
  completeMultipart(
    upload: MultipartUpload,
    parts: readonly CompletedPart[],
    options?: CallOptions,
  ): Promise<ObjectFacts>;
  /** Frees the parts. Done or unknown already is a success. */
  abortMultipart(upload: MultipartUpload, options?: CallOptions): Promise<void>;

  /** Requests that a client sends to the store itself; undefined where the store or our credentials cannot. */
  readonly sign: ObjectSigner | undefined;
  /** Lets go of connections. Calls that run are not waited for. */
  close(): Promise<void>;
}

export interface StoreCapabilities {
  readonly kind: 'local' | 's3' | 'azure' | 'gcs';
  /** All parts but the last must have at least this size. */
  readonly minPartSizeBytes: number;
  readonly maxPartSizeBytes: number;
  /** Part numbers run from 1 to this. */
  readonly maxParts: number;
}

/** A Node `Readable` is one. A chunk belongs to the store once it is handed over. */
export type ObjectBody = AsyncIterable<Uint8Array>;

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface PutOptions extends CallOptions {
  /** Refuse with AlreadyExists, and change nothing, where the key has an object. */
  readonly ifAbsent?: boolean;
  /** A body of another size is refused with InvalidArgument. */
  readonly expectedSizeBytes?: number;
}

export interface GetOptions extends CallOptions {
  readonly range?: ByteRange;
}

/** As in HTTP: `end` is inclusive, may be missing and may lie behind the last byte. */
export type ByteRange = { readonly start: number; readonly end?: number } | { readonly lastBytes: number };

export interface ListOptions extends CallOptions {
  /** The `next` of the page before, unchanged. */
  readonly after?: string;
  /** 1 to 1000. */
  readonly limit: number;
}

export interface PartOptions extends CallOptions {
  /** Stores want the length before the first byte. */
  readonly sizeBytes: number;
}

export interface ObjectFacts {
  readonly sizeBytes: number;
  readonly etag: string;
}

export interface PutResult extends ObjectFacts {
  /** Of the bytes that were read from the body, as 64 hex digits. */
  readonly sha256: string;
}

export interface ObjectRead extends ObjectFacts {
  readonly stream: Readable;
  /** Where in the object the stream begins. */
  readonly start: number;
  /** How many bytes the stream gives; `sizeBytes` is the size of the whole object. */
  readonly lengthBytes: number;
  /**
   * The same bytes, instead of `stream`, for a reader that is done with a chunk when `write` resolves: a store that can
   * uses the same memory over and over. It closes what the read holds, also when `write` rejects.
   */
  readonly pump?: (write: (chunk: Uint8Array) => Promise<void>) => Promise<void>;
}

export interface ObjectPage {
  readonly objects: readonly ListedObject[];
  /** Absent on the last page. Opaque; good for this store and prefix only. */
  readonly next: string | undefined;
}

export interface ListedObject {
  readonly key: ObjectKey;
  readonly sizeBytes: number;
}

/** Plain data: it may be kept in a database and used by another process. */
export interface MultipartUpload {
  readonly key: ObjectKey;
  readonly uploadId: string;
}

export interface PutPart {
  readonly etag: string;
}

export interface CompletedPart {
  readonly partNumber: number;
  readonly etag?: string;
}

export interface ObjectSigner {
  get(key: ObjectKey, options: SignGetOptions): Promise<SignedRequest>;
  put(key: ObjectKey, options: SignOptions): Promise<SignedRequest>;
  part(upload: MultipartUpload, partNumber: number, options: SignOptions): Promise<SignedPart>;
}

export interface SignOptions {
  /** Rounded up to whole seconds; at most seven days. */
  readonly expiresMs: number;
}

export interface SignGetOptions extends SignOptions {
  /** What a browser saves the download as. */
  readonly fileName?: string;
  readonly contentType?: string;
}

/** Whoever has the URL has the right: it never goes to a log. */
export interface SignedRequest {
  readonly url: string;
  readonly method: 'GET' | 'PUT';
  /** To be sent as they are. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface SignedPart extends SignedRequest {
  /** Whether the answer's `ETag` header (without quotes) is wanted by `completeMultipart`. */
  readonly answersEtag: boolean;
}
