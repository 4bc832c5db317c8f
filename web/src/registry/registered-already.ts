import type { ModelVersion } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { client } from '../data/server.ts';
import type { VersionSource } from './register-version.tsx';

const MOST = 100;

/** The versions that a source is registered as already; undefined while they are asked for. */
export function useRegisteredAlready({
  source,
  runId,
  modelId,
}: VersionSource): readonly ModelVersion[] | undefined {
  return useQuery({
    queryKey: ['registered-as', source],
    queryFn: async ({ signal }): Promise<readonly ModelVersion[]> => {
      if (runId === undefined) return [];
      const ofRun = await client.modelVersions
        .search({ filter: `run_id = '${runId}'`, signal })
        .toArray({ limit: MOST });
      // A logged model is named by its id in any of the sources that clients write.
      return ofRun.filter((version) =>
        modelId === undefined ? version.source === source : version.source?.includes(modelId),
      );
    },
    staleTime: 0,
    placeholderData: undefined,
  }).data;
}
