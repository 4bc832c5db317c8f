import type { Experiment } from '@slipway/client';
import { queryOptions } from '@tanstack/react-query';
import { queryClient } from '../../data/query-client.ts';
import { experimentKey } from '../../data/run-opening.ts';
import { client } from '../../data/server.ts';
import { notify, notifyFailure } from '../../ui/notices.tsx';

export const NOTE_TAG = 'mlflow.note.content';

/** Another experiment's facts must never stand under this one's name, so nothing is shown until it has come. */
export const experimentQuery = (experimentId: string) =>
  queryOptions({
    queryKey: experimentKey(experimentId),
    queryFn: ({ signal }) => client.experiments.get(experimentId, { signal }),
    placeholderData: undefined,
  });

async function experimentChanged(): Promise<void> {
  await Promise.all(
    [['experiment'], ['experiments'], ['home']].map((queryKey) =>
      queryClient.invalidateQueries({ queryKey }),
    ),
  );
}

/** @throws SlipwayError when the name is in use */
export async function renameExperiment({ experimentId, name }: Experiment, to: string): Promise<void> {
  await client.experiments.update(experimentId, { name: to });
  await experimentChanged();
  notify({
    text: `“${name}” is now “${to}”.`,
    undo: () => void client.experiments.update(experimentId, { name }).then(experimentChanged, notifyFailure),
  });
}

/** @throws SlipwayError */
export async function saveNote({ experimentId }: Experiment, note: string): Promise<void> {
  await client.experiments.setTag(experimentId, NOTE_TAG, note);
  await experimentChanged();
}

export async function deleteExperiment({ experimentId, name }: Experiment): Promise<void> {
  try {
    await client.experiments.delete(experimentId);
    await experimentChanged();
    notify({
      text: `“${name}” and its runs are in the trash.`,
      undo: () => void client.experiments.restore(experimentId).then(experimentChanged, notifyFailure),
    });
  } catch (error) {
    notifyFailure(error);
  }
}

export async function restoreExperiment({ experimentId, name }: Experiment): Promise<void> {
  try {
    await client.experiments.restore(experimentId);
    await experimentChanged();
    notify({ text: `“${name}” is back from the trash.` });
  } catch (error) {
    notifyFailure(error);
  }
}
