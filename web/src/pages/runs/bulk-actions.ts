import { queryClient } from '../../data/query-client.ts';
import { type BulkAction, type BulkAnswer, changeRuns } from '../../data/run-table.ts';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { renderCount } from '../../ui/numbers.ts';

/** Everything that shows runs reads them anew. */
async function runsChanged(): Promise<void> {
  await Promise.all(
    [['runs'], ['run'], ['home'], ['experiments']].map((queryKey) =>
      queryClient.invalidateQueries({ queryKey }),
    ),
  );
}

export const countRuns = (count: number) => `${renderCount(count)} ${count === 1 ? 'run' : 'runs'}`;

export function deleteRuns(runIds: readonly string[]): Promise<boolean> {
  return act(
    runIds,
    { action: 'delete' },
    (count) => `${countRuns(count)} moved to the trash.`,
    ({ run_ids }) => changeRuns(run_ids, { action: 'restore' }),
  );
}

export function restoreRuns(runIds: readonly string[]): Promise<boolean> {
  return act(
    runIds,
    { action: 'restore' },
    (count) => `${countRuns(count)} restored.`,
    ({ run_ids }) => changeRuns(run_ids, { action: 'delete' }),
  );
}

export function tagRuns(runIds: readonly string[], key: string, value: string): Promise<boolean> {
  return act(
    runIds,
    { action: 'set-tag', key, value },
    (count) => `${countRuns(count)} tagged ${key} = ${value}.`,
    (answer) => restoreTags(key, answer),
  );
}

export function untagRuns(runIds: readonly string[], key: string): Promise<boolean> {
  return act(
    runIds,
    { action: 'delete-tag', key },
    (count) => `Tag ${key} removed from ${countRuns(count)}.`,
    (answer) => restoreTags(key, answer),
  );
}

/** Does it, says so with the way back, or says what went wrong. @returns whether it was done */
async function act(
  runIds: readonly string[],
  action: BulkAction,
  describe: (changed: number) => string,
  undo: (answer: BulkAnswer) => Promise<unknown>,
): Promise<boolean> {
  try {
    const answer = await changeRuns(runIds, action);
    await runsChanged();
    const refused = answer.refused ?? [];
    if (answer.changed > 0)
      notify({ text: describe(answer.changed), undo: () => void takeBack(() => undo(answer)) });
    if (refused.length > 0) {
      notify({
        text: `${countRuns(refused.length)} could not be changed: ${refused[0]!.message}`,
        tone: 'failed',
      });
    }
    return true;
  } catch (error) {
    notifyFailure(error);
    return false;
  }
}

async function takeBack(undo: () => Promise<unknown>): Promise<void> {
  try {
    await undo();
    await runsChanged();
  } catch (error) {
    notifyFailure(error);
  }
}

/** Each run gets back the value that it had, and those that had none lose the tag. */
async function restoreTags(key: string, { run_ids, previous = [] }: BulkAnswer): Promise<void> {
  const byValue = new Map<string | null, string[]>();
  run_ids.forEach((runId, i) => {
    const value = previous[i] ?? null;
    byValue.set(value, [...(byValue.get(value) ?? []), runId]);
  });
  for (const [value, ids] of byValue) {
    await changeRuns(ids, value === null ? { action: 'delete-tag', key } : { action: 'set-tag', key, value });
  }
}
