import type { ArtifactEntry } from '@slipway/client';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { client } from '../data/server.ts';
import { type ArtifactOwner, ownerKey } from './artifact-owner.ts';
import { folderOf } from './kinds.ts';

/** A folder with more files than this is shown in part, and says so. */
const MOST_SHOWN = 20_000;

export interface Folder {
  readonly entries: readonly ArtifactEntry[];
  readonly isCut: boolean;
}

/** What lies in a folder: folders first, then files, each in the order in which people count (`step 2`, `step 10`). */
export const folderQuery = (owner: ArtifactOwner, path: string) =>
  queryOptions({
    queryKey: ['artifacts', ownerKey(owner), path],
    queryFn: async ({ signal }): Promise<Folder> => {
      const found = await client.artifacts
        .list(owner, { ...(path !== '' && { path }), signal })
        .toArray({ limit: MOST_SHOWN + 1 });
      return {
        entries: found.slice(0, MOST_SHOWN).sort(compareEntries),
        isCut: found.length > MOST_SHOWN,
      };
    },
    placeholderData: undefined,
  });

const names = new Intl.Collator('en', { numeric: true });

const compareEntries = (a: ArtifactEntry, b: ArtifactEntry): number =>
  Number(b.isFolder) - Number(a.isFolder) || names.compare(a.path, b.path);

/** The entry of a path in its folder; its `data` is null where there is no such entry. */
export function useEntry(owner: ArtifactOwner, path: string) {
  return useQuery({
    ...folderQuery(owner, folderOf(path)),
    select: ({ entries }) => entries.find((entry) => entry.path === path) ?? null,
  });
}
