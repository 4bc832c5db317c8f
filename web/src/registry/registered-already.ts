import { useQuery } from '@tanstack/react-query';
import { client } from '../data/server.ts';
import type { VersionSource } from './register-version.tsx';
import { type NamedVersion, readVersionsTag } from './versions-tag.ts';

const MOST = 100;

/** The versions that a source is registered as already; undefined while they are asked for. */
export function useRegisteredAlready(source: VersionSource): readonly NamedVersion[] | undefined {
  return useQuery({
    queryKey: ['registered-as', source.source],
    queryFn: async ({ signal }): Promise<readonly NamedVersion[]> => {
      const { modelId, runId } = source;
      if (modelId !== undefined) {
        const model = await client.loggedModels.get(modelId, { signal });
        const named = readVersionsTag(model.tags['mlflow.modelVersions']);
        // A version that is gone stays in the list.
        const found = await Promise.allSettled(
          named.map(({ name, version }) => client.modelVersions.get(name, version, { signal })),
        );
        return named.filter((_, i) => found[i]!.status === 'fulfilled');
      }
      if (runId === undefined) return [];
      const ofRun = await client.modelVersions
        .search({ filter: `run_id = '${runId}'`, signal })
        .toArray({ limit: MOST });
      return ofRun.filter((version) => version.source === source.source);
    },
    staleTime: 0,
    placeholderData: undefined,
  }).data;
}
