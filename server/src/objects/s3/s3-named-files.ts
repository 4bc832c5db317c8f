import { type NamedFiles, namedFilesIn, parseStoredPath } from '../named-files.ts';
import type { S3StoreOptions } from './s3-client.ts';
import { openS3Store } from './s3-store.ts';

/** Named files in a bucket of Amazon S3 or of a server that speaks its protocol. Makes no request. */
export async function openS3NamedFiles(options: Omit<S3StoreOptions, 'readKey'>): Promise<NamedFiles> {
  const { bucket, prefix = '' } = options;
  const root = `s3://${[bucket, prefix.replace(/^\/+|\/+$/g, '')].filter(Boolean).join('/')}`;
  return namedFilesIn(await openS3Store({ ...options, readKey: parseStoredPath }), root);
}
