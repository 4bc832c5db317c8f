import type { Bucket, StorageOptions } from '@google-cloud/storage';
import { AppError } from '../../kernel/errors.ts';
import type { ObjectKey } from '../object-key.ts';
import { pauseBeforeRetry, translated } from '../outage.ts';
import { translateGcsError } from './gcs-errors.ts';

export interface GcsStoreOptions {
  readonly bucket: string;
  /** Folder of the bucket; empty for all of it. */
  readonly prefix?: string;
  /** What counts as a key among the names that are found; identifiers where nothing is said. */
  readonly readKey?: (text: string) => ObjectKey;
  /** A service account; without it the SDK looks where it always does: environment, gcloud, metadata server. */
  readonly credentials?: { readonly clientEmail: string; readonly privateKey: string };
  /** Of a server for tests. No one is asked who we are there. */
  readonly endpoint?: string;
}

export interface GcsAccess {
  /** Each call is one request; `gcsCall` tries again. */
  readonly bucket: Bucket;
  /** For uploads in chunks, which the SDK resumes by asking the store how far it got. */
  readonly resuming: Bucket;
}

/** Loads the SDK only here, so that an install without GCS pays nothing for it. */
export async function openGcsAccess(options: GcsStoreOptions): Promise<GcsAccess> {
  const { IdempotencyStrategy, Storage } = await import('@google-cloud/storage');
  const { bucket, credentials, endpoint } = options;
  const account: StorageOptions =
    credentials === undefined
      ? {}
      : { credentials: { client_email: credentials.clientEmail, private_key: credentials.privateKey } };
  const server: StorageOptions =
    endpoint === undefined
      ? {}
      : { apiEndpoint: endpoint, projectId: 'unused', useAuthWithCustomEndpoint: false };
  const create = (maxRetries: number): Bucket =>
    new Storage({
      ...account,
      ...server,
      timeout: 60_000,
      retryOptions: {
        autoRetry: maxRetries > 0,
        maxRetries,
        retryDelayMultiplier: 2,
        maxRetryDelay: 5,
        totalTimeout: 60,
        // A chunk says where it belongs, so the store takes it once.
        idempotencyStrategy: IdempotencyStrategy.RetryAlways,
      },
    }).bucket(bucket);
  return { bucket: create(0), resuming: create(3) };
}

const ATTEMPTS = 3;

/**
 * Runs one call of the SDK, which knows no signals: after an abort nobody waits for it. Errors are in our words. During
 * an outage it is tried again, so the call must be idempotent, or `attempts` be 1.
 */
export async function gcsCall<T>(
  run: () => Promise<T>,
  signal: AbortSignal | undefined,
  attempts = ATTEMPTS,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await translated(
        () => (signal === undefined ? run() : orAborted(run, signal)),
        translateGcsError,
        signal,
      );
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'Unavailable' || attempt === attempts) throw error;
    }
    await pauseBeforeRetry(attempt, signal);
  }
}

function orAborted<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    run()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
