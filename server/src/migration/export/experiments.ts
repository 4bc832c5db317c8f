import { alreadyExists } from '../../kernel/errors.ts';
import type { TransferredExperiment } from '../../tracking/transfer-entities.ts';
import type { TrackerSource } from '../source.ts';
import { openRestSource } from '../sources/rest.ts';
import type { RestClient } from '../sources/rest-client.ts';
import { text } from '../sources/rest-json.ts';
import { type IdMap, SOURCE_EXPERIMENT_TAG, SOURCE_NAME_TAG } from './ids.ts';

const API = '/api/2.0/mlflow';

/**
 * Looks whether names are free over there, before anything is written.
 * @throws AppError AlreadyExists naming experiments and registered models that were not exported from here.
 */
export async function refuseCollisions(client: RestClient, source: TrackerSource): Promise<void> {
  const target = openRestSource(client);
  const experiments = new Map<string, string | undefined>();
  for await (const page of target.experiments()) {
    for (const { name, tags } of page) experiments.set(name, tagValue(tags, SOURCE_EXPERIMENT_TAG));
  }
  const models = new Map<string, string | undefined>();
  for await (const page of target.registeredModels()) {
    for (const { name, tags } of page) models.set(name, tagValue(tags, SOURCE_NAME_TAG));
  }
  const collisions: string[] = [];
  for await (const page of source.experiments()) {
    for (const { experimentId, name } of page) {
      const isOther = experiments.has(name) && experiments.get(name) !== experimentId;
      if (isOther && experimentId !== '0') collisions.push(`experiment '${name}'`);
    }
  }
  for await (const page of source.registeredModels()) {
    for (const { name } of page) {
      if (models.has(name) && models.get(name) !== name) collisions.push(`registered model '${name}'`);
    }
  }
  if (collisions.length === 0) return;
  throw alreadyExists(
    `Nothing was exported: the other server has things of its own under these names: ${collisions.slice(0, 10).join(', ')}. ` +
      'Rename them on one side.',
  );
}

/** Makes the experiments that are not there yet. Those of the trash go to the trash when their runs are there. */
export async function exportExperiments(
  client: RestClient,
  source: TrackerSource,
  ids: IdMap,
): Promise<void> {
  const known = new Map<string, TransferredExperiment>();
  const target = openRestSource(client);
  for await (const page of target.experiments()) for (const e of page) known.set(e.name, e);
  for await (const page of source.experiments()) {
    for (const experiment of page) {
      const there = experiment.experimentId === '0' ? known.get('Default') : known.get(experiment.name);
      if (there !== undefined) {
        ids.experiments.set(experiment.experimentId, {
          id: there.experimentId,
          isDeleted: there.stage === 'deleted',
        });
        continue;
      }
      const answer = await client.create(`${API}/experiments/create`, {
        name: experiment.name,
        tags: [...experiment.tags, { key: SOURCE_EXPERIMENT_TAG, value: experiment.experimentId }].map(
          asWire,
        ),
      });
      ids.experiments.set(experiment.experimentId, {
        id: text(answer.experiment_id) ?? '',
        isDeleted: false,
      });
    }
  }
}

/** Ends what `exportExperiments` began. */
export async function trashExperiments(client: RestClient, source: TrackerSource, ids: IdMap): Promise<void> {
  for await (const page of source.experiments()) {
    for (const { experimentId, stage } of page) {
      const there = ids.experiments.get(experimentId)!;
      if (stage !== 'deleted' || there.isDeleted) continue;
      await client.post(`${API}/experiments/delete`, { experiment_id: there.id });
    }
  }
}

export const asWire = ({ key, value }: { readonly key: string; readonly value: string }) => ({ key, value });

export const tagValue = (
  tags: readonly { readonly key: string; readonly value: string }[],
  wanted: string,
): string | undefined => tags.find(({ key }) => key === wanted)?.value;
