import type { Run } from '@slipway/client';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { postJson } from '../../data/request.ts';
import { client } from '../../data/server.ts';
import { notify, notifyFailure } from '../../ui/notices.tsx';

export interface RunActions {
  rename(name: string): Promise<void>;
  clone(): Promise<void>;
  delete(): Promise<void>;
  restore(): Promise<void>;
}

/** What can be done with a run; each says what it did and, where there is one, offers the way back. */
export function useRunActions(run: Run): RunActions {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMemo(() => {
    const { runId, name, experimentId } = run;
    const changed = () => refresh(queries, runId);
    const attempt = async (action: () => Promise<void>) => {
      try {
        await action();
      } catch (error) {
        notifyFailure(error);
      }
      await changed();
    };
    const rename = (next: string, undo?: () => void) =>
      attempt(async () => {
        await client.runs.update(runId, { name: next });
        notify({ text: `The run is called “${next}” now.`, ...(undo && { undo }) });
      });
    const restore = () =>
      attempt(async () => {
        await client.runs.restore(runId);
        notify({ text: `“${name}” is back.` });
      });
    return {
      rename: (next) => rename(next, () => void rename(name)),
      restore,
      delete: () =>
        attempt(async () => {
          await client.runs.delete(runId);
          notify({ text: `“${name}” is in the trash.`, undo: () => void restore() });
        }),
      clone: () =>
        attempt(async () => {
          const copy = await client.runs.clone(runId);
          notify({ text: `“${copy.name}” has the same params and tags; it is running.` });
          await navigate({
            to: '/experiments/$experimentId/runs/$runId/$',
            params: { experimentId, runId: copy.runId, _splat: '' },
          });
        }),
    };
  }, [queries, navigate, run]);
}

export interface TagEdit {
  readonly key: string;
  /** Undefined removes the tag. */
  readonly value: string | undefined;
  /** What stood there when the editing began; undefined where there was no such tag. */
  readonly seen: string | undefined;
}

/** @throws RequestError RESOURCE_CONFLICT where somebody else changed the tag since it was seen */
export async function editTag(
  queries: QueryClient,
  runId: string,
  { key, value, seen }: TagEdit,
): Promise<void> {
  try {
    await postJson('runs/edit-tag', { run_id: runId, key, value, seen });
    queries.setQueryData<Run>(
      ['run', runId],
      (run) => run && { ...run, tags: withTag(run.tags, key, value) },
    );
  } finally {
    await refresh(queries, runId);
  }
}

function withTag(tags: Run['tags'], key: string, value: string | undefined): Run['tags'] {
  const { [key]: _, ...others } = tags;
  return value === undefined ? others : { ...others, [key]: value };
}

async function refresh(queries: QueryClient, runId: string): Promise<void> {
  await Promise.all([
    queries.invalidateQueries({ queryKey: ['run', runId] }),
    queries.invalidateQueries({ queryKey: ['runs'] }),
  ]);
}
