import type { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { invalidArgument } from '../../kernel/errors.ts';
import type { ObjectKey } from '../object-key.ts';

export interface AzureStoreOptions {
  readonly account: string;
  readonly container: string;
  /** Folder of the container; empty for all of it. */
  readonly prefix?: string;
  /** What counts as a key among the names that are found; identifiers where nothing is said. */
  readonly readKey?: (text: string) => ObjectKey;
  /** `https://<account>.blob.core.windows.net` unless given: other clouds, private links, servers for tests. */
  readonly endpoint?: string;
  /** One of the two. Only an account key can sign URLs for others. */
  readonly accountKey?: string;
  readonly sasToken?: string;
}

export interface AzureAccess {
  readonly sdk: typeof import('@azure/storage-blob');
  /** For idempotent calls: tries up to three times. */
  readonly container: ContainerClient;
  /** For calls whose lost answer must not lead to a second try. */
  readonly once: ContainerClient;
  readonly credential: StorageSharedKeyCredential | undefined;
}

const TRY_TIMEOUT_MS = 60_000;

/** Loads the SDK only here, so that an install without Azure pays nothing for it. */
export async function openAzureAccess(options: AzureStoreOptions): Promise<AzureAccess> {
  const sdk = await import('@azure/storage-blob');
  const { account, accountKey, sasToken, endpoint = `https://${account}.blob.core.windows.net` } = options;
  if (accountKey === undefined && sasToken === undefined) {
    throw invalidArgument('Azure Blob Storage wants an account key or a SAS token.');
  }
  const credential =
    accountKey === undefined ? undefined : new sdk.StorageSharedKeyCredential(account, accountKey);
  const url = credential === undefined ? `${endpoint}?${sasToken?.replace(/^\?/, '')}` : endpoint;
  const create = (maxTries: number): ContainerClient =>
    new sdk.BlobServiceClient(url, credential ?? new sdk.AnonymousCredential(), {
      retryOptions: {
        maxTries,
        tryTimeoutInMs: TRY_TIMEOUT_MS,
        retryDelayInMs: 200,
        maxRetryDelayInMs: 5_000,
      },
    }).getContainerClient(options.container);
  return { sdk, container: create(3), once: create(1), credential };
}

/** Azure writes ETags in quotes. */
export const plainEtag = (etag: string | undefined): string => (etag ?? '').replaceAll('"', '');
