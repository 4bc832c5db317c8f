import type { Run } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { client } from '../data/server.ts';
import { betterDirection } from '../registry/metric-deltas.ts';
import { readOpened } from './opened-runs.ts';

/** A run to compare with, and what speaks for it. */
export interface SuggestedRun {
  readonly runId: string;
  readonly name: string;
  readonly why: string;
}

type Compared = Pick<Run, 'runId' | 'experimentId' | 'metrics' | 'tags'>;

const MOST_MODELS = 20;
const MOST_HOLDERS = 3;
const MOST_BEST = 2;
const MOST_OPENED = 5;

/** What a run may be compared with: its parent, the champions' runs, the best of its experiment, the last that were opened. */
export function useSuggestedRuns(about: Compared | undefined, isWanted: boolean) {
  return useQuery({
    queryKey: ['runs', 'suggested', about?.runId],
    queryFn: async ({ signal }): Promise<readonly SuggestedRun[]> => {
      const found = await Promise.all([
        isFound(parentOf(about, signal)),
        isFound(holders(signal)),
        isFound(bestOf(about, signal)),
      ]);
      const opened = readOpened()
        .slice(0, MOST_OPENED + 1)
        .map(({ runId, name }): SuggestedRun => ({ runId, name, why: 'opened before' }));
      const once = new Map<string, SuggestedRun>();
      for (const run of [...found.flat(), ...opened]) if (!once.has(run.runId)) once.set(run.runId, run);
      return [...once.values()];
    },
    enabled: isWanted,
    staleTime: 0,
    placeholderData: undefined,
  });
}

/** A suggestion that cannot be made is none; the others stand. */
const isFound = (asked: Promise<readonly SuggestedRun[]>): Promise<readonly SuggestedRun[]> =>
  asked.catch(() => []);

async function parentOf(about: Compared | undefined, signal: AbortSignal): Promise<readonly SuggestedRun[]> {
  const parentId = about?.tags['mlflow.parentRunId'];
  if (parentId === undefined) return [];
  const { runId, name } = await client.runs.get(parentId, { signal });
  return [{ runId, name, why: 'parent' }];
}

/** The runs of what is in use: of the models that changed last, the versions that hold `champion`, else another alias. */
async function holders(signal: AbortSignal): Promise<readonly SuggestedRun[]> {
  const models = await client.registeredModels
    .search({ orderBy: ['last_updated_timestamp DESC'], pageSize: MOST_MODELS, signal })
    .toArray({ limit: MOST_MODELS });
  const held = models.flatMap(({ name, aliases }) => {
    const alias = Object.hasOwn(aliases, 'champion') ? 'champion' : Object.keys(aliases)[0];
    const version = alias === undefined ? undefined : aliases[alias];
    return version === undefined ? [] : [{ name, alias, version }];
  });
  const found = await Promise.allSettled(
    held.slice(0, MOST_HOLDERS).map(async ({ name, alias, version }): Promise<SuggestedRun[]> => {
      const { runId } = await client.modelVersions.get(name, version, { signal });
      if (!runId) return [];
      const run = await client.runs.get(runId, { signal });
      return [{ runId, name: run.name, why: `${name}@${alias}` }];
    }),
  );
  return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

/** The first of the experiment by metrics of which it is known whether more is better. */
async function bestOf(about: Compared | undefined, signal: AbortSignal): Promise<readonly SuggestedRun[]> {
  if (about === undefined) return [];
  const keys = Object.keys(about.metrics)
    .filter((key) => betterDirection(key) !== undefined && !key.includes('`'))
    .sort()
    .slice(0, MOST_BEST);
  const found = await Promise.all(
    keys.map(async (key): Promise<readonly SuggestedRun[]> => {
      const [best] = await client.runs
        .search({
          experimentIds: [about.experimentId],
          orderBy: [`metrics.\`${key}\` ${betterDirection(key) === 'higher' ? 'DESC' : 'ASC'}`],
          pageSize: 1,
          signal,
        })
        .toArray({ limit: 1 });
      return best === undefined ? [] : [{ runId: best.runId, name: best.name, why: `best ${key}` }];
    }),
  );
  return found.flat();
}
