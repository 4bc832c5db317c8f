import type { Clock } from '../../kernel/clock.ts';
import { type NamedFiles, namedFilesIn, parseStoredPath } from '../named-files.ts';
import type { AzureStoreOptions } from './azure-client.ts';
import { openAzureStore } from './azure-store.ts';

/** Named files in a container of Azure Blob Storage. Makes no request. */
export async function openAzureNamedFiles(
  options: Omit<AzureStoreOptions, 'readKey'> & { readonly clock: Clock },
): Promise<NamedFiles> {
  const { account, container, prefix = '' } = options;
  const root = [`abfss://${container}@${account}.dfs.core.windows.net`, prefix.replace(/^\/+|\/+$/g, '')];
  return namedFilesIn(
    await openAzureStore({ ...options, readKey: parseStoredPath }),
    root.filter(Boolean).join('/'),
  );
}
