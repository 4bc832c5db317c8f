import type { Run } from '@slipway/client';
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLiveChanges } from '../../data/live.ts';
import { client } from '../../data/server.ts';
import type { ArtifactOwner } from '../../viewers/artifact-owner.ts';
import type { VersionName } from './compare-search.ts';
import { ENVIRONMENT_FILES, type Environment, readPackages } from './packages.ts';

export interface ComparedRuns {
  /** Those that were read, in the order of the address. */
  readonly runs: readonly Run[];
  readonly isPending: boolean;
  /** Of the first one that could not be read, and how many there are. */
  readonly error: Error | undefined;
  readonly failed: readonly string[];
  readonly retry: () => void;
}

/** Another run's facts must never stand under a name, so nothing old is shown in place of what comes. */
export function useComparedRuns(runIds: readonly string[]): ComparedRuns {
  const results = useQueries({
    queries: runIds.map((runId) => ({
      queryKey: ['run', runId],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.runs.get(runId, { signal }),
      placeholderData: undefined,
    })),
  });
  return {
    runs: results.flatMap(({ data }) => data ?? []),
    isPending: results.some(({ isPending }) => isPending),
    error: results.find(({ error }) => error)?.error ?? undefined,
    failed: runIds.filter((_, i) => results[i]?.isError),
    retry: () => {
      for (const result of results) if (result.isError) void result.refetch();
    },
  };
}

/** The runs that versions of registered models came from; versions without a run are told apart. */
export function useSourceRuns(versions: readonly VersionName[]) {
  return useQuery({
    queryKey: ['model-version', 'source-runs', versions],
    queryFn: async ({ signal }) => {
      const found = await Promise.all(
        versions.map(({ name, version }) => client.modelVersions.get(name, version, { signal })),
      );
      return found.map(({ runId }, i) => ({ ...versions[i]!, runId }));
    },
    enabled: versions.length > 0,
    placeholderData: undefined,
  });
}

/** What is shown follows the server. */
export function useLiveComparison(runs: readonly Run[]): void {
  const queries = useQueryClient();
  const experimentIds = [...new Set(runs.map(({ experimentId }) => experimentId))].sort();
  const ids = new Set(runs.map(({ runId }) => runId));
  useLiveChanges(experimentIds, ({ runs: changed, points, isReset }) => {
    for (const id of ids) {
      if (isReset || changed.has(id) || points.has(id))
        void queries.invalidateQueries({ queryKey: ['run', id], exact: true });
    }
  });
}

const MOST_FOLDERS = 12;

/** The environments of runs: from their artifacts, from a model in them, or from a model that they logged. */
export function useEnvironments(runs: readonly Run[]) {
  return useQueries({
    queries: runs.map((run) => ({
      queryKey: ['run', run.runId, 'environment', run.modelOutputs.map(({ modelId }) => modelId)],
      queryFn: ({ signal }: { signal: AbortSignal }) => readEnvironment(run, signal),
      placeholderData: undefined,
      staleTime: 5 * 60_000,
    })),
  });
}

async function readEnvironment(run: Run, signal: AbortSignal): Promise<Environment> {
  const own: ArtifactOwner = { runId: run.runId };
  const root = await listFolder(own, '', signal);
  const model = run.modelOutputs.at(-1);
  const places: { owner: ArtifactOwner; folder: string; source: string }[] = [
    { owner: own, folder: '', source: 'artifacts of the run' },
    ...(model === undefined
      ? []
      : [{ owner: { modelId: model.modelId }, folder: '', source: `logged model ${model.modelId}` }]),
    ...root
      .filter(({ isFolder }) => isFolder)
      .slice(0, MOST_FOLDERS)
      .map(({ path }) => ({ owner: own, folder: path, source: path })),
  ];
  for (const { owner, folder, source } of places) {
    const entries = folder === '' && 'runId' in owner ? root : await listFolder(owner, folder, signal);
    const names = ENVIRONMENT_FILES.filter((name) =>
      entries.some(({ path }) => path === below(folder, name)),
    );
    if (names.length === 0) continue;
    const texts = await Promise.all(
      names.map((name) => client.artifacts.text(owner, below(folder, name), { signal })),
    );
    const files = Object.fromEntries(names.map((name, i) => [name, texts[i]!]));
    return { source, files, packages: readPackages(files) };
  }
  return { source: undefined, files: {}, packages: {} };
}

const below = (folder: string, name: string) => (folder === '' ? name : `${folder}/${name}`);

async function listFolder(owner: ArtifactOwner, path: string, signal: AbortSignal) {
  return client.artifacts.list(owner, { ...(path !== '' && { path }), signal }).toArray({ limit: 1000 });
}
