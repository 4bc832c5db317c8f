import type { ExperimentOverview, TreeFolder } from '../../data/experiments.ts';
import { queryClient } from '../../data/query-client.ts';
import { client } from '../../data/server.ts';
import { notify, notifyFailure } from '../../ui/notices.tsx';
import { renderCount } from '../../ui/numbers.ts';

/** Everything that shows experiments reads them anew. */
export async function experimentsChanged(): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['experiments'] }),
    queryClient.invalidateQueries({ queryKey: ['experiment'] }),
    queryClient.invalidateQueries({ queryKey: ['home'] }),
  ]);
}

/** Does something, shows that it is done with the way back, or shows what went wrong. */
async function act(doing: () => Promise<unknown>, text: string, undo: () => Promise<unknown>): Promise<void> {
  try {
    await doing();
    await experimentsChanged();
    notify({ text, undo: () => void takeBack(undo) });
  } catch (error) {
    notifyFailure(error);
  }
}

async function takeBack(undo: () => Promise<unknown>): Promise<void> {
  try {
    await undo();
    await experimentsChanged();
  } catch (error) {
    notifyFailure(error);
  }
}

const runs = (count: number): string => `${renderCount(count)} ${count === 1 ? 'run' : 'runs'}`;
const experiments = (count: number): string =>
  `${renderCount(count)} ${count === 1 ? 'experiment' : 'experiments'}`;

export function deleteExperiment({ experiment_id: id, name, run_count }: ExperimentOverview): Promise<void> {
  return act(
    () => client.experiments.delete(id),
    `“${name}” is in the trash${run_count > 0 ? `, with ${runs(run_count)}` : ''}.`,
    () => client.experiments.restore(id),
  );
}

export function restoreExperiment({ experiment_id: id, name }: ExperimentOverview): Promise<void> {
  return act(
    () => client.experiments.restore(id),
    `“${name}” is back from the trash.`,
    () => client.experiments.delete(id),
  );
}

export function deleteFolder({ path, active_experiments: count }: TreeFolder): Promise<void> {
  let deletedAtMs: number | undefined;
  return act(
    async () => {
      deletedAtMs = (await client.experiments.deleteFolder(path)).deletedAtMs;
    },
    `The folder “${path}” is in the trash, with ${experiments(count)}.`,
    () => client.experiments.restoreFolder(path, { deletedAtMs }),
  );
}

export function restoreFolder({ path, deleted_experiments: count }: TreeFolder): Promise<void> {
  return act(
    () => client.experiments.restoreFolder(path),
    `The folder “${path}” is back from the trash, with ${experiments(count)}.`,
    () => client.experiments.deleteFolder(path),
  );
}

/** What a dialog renames; it shows what goes wrong itself. */
export type Renamed =
  | { readonly kind: 'experiment'; readonly experiment: ExperimentOverview }
  | { readonly kind: 'folder'; readonly folder: TreeFolder };

/** @throws SlipwayError when the name is in use */
export async function rename(renamed: Renamed, to: string): Promise<void> {
  const from = renamed.kind === 'experiment' ? renamed.experiment.name : renamed.folder.path;
  const move = (source: string, target: string): Promise<unknown> =>
    renamed.kind === 'experiment'
      ? client.experiments.update(renamed.experiment.experiment_id, { name: target })
      : client.experiments.renameFolder(source, target);
  await move(from, to);
  await experimentsChanged();
  notify({ text: `“${from}” is now “${to}”.`, undo: () => void takeBack(() => move(to, from)) });
}

/** @returns the id of the new experiment. @throws SlipwayError when the name is in use */
export async function createExperiment(name: string, note: string): Promise<string> {
  const id = await client.experiments.create({
    name,
    ...(note !== '' && { tags: { 'mlflow.note.content': note } }),
  });
  await experimentsChanged();
  return id;
}
