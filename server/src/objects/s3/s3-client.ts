import type { S3Client } from '@aws-sdk/client-s3';
import type { ObjectKey } from '../object-key.ts';

export interface S3StoreOptions {
  readonly bucket: string;
  /** Folder of the bucket; empty for all of it. */
  readonly prefix?: string;
  /** What counts as a key among the names that are found; identifiers where nothing is said. */
  readonly readKey?: (text: string) => ObjectKey;
  /** Without it the SDK looks where it always does: environment, profile, instance. */
  readonly region?: string;
  /** Of a server that speaks S3 but is not Amazon's; its buckets are then parts of the path. */
  readonly endpoint?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

export interface S3Access {
  readonly sdk: typeof import('@aws-sdk/client-s3');
  /** For idempotent calls: tries up to three times. */
  readonly client: S3Client;
  /** For calls whose lost answer must not lead to a second try: conditional writes, completing an upload. */
  readonly once: S3Client;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Without a byte in either direction. */
const IDLE_TIMEOUT_MS = 60_000;
const MAX_SOCKETS = 128;

const silent = (): void => undefined;

/** Loads the SDK only here, so that an install without S3 pays nothing for it. */
export async function openS3Access(options: S3StoreOptions): Promise<S3Access> {
  const sdk = await import('@aws-sdk/client-s3');
  const { region, endpoint, credentials } = options;
  const create = (maxAttempts: number): S3Client =>
    new sdk.S3Client({
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...(credentials === undefined ? {} : { credentials }),
      maxAttempts,
      // It would write to the console what comes out as an error anyway.
      logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
      // Optional checksums break signed URLs, and many servers that speak S3 do not know them; TLS keeps the bytes.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      followRegionRedirects: endpoint === undefined,
      requestHandler: {
        connectionTimeout: CONNECT_TIMEOUT_MS,
        socketTimeout: IDLE_TIMEOUT_MS,
        httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
        httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      },
    });
  return { sdk, client: create(3), once: create(1) };
}

/** S3 writes ETags in quotes. */
export const plainEtag = (etag: string | undefined): string => (etag ?? '').replaceAll('"', '');
