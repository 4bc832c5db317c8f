import type { Clock } from '../../kernel/clock.ts';
import { type NamedFiles, namedFilesIn, parseStoredPath } from '../named-files.ts';
import type { GcsStoreOptions } from './gcs-client.ts';
import { openGcsStore } from './gcs-store.ts';

/** Named files in a bucket of Google Cloud Storage. Makes no request. */
export async function openGcsNamedFiles(
  options: Omit<GcsStoreOptions, 'readKey'> & { readonly clock: Clock },
): Promise<NamedFiles> {
  const { bucket, prefix = '' } = options;
  const root = `gs://${[bucket, prefix.replace(/^\/+|\/+$/g, '')].filter(Boolean).join('/')}`;
  return namedFilesIn(await openGcsStore({ ...options, readKey: parseStoredPath }), root);
}
